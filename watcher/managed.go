package watcher

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

var _ lockengine.Observer = (*Board)(nil)

const (
	// managedGrace is how long after its end a lease is remembered that nobody
	// told us the end of.
	managedGrace = time.Minute
	// endedMemory is how long a lease that ended is remembered: what was read
	// before may still come in.
	endedMemory = 5 * time.Second
)

// A leaseKey names a lease of this process. A name may have two for a while,
// when the nodes have lost the first.
type leaseKey struct{ name, fingerprint string }

// A managedLease is what the engine told of one lease.
type managedLease struct {
	hold  *hold
	votes []lockengine.NodeVote
	// over is true once the engine said that it has ended, doubtful when
	// events of the engine were missed since it was told.
	over, doubtful bool
}

// vote returns what the node said when the lock was taken.
func (l *managedLease) vote(node string) lockengine.NodeVote {
	if l != nil {
		for _, v := range l.votes {
			if v.Node == node {
				return v
			}
		}
	}
	return lockengine.NodeVote{}
}

// managed is what the engine told. The Board's mutex guards it.
type managed struct {
	leases   map[leaseKey]*managedLease
	attempts map[leaseKey][]lockengine.NodeVote // those under way, and their votes so far
	waiters  map[string]Waiters
	standing map[string]standing // by node
	touched  map[string]struct{} // names that the events being digested are about
	ended    []leaseKey          // leases that are over, oldest first
	doubted  bool                // some leases are doubtful
}

func newManaged() managed {
	return managed{
		leases:   make(map[leaseKey]*managedLease),
		attempts: make(map[leaseKey][]lockengine.NodeVote),
		waiters:  make(map[string]Waiters),
		standing: make(map[string]standing),
		touched:  make(map[string]struct{}),
	}
}

// A standing is whether the engine counts the votes of a node.
type standing struct {
	out   bool
	until time.Time // zero when that is not known
	why   string
}

// Observe implements lockengine.Observer: it joins what the engine knows of
// its own leases to what is read from the nodes. It copies the event and
// leaves the rest to the Board's own goroutine, so it never waits for a reader
// of the Board.
func (b *Board) Observe(ev lockengine.Event) {
	if b.intake.put(&ev) {
		b.poke()
	}
}

// hints are the events after which the nodes hold something else.
var hints = map[lockengine.EventKind]bool{
	lockengine.EventAcquired: true, lockengine.EventExtended: true,
	lockengine.EventReleased: true, lockengine.EventLost: true,
}

// digest takes over what the engine told, so that a name that is looked at
// next is shown with it. The caller holds mu.
func (b *Board) digest(c clock) {
	events, lost := b.intake.take(b.spare)
	for i := range events {
		ev := &events[i]
		if ev.Node != "" {
			b.digestNode(ev)
			continue
		}
		if b.digestLock(ev, c) {
			b.managed.touched[ev.Name] = struct{}{}
		}
		if b.hint != nil && hints[ev.Kind] {
			b.hint(ev.Name)
		}
	}
	for name := range b.managed.touched {
		if e := b.entries[name]; e != nil {
			b.refresh(e, c, true)
		}
	}
	clear(b.managed.touched)
	if events != nil {
		clear(events)
		b.spare = events
	}
	if lost > 0 {
		b.missedEngine(lost, c)
	}
}

// missedEngine notes that the engine did more than could be taken in: what it
// told before may have ended without our knowledge.
func (b *Board) missedEngine(lost uint64, c clock) {
	clear(b.managed.attempts)
	clear(b.managed.waiters)
	for _, lease := range b.managed.leases {
		lease.doubtful = true
	}
	b.managed.doubted = true
	b.happened(Activity{At: c.wall, Kind: ActivityGap, Text: fmt.Sprintf("%d events of the lock engine came too fast", lost)})
	b.refreshAll()
}

// digestLock takes over one event about a lock and reports whether it changes
// what is shown.
func (b *Board) digestLock(ev *lockengine.Event, c clock) bool {
	m := &b.managed
	key := leaseKey{ev.Name, ev.Fingerprint}
	lease := m.leases[key]
	switch ev.Kind {
	case lockengine.EventAttempt:
		m.attempts[key] = nil
		b.contention.of(ev.Name, c.now, func(f *fight) { f.attempts++ })
	case lockengine.EventVote:
		if votes, ok := m.attempts[key]; ok {
			m.attempts[key] = mergeVotes(votes, ev.Votes)
		} else if lease != nil {
			lease.votes = mergeVotes(lease.votes, ev.Votes)
			return true
		}
	case lockengine.EventRefused:
		delete(m.attempts, key)
		b.contention.of(ev.Name, c.now, func(f *fight) { f.failures++ })
	case lockengine.EventAcquired:
		// A vote may have come between the decision and this event.
		votes := mergeVotes(slices.Clone(ev.Votes), m.attempts[key])
		delete(m.attempts, key)
		m.leases[key] = &managedLease{hold: b.leased(ev, votes, c), votes: votes}
		return true
	case lockengine.EventExtended:
		if lease == nil {
			return false
		}
		lease.hold.extensions++
		lease.hold.until = c.instant(ev.ValidUntil)
		return true
	case lockengine.EventReleased, lockengine.EventLost:
		if lease == nil || lease.over {
			return false
		}
		b.leaseEnded(key, lease, ev, c)
		return true
	case lockengine.EventWaiting:
		if ev.Waited > 0 {
			b.contention.of(ev.Name, c.now, func(f *fight) { f.wait.add(ev.Waited) })
		}
		if ev.Waiters == 0 {
			delete(m.waiters, ev.Name)
		} else {
			waiters := Waiters{Visible: true, Count: ev.Waiters, OldestSince: ev.OldestSince}
			for _, w := range ev.Queue {
				waiters.Who = append(waiters.Who, w.Owner)
				waiters.Since = append(waiters.Since, w.Since)
			}
			m.waiters[ev.Name] = waiters
		}
		return true
	}
	return false
}

