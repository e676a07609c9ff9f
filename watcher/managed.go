package watcher

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

var _ lockengine.Observer = (*Board)(nil)

// managedGrace is how long after its end a lease is remembered that nobody
// told us the end of.
const managedGrace = time.Minute

// managedLeases are the leases of this process. They have a lock of their own,
// held for moments only, because Observe runs on the goroutines of the engine
// and must never wait for a reader of the Board.
type managedLeases struct {
	mu       sync.Mutex // guards what follows
	leases   map[string]managedLease
	attempts map[string]managedLease // the one under way on a name, if any
	waiters  map[string]Waiters
	standing map[string]standing // by node
	touched  map[string]struct{} // names whose view may have changed
	moved    bool                // so may what is shown of the nodes
}

func newManagedLeases() managedLeases {
	return managedLeases{
		leases:   make(map[string]managedLease),
		attempts: make(map[string]managedLease),
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

// A managedLease is what the engine told of one lease.
type managedLease struct {
	fingerprint string
	owner       string
	validUntil  time.Time
	fence       int64
	votes       []lockengine.NodeVote
}

// vote returns what the node said when the lock was taken.
func (l managedLease) vote(node string) lockengine.NodeVote {
	for _, v := range l.votes {
		if v.Node == node {
			return v
		}
	}
	return lockengine.NodeVote{}
}

// Observe implements lockengine.Observer: it joins what the engine knows of
// its own leases to what is read from the nodes. It never waits for long.
func (b *Board) Observe(ev lockengine.Event) {
	if !b.managed.observe(ev) {
		return
	}
	b.poke()
	if b.hint != nil && hints[ev.Kind] {
		b.hint(ev.Name)
	}
}

// hints are the events after which the nodes hold something else.
var hints = map[lockengine.EventKind]bool{
	lockengine.EventAcquired: true, lockengine.EventExtended: true,
	lockengine.EventReleased: true, lockengine.EventLost: true,
}

// observe takes in one event and reports whether it changes what is shown.
func (m *managedLeases) observe(ev lockengine.Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ev.Node != "" {
		return m.observeNode(ev)
	}
	lease, ok := m.leases[ev.Name]
	ours := ok && lease.fingerprint == ev.Fingerprint
	switch ev.Kind {
	case lockengine.EventAttempt:
		m.attempts[ev.Name] = managedLease{fingerprint: ev.Fingerprint, validUntil: ev.At}
		return false
	case lockengine.EventVote:
		if attempt, ok := m.attempts[ev.Name]; ok && attempt.fingerprint == ev.Fingerprint {
			attempt.votes = mergeVotes(attempt.votes, ev.Votes)
			m.attempts[ev.Name] = attempt
			return false
		}
		if !ours {
			return false
		}
		lease.votes = mergeVotes(lease.votes, ev.Votes)
		m.leases[ev.Name] = lease
	case lockengine.EventRefused:
		delete(m.attempts, ev.Name)
		return false
	case lockengine.EventAcquired:
		// A vote may have come between the decision and this event.
		votes := ev.Votes
		if attempt, ok := m.attempts[ev.Name]; ok && attempt.fingerprint == ev.Fingerprint {
			votes = mergeVotes(votes, attempt.votes)
			delete(m.attempts, ev.Name)
		}
		m.leases[ev.Name] = managedLease{
			fingerprint: ev.Fingerprint, owner: ev.Owner,
			validUntil: ev.ValidUntil, fence: ev.Fence, votes: slices.Clone(votes),
		}
	case lockengine.EventExtended:
		if !ours {
			return false
		}
		lease.validUntil = ev.ValidUntil
		m.leases[ev.Name] = lease
	case lockengine.EventReleased, lockengine.EventLost:
		if !ours {
			return false
		}
		delete(m.leases, ev.Name)
	case lockengine.EventWaiting:
		if ev.Waiters == 0 {
			delete(m.waiters, ev.Name)
		} else {
			m.waiters[ev.Name] = Waiters{Visible: true, Count: ev.Waiters, OldestSince: ev.OldestSince}
		}
	default:
		return false
	}
	m.touched[ev.Name] = struct{}{}
	return true
}

// observeNode takes in an event about a node.
func (m *managedLeases) observeNode(ev lockengine.Event) bool {
	switch ev.Kind {
	case lockengine.EventQuarantined:
		s := standing{out: true, until: ev.ValidUntil}
		if ev.Err != nil {
			s.why = ev.Err.Error()
		}
		m.standing[ev.Node] = s
	case lockengine.EventAdmitted:
		delete(m.standing, ev.Node)
	case lockengine.EventClock, lockengine.EventCircuit:
	default:
		return false
	}
	m.moved = true
	return true
}

// nodes returns whether each node's votes count, and whether that or something
// else about a node changed since the last call.
func (m *managedLeases) nodes() (map[string]standing, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.moved {
		return nil, false
	}
	m.moved = false
	return maps.Clone(m.standing), true
}

// queue returns who waits for name in this process.
func (m *managedLeases) queue(name string) (Waiters, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.waiters[name]
	return w, ok
}

// mergeVotes returns old with the votes of the same nodes replaced.
func mergeVotes(old, late []lockengine.NodeVote) []lockengine.NodeVote {
	merged := slices.Clone(old) // others may be reading old
	for _, v := range late {
		at := slices.IndexFunc(merged, func(o lockengine.NodeVote) bool { return o.Node == v.Node })
		if at < 0 {
			merged = append(merged, v)
		} else {
			merged[at] = v
		}
	}
	return merged
}

// take returns the names whose view may have changed since the last call.
func (m *managedLeases) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.touched))
	for name := range m.touched {
		names = append(names, name)
	}
	clear(m.touched)
	return names
}

// lease returns the lease on name if its token has the fingerprint.
func (m *managedLeases) lease(name, fingerprint string) (managedLease, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.leases[name]
	return l, ok && l.fingerprint == fingerprint
}

// prune forgets leases that ended long ago.
func (m *managedLeases) prune(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, known := range []map[string]managedLease{m.leases, m.attempts} {
		for name, l := range known {
			if now.Sub(l.validUntil) > managedGrace {
				delete(known, name)
			}
		}
	}
}
