package watcher

import "time"

// maxActivity is how many of the last events a Board can tell: 3 MB of them.
const maxActivity = 10_000

// An ActivityKind is what happened, in one word.
type ActivityKind string

const (
	// ActivityAcquired: a token had a quorum.
	ActivityAcquired ActivityKind = "acquired"
	// The endings of holds. ActivityEnded is one that was not seen ending.
	ActivityReleased ActivityKind = "released"
	ActivityExpired  ActivityKind = "expired"
	ActivityForced   ActivityKind = "forced"
	ActivityLost     ActivityKind = "lost"
	ActivityEnded    ActivityKind = "ended"
	// ActivityOverlap: two holders whose times meet. Fingerprint is the
	// earlier one, Other the later.
	ActivityOverlap ActivityKind = "overlap"
	// ActivityContested: rivals split the votes, and go on doing so.
	ActivityContested ActivityKind = "contested"
	// ActivityGap: changes may have been missed; on Node, or of the engine
	// where there is none. Text says why.
	ActivityGap ActivityKind = "gap"
	// ActivityNodeUp and ActivityNodeDown: a node came or went.
	ActivityNodeUp   ActivityKind = "node-up"
	ActivityNodeDown ActivityKind = "node-down"
	// ActivityNotifications: changes on a node reach us in another way. Text
	// says how.
	ActivityNotifications ActivityKind = "notifications"
	// ActivityQuarantined and ActivityAdmitted: the votes of a node do not
	// count, or count again.
	ActivityQuarantined ActivityKind = "quarantined"
	ActivityAdmitted    ActivityKind = "admitted"
	// ActivityClock: the clock of a node jumped.
	ActivityClock ActivityKind = "clock"
)

// ActivityKinds are all kinds, for whoever offers a choice.
var ActivityKinds = []ActivityKind{
	ActivityAcquired, ActivityReleased, ActivityExpired, ActivityForced, ActivityLost, ActivityEnded,
	ActivityOverlap, ActivityContested, ActivityGap, ActivityNodeUp, ActivityNodeDown,
	ActivityNotifications, ActivityQuarantined, ActivityAdmitted, ActivityClock,
}

// An Activity is something that happened to a lock or a node.
type Activity struct {
	// Seq numbers them from 1 without gaps, for one epoch of the Board.
	Seq  uint64
	At   time.Time
	Kind ActivityKind
	// Name is the lock's, empty for what happened to a node.
	Name string
	// Node is the ID of the node, empty for what happened to a lock.
	Node string
	// Owner, Fingerprint, Library, Fence and Managed are those of the holder.
	Owner       string
	Fingerprint string
	Library     string
	Fence       int64
	Managed     bool
	// Other is the fingerprint of the second holder of an overlap.
	Other string
	// Held is how long the lock was held, for what ended.
	Held time.Duration
	// Text says more, in words without secrets.
	Text string
}

// An activityRing is the last events, the one with number seq at seq-1 modulo
// its length.
type activityRing struct {
	events []Activity
	last   uint64
}

// add numbers an event and keeps it.
func (r *activityRing) add(a Activity) {
	r.last++
	a.Seq = r.last
	if len(r.events) < maxActivity {
		r.events = append(r.events, a)
	} else {
		r.events[(r.last-1)%maxActivity] = a
	}
}

// An ActivityPage is a part of what happened.
type ActivityPage struct {
	// Events are in the order in which they happened.
	Events []Activity
	// Missed is how many events after the one asked for are not known any
	// more: a gap before the first one of Events.
	Missed uint64
	// Next is the after of the next page.
	Next uint64
	// Last is the number of the last event there is.
	Last uint64
}

// Activity returns at most limit events with a higher number than after. A
// number of the future is that of another Board: then all there is comes, and
// nothing is missed.
func (b *Board) Activity(after uint64, limit int) ActivityPage {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.digest(b.clock())
	return b.activity.page(after, limit)
}

func (r *activityRing) page(after uint64, limit int) ActivityPage {
	oldest := r.last - uint64(len(r.events)) // the number before the oldest known
	if after > r.last {
		after = oldest
	}
	p := ActivityPage{Last: r.last, Next: max(after, oldest)}
	p.Missed = p.Next - after
	p.Events = make([]Activity, 0, min(uint64(max(limit, 0)), r.last-p.Next))
	for len(p.Events) < cap(p.Events) {
		p.Events = append(p.Events, r.events[p.Next%maxActivity])
		p.Next++
	}
	return p
}

// happened notes an event and tells the subscribers that there is one. The
// caller holds mu.
func (b *Board) happened(a Activity) {
	b.activity.add(a)
	for s := range b.subs {
		s.happened(b.activity.last)
	}
}
