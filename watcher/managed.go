package watcher

import (
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
	mu      sync.Mutex // guards what follows
	leases  map[string]managedLease
	touched map[string]struct{} // names whose view may have changed
}

// A managedLease is what the engine told of one lease.
type managedLease struct {
	fingerprint string
	owner       string
	validUntil  time.Time
	votes       []lockengine.NodeVote
}

// rtt returns the round trip of the node's vote, 0 when it is not known.
func (l managedLease) rtt(node string) time.Duration {
	for _, v := range l.votes {
		if v.Node == node {
			return v.RTT
		}
	}
	return 0
}

// Observe implements lockengine.Observer: it joins what the engine knows of
// its own leases to what is read from the nodes. It never waits for long.
func (b *Board) Observe(ev lockengine.Event) {
	if !b.managed.observe(ev) {
		return
	}
	b.poke()
	if b.hint != nil && ev.Kind != lockengine.EventVote {
		b.hint(ev.Name)
	}
}

// observe takes in one event and reports whether it changes what is shown.
func (m *managedLeases) observe(ev lockengine.Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	lease, known := m.leases[ev.Name]
	ours := known && lease.fingerprint == ev.Fingerprint
	switch ev.Kind {
	case lockengine.EventAcquired:
		m.leases[ev.Name] = managedLease{
			fingerprint: ev.Fingerprint, owner: ev.Owner,
			validUntil: ev.ValidUntil, votes: slices.Clone(ev.Votes),
		}
	case lockengine.EventVote:
		if !ours {
			return false
		}
		lease.votes = mergeVotes(lease.votes, ev.Votes)
		m.leases[ev.Name] = lease
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
	default:
		return false
	}
	m.touched[ev.Name] = struct{}{}
	return true
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
	for name, l := range m.leases {
		if now.Sub(l.validUntil) > managedGrace {
			delete(m.leases, name)
		}
	}
}
