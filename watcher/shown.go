package watcher

import "cmp"

// A shownEntry is what a query asks of an entry. It never changes: a change of the
// entry brings another one.
type shownEntry struct {
	state  State
	leader *ident
	owner  string
	// ends is when the holder's quorum ends, and since when the leader was
	// taken, never when that is not so.
	ends, since instant
	// fence and waiters are 0 where none are known.
	fence   int64
	waiters int32
}

// library is the one of the holder, LibraryUnknown for one that is not
// recognised and empty without a holder.
func (s *shownEntry) library() string {
	if s.leader == nil {
		return ""
	}
	return cmp.Or(s.leader.library, LibraryUnknown)
}

// publish lets queries see the entry as it is now. The caller holds mu.
func (b *Board) publish(e *entry, c clock) {
	now := shownEntry{state: e.state, leader: e.leader, ends: e.ends, since: never}
	b.besides(e, &now)
	old := e.shown.Load()
	if old != nil && old.leader == now.leader {
		now.since = old.since
		if *old == now {
			return
		}
	} else if e.leader != nil {
		now.since = c.instant(e.leader.since(c))
	}
	b.counts.Waiting += waited(&now) - waited(old)
	e.shown.Store(&now)
}

// besides adds what stands beside the votes: who holds the lock, with which
// fence, and how many wait. The caller holds mu.
func (b *Board) besides(e *entry, s *shownEntry) {
	var l Lock
	if e.leader != nil {
		l.Holder.Owner = e.leader.owner
		if lease := b.managed.lease(e.name, e.leader.fingerprint); lease != nil {
			l.Holder.Owner = cmp.Or(l.Holder.Owner, lease.hold.owner)
			l.Fence = lease.hold.fence
		}
	}
	l.Waiters = b.managed.waiters[e.name]
	b.describe(e, &l)
	s.owner, s.fence, s.waiters = l.Holder.Owner, l.Fence, int32(l.Waiters.Count)
}

// waited is 1 where somebody waits.
func waited(s *shownEntry) int {
	if s != nil && s.waiters > 0 {
		return 1
	}
	return 0
}
