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
	unread      bool          // the fingerprint is of the outside of the key
	// told is what events said since the reading before, in any status.
	told told
}

// opaque reports whether what was read does not tell one holder from another.
func (r *reading) opaque() bool {
	return r.unread || r.match.Mode.Shared() || r.match.Mode == format.ModeInteger
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
// does not explain it, and those of which an event has still to tell how a
// holder's token left the node, see settle.
func (b *Board) apply(node int, readings []reading) (surprises, doubts []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c) // first: the engine tells of a release before the nodes can
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
		if e.doubted(node) {
			doubts = append(doubts, r.name)
		}
	}
	b.retire(c)
	b.rearm()
	return surprises, doubts
}

// settle says that of what happened to the names on the node before they were
// read last, no event is on its way any more.
func (b *Board) settle(node int, names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c)
	for _, name := range names {
		if e := b.entries[name]; e != nil && e.doubted(node) {
			for h := range e.holds() {
				h.settle(node)
			}
			b.refresh(e, c, false)
		}
	}
	b.rearm()
}

// create adds an entry. Its first refresh gives it a state.
func (b *Board) create(name string) *entry {
	e := &entry{name: name, cells: make([]cell, len(b.nodes)), heapIndex: -1, meets: never, contested: never}
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
				seen: c.now, opaque: r.opaque(),
				words: fold(r.match.Owner + "\x00" + r.match.Library + "\x00" + r.fingerprint),
			}
			now.ident.origin = originOf(r.match)
		}
		if now.detail = r.detail; now.detail.same(old.detail) {
			now.detail = old.detail
		}
		if old.ident == now.ident && old.typ == now.typ {
			now.deadline = steady(old.deadline, now.deadline, r.rtt)
			if now.deadline > old.deadline && r.told.renewed() {
				now.ident.renewed = c.now
			}
		}
	case readRefused:
		now.unreadable = true
	}
	e.toldLate(node, r.told)
	if old.ident != now.ident {
		if old.ident != nil {
			e.departed(node, old.ident, n.leaving(&old, &now, r.told, b.margin()))
		}
		if now.ident != nil {
			e.arrived(node, now.ident)
		}
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
	e.lapse(c.now, func(node int, token *ident) {
		b.nodes[node].keys--
		e.departed(node, token, leftExpired)
		changed = true
	})
	votes := &b.ballot
	votes.count(b.nodes, e)
	v := judge(votes, b.quorum, b.clockDrift, c.now)
	b.track(e, v, votes, c)
	e.meets = b.meet(e, votes, c)
	b.splits(e, v, c)
	v.flags |= e.alarms(c)
	if open := votes.free >= b.quorum; open != e.open {
		e.open = open
		if open {
			b.wakes.wake(e.name)
		}
	}
	changed = changed || !v.same(e.verdict)
	b.count(e.verdict, -1)
	b.count(v, +1)
	e.verdict = v
	switch live := e.evidence(); {
	case live && e.quiet != nil:
		b.quiet.Remove(e.quiet)
		e.quiet = nil
	case !live && e.quiet == nil:
		e.quiet = b.quiet.PushBack(quietEntry{entry: e, since: c.now})
	}
	b.due.set(e, e.nextChange())
	b.publish(e, c)
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

// refreshUnread is refresh for the entries of which the node has said nothing
// on its present connection. The caller holds mu.
func (b *Board) refreshUnread(node int) {
	c := b.clock()
	for _, e := range b.entries {
		if e.cells[node].scan < b.nodes[node].trusted {
			b.refresh(e, c, true)
		}
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
	if h := e.hold; h != nil && e.leader == nil || h != nil && e.leader.fingerprint != h.fingerprint {
		next = min(next, h.until) // it is in doubt
	}
	for _, h := range e.claims {
		next = min(next, h.looks())
	}
	if e.flags&flagOverlap != 0 {
		next = min(next, e.flagged)
	}
	if e.contested != never {
		next = min(next, e.contested.add(splitTime))
	}
	return min(next, e.meets)
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
		b.abandon(q.entry, c)
		b.count(q.entry.verdict, -1)
		b.counts.Waiting -= waited(q.entry.shown.Load())
		delete(b.entries, q.entry.name)
		q.entry.gone.Store(true)
		b.order.remove()
		b.announce(q.entry)
		b.wakes.wake(q.entry.name)
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
	live := int32(0)
	for i := range b.nodes {
		if b.nodes[i].status.Notifications == NotificationsLive {
			live++
		}
	}
	b.liveNodes.Store(live)
	for s := range b.subs {
		s.nodesChanged()
	}
}

// count adds n to the count of the state; the empty state is not counted.
func (b *Board) count(v verdict, n int) {
	switch v.state {
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
	if v.flags&flagOverlap != 0 {
		b.counts.Overlapping += n
	}
}
