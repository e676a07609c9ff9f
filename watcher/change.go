package watcher

import (
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

// deadlineTolerance is by how much a deadline may move from one read to the
// next without being another deadline: Redis tells it in whole milliseconds,
// and the answer takes its time.
const deadlineTolerance = 10 * time.Millisecond

// surpriseMargin is how long before its deadline a token may vanish without
// anybody having removed it, because the clock of the node is not ours.
const surpriseMargin = 500 * time.Millisecond

// A reading is what a node answered about one name. It does not hold the value
// that was read.
type reading struct {
	name   string
	status readStatus
	// The rest is for readPresent.
	typ         string
	fingerprint string
	match       format.Match // without a Holder
	detail      *detail
	ttl         time.Duration // lockengine.NoExpiry for none
	at          time.Time     // when the time to live was received
	rtt         time.Duration // how long before that it was asked for
}

// A readStatus says what kind of answer a reading is.
type readStatus uint8

const (
	// readAbsent: there is no such key.
	readAbsent readStatus = iota
	// readPresent: there is one.
	readPresent
	// readRefused: the node does not let us look.
	readRefused
)

// apply puts what was read from one node on the Board. It returns the names
// whose token is not the one that the Board had, as far as the passing of time
// does not explain it.
func (b *Board) apply(node int, readings []reading) (surprises []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	for i := range readings {
		r := &readings[i]
		e := b.entries[r.name]
		if e == nil {
			if r.status != readPresent {
				continue
			}
			e = b.create(r.name)
		}
		changed, surprise := b.put(e, node, r, c)
		if surprise {
			surprises = append(surprises, r.name)
		}
		b.refresh(e, c, changed)
	}
	b.retire(c)
	b.rearm()
	return surprises
}

// create adds an entry. Its first refresh gives it a state.
func (b *Board) create(name string) *entry {
	e := &entry{name: name, cells: make([]cell, len(b.nodes)), heapIndex: -1}
	e.ends = never
	b.entries[name] = e
	b.order.add(e)
	return e
}

// put sets one cell. changed tells whether what is shown of the node's vote is
// another now.
func (b *Board) put(e *entry, node int, r *reading, c clock) (changed, surprise bool) {
	n := &b.nodes[node]
	old, now := e.cells[node], cell{read: c.now, scan: n.scan}
	switch r.status {
	case readPresent:
		now.deadline = deadlineOf(r, c)
		if now.deadline <= c.now {
			break
		}
		now.typ = r.typ
		if now.ident = e.find(r.fingerprint); now.ident == nil {
			now.ident = &ident{
				fingerprint: r.fingerprint,
				owner:       r.match.Owner, library: r.match.Library, at: r.match.At,
				seen: c.now,
			}
			now.ident.origin = originOf(r.match)
		}
		if now.detail = r.detail; now.detail.same(old.detail) {
			now.detail = old.detail
		}
		if old.ident == now.ident && old.typ == now.typ {
			now.deadline = steady(old.deadline, now.deadline, r.rtt)
		}
	case readRefused:
		now.unreadable = true
	}
	e.cells[node] = now
	if old.ident != nil {
		n.keys--
	}
	if now.ident != nil {
		n.keys++
	}
	moved := old.ident != now.ident
	changed = moved || old.typ != now.typ || old.detail != now.detail || n.vote(&old) != n.vote(&now) ||
		now.ident != nil && old.deadline != now.deadline
	lapsing := now.ident == nil && old.ident != nil && old.deadline.sub(c.now) < surpriseMargin
	return changed, moved && !lapsing
}

// deadlineOf returns until when the token that was read lives.
func deadlineOf(r *reading, c clock) instant {
	if r.ttl == lockengine.NoExpiry {
		return never
	}
	return c.instant(r.at).add(r.ttl)
}

// steady returns the deadline to show when a token was read again: the old one
// unless they differ by more than the reads can explain. A read that took rtt
// may have seen its deadline up to that much too late.
func steady(old, read instant, rtt time.Duration) instant {
	if old == never || read == never {
		return read
	}
	if d := read.sub(old); -deadlineTolerance <= d && d <= deadlineTolerance+rtt {
		return old
	}
	return read
}

// refresh brings the verdict on an entry up to date, after changed says whether
// any of its votes changed, and tells the subscribers. The caller holds mu.
func (b *Board) refresh(e *entry, c clock, changed bool) {
	e.lapse(c.now, func(node int) {
		b.nodes[node].keys--
		changed = true
	})
	votes := ballotOf(b.nodes, e)
	v := judge(votes, b.quorum, b.clockDrift, c.now)
	if open := votes.free >= b.quorum; open != e.open {
		e.open = open
		if open {
			b.wakeWaiters(e.name)
		}
	}
	changed = changed || !v.same(e.verdict)
	b.count(e.state, -1)
	b.count(v.state, +1)
	e.verdict = v
	switch live := e.evidence(); {
	case live && e.quiet != nil:
		b.quiet.Remove(e.quiet)
		e.quiet = nil
	case !live && e.quiet == nil:
		e.quiet = b.quiet.PushBack(quietEntry{entry: e, since: c.now})
	}
	b.due.set(e, e.nextChange())
	if changed {
		b.announce(e)
	}
}

// refreshAll is refresh for every entry, after something changed that every
// vote depends on. The caller holds mu.
func (b *Board) refreshAll() {
	c := b.clock()
	for _, e := range b.entries {
		b.refresh(e, c, true)
	}
	b.retire(c)
	b.rearm()
}

// nextChange returns when the entry next changes by time alone.
func (e *entry) nextChange() instant {
	next := never
	for i := range e.cells {
		if e.cells[i].ident != nil {
			next = min(next, e.cells[i].deadline)
		}
	}
	if e.state == StateHeld && e.ends != never {
		next = min(next, e.ends.add(-expiringWithin))
	}
	return next
}

// retire deletes the entries that were without a live token for long, and the
// oldest of too many. The caller holds mu.
func (b *Board) retire(c clock) {
	for front := b.quiet.Front(); front != nil; front = b.quiet.Front() {
		q := front.Value.(quietEntry)
		if q.since.add(b.freeRetention) > c.now && b.quiet.Len() <= maxQuiet {
			return
		}
		b.quiet.Remove(front)
		b.due.set(q.entry, never)
		b.count(q.entry.state, -1)
		delete(b.entries, q.entry.name)
		q.entry.gone = true
		b.order.remove()
		b.announce(q.entry)
		b.wakeWaiters(q.entry.name)
	}
}

// nextRetirement returns when the next entry is to be deleted.
func (b *Board) nextRetirement() instant {
	front := b.quiet.Front()
	if front == nil {
		return never
	}
	return front.Value.(quietEntry).since.add(b.freeRetention)
}

// announce numbers a change of e and tells the subscribers.
func (b *Board) announce(e *entry) {
	e.seq = b.log.add(e.name)
	for s := range b.subs {
		s.changed(e.name, e.seq)
	}
}

// announceNodes tells the subscribers that the status of a node changed.
func (b *Board) announceNodes() {
	for s := range b.subs {
		s.nodesChanged()
	}
}

// count adds n to the count of the state; the empty state is not counted.
func (b *Board) count(s State, n int) {
	switch s {
	case StateHeld:
		b.counts.Held += n
	case StateExpiring:
		b.counts.Expiring += n
	case StateContested:
		b.counts.Contested += n
	case StateResidue:
		b.counts.Residue += n
	case StateUnknown:
		b.counts.Unknown += n
	case StateFree:
		b.counts.Free += n
	default:
		return
	}
	b.counts.Total += n
}