// leased returns the hold of a lease that the engine handed out. The nodes may
// have shown it before.
func (b *Board) leased(ev *lockengine.Event, votes []lockengine.NodeVote, c clock) *hold {
	var h *hold
	if e := b.entries[ev.Name]; e != nil && e.hold != nil && e.hold.fingerprint == ev.Fingerprint {
		h = e.hold
	} else {
		h = newHold(ev.Fingerprint, ev.Owner, format.Lockscope, min(c.now, c.instant(grantedAt(ev.At, votes, b.quorum))))
	}
	seen := h.managed || h.until != h.from
	h.managed, h.fence, h.note, h.until = true, ev.Fence, ev.Note, c.instant(ev.ValidUntil)
	h.fenceBack = ev.Fence != 0 && ev.Fence <= b.history.fence(ev.Name)
	if !seen {
		b.took(ev.Name, h, c)
	}
	return h
}

// grantedAt is when a quorum had said yes in an attempt that began at start.
func grantedAt(start time.Time, votes []lockengine.NodeVote, quorum int) time.Time {
	var took []time.Duration
	for _, v := range votes {
		if v.Vote == lockengine.VoteGranted {
			took = append(took, v.RTT)
		}
	}
	if len(took) < quorum {
		return start
	}
	slices.Sort(took)
	return start.Add(took[quorum-1])
}

// leaseEnded takes over how a lease ended by the word of the engine.
func (b *Board) leaseEnded(key leaseKey, lease *managedLease, ev *lockengine.Event, c clock) {
	h := lease.hold
	lease.over, lease.votes = true, nil
	b.managed.ended = append(b.managed.ended, key)
	at := min(c.now, c.instant(ev.At))
	h.until = min(h.until, at)
	if h.over != never {
		return // the nodes had lost it before
	}
	h.over = max(at, h.from)
	how := EndedLost
	switch {
	case ev.Kind == lockengine.EventReleased:
		how = EndedReleased
	case errors.Is(ev.Err, lockengine.ErrExpired):
		how = EndedExpired
	case errors.Is(ev.Err, lockengine.ErrForced), h.left[leftDeleted] != 0:
		how = EndedForced
	}
	b.history.add(key.name, h)
	b.over(key.name, h, how, c)
}

// digestNode takes over one event about a node.
func (b *Board) digestNode(ev *lockengine.Event) {
	a := Activity{At: ev.At, Node: ev.Node}
	switch ev.Kind {
	case lockengine.EventQuarantined:
		s := standing{out: true, until: ev.ValidUntil}
		if ev.Err != nil {
			s.why = ev.Err.Error()
		}
		b.managed.standing[ev.Node] = s
		a.Kind, a.Text = ActivityQuarantined, s.why
	case lockengine.EventAdmitted:
		delete(b.managed.standing, ev.Node)
		a.Kind = ActivityAdmitted
	case lockengine.EventClock:
		a.Kind, a.Text = ActivityClock, "its clock jumped by "+ev.Jump.String()
	case lockengine.EventCircuit:
		b.announceNodes()
		return
	default:
		return
	}
	b.happened(a)
	b.stand(b.managed.standing)
}

// lease returns what the engine told of the token on name, nil when it is not
// a lease of this process that lasts.
func (m *managed) lease(name, fingerprint string) *managedLease {
	if lease := m.leases[leaseKey{name, fingerprint}]; lease != nil && !lease.over {
		return lease
	}
	return nil
}

// believes reports whether a lease of this process goes on as far as its holder
// knows.
func (m *managed) believes(name, fingerprint string) bool {
	lease := m.lease(name, fingerprint)
	return lease != nil && !lease.doubtful
}

// prune forgets leases that ended.
func (m *managed) prune(c clock) {
	drop := 0
	for drop < len(m.ended) {
		lease := m.leases[m.ended[drop]]
		if lease != nil && c.now.sub(lease.hold.until) < endedMemory {
			break
		}
		delete(m.leases, m.ended[drop])
		drop++
	}
	clear(m.ended[:drop])
	if m.ended = m.ended[drop:]; len(m.ended) == 0 {
		m.ended = nil
	}
	if m.doubted {
		maps.DeleteFunc(m.leases, func(_ leaseKey, l *managedLease) bool {
			return l.doubtful && c.now.sub(l.hold.until) > managedGrace
		})
	}
}

// mergeVotes returns old with the votes of the same nodes replaced.
func mergeVotes(old, late []lockengine.NodeVote) []lockengine.NodeVote {
	for _, v := range late {
		at := slices.IndexFunc(old, func(o lockengine.NodeVote) bool { return o.Node == v.Node })
		if at < 0 {
			old = append(old, v)
		} else {
			old[at] = v
		}
	}
	return old
}
