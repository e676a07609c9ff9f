package lockengine

import "time"

// An EventKind says what happened.
type EventKind uint8

const (
	// EventAttempt: all nodes are being asked for a lock.
	EventAttempt EventKind = iota + 1
	// EventVote: a node answered an attempt. Votes holds that one vote.
	EventVote
	// EventAcquired: a lease was handed out. Votes are those known by then;
	// later ones follow as EventVote.
	EventAcquired
	// EventRefused: an attempt ended without a lease. Err says why.
	EventRefused
	// EventUndone: a node said that what an attempt left there is gone. Votes
	// holds that one vote.
	EventUndone
	// EventRaised: the nodes disagreed about the fence and were asked again.
	EventRaised
	// EventExtended: a lease is valid longer, until ValidUntil.
	EventExtended
	// EventReleased: the holder gave its lease back.
	EventReleased
	// EventLost: a lease ended without a release. Err says why.
	EventLost
	// EventWaiting: the queue for a name changed. Waiters and OldestSince say
	// how it is now; Waited is how long the one that left it had waited.
	EventWaiting
	// EventQuarantined: the votes of Node do not count until ValidUntil. Err
	// says why.
	EventQuarantined
	// EventAdmitted: they count again.
	EventAdmitted
	// EventClock: the clock of Node jumped by Jump.
	EventClock
	// EventCircuit: Node is not asked any more, because of Err, or with a nil
	// Err is asked again.
	EventCircuit
)

var eventNames = [...]string{
	EventAttempt: "attempt", EventVote: "vote", EventAcquired: "acquired", EventRefused: "refused",
	EventUndone: "undone", EventRaised: "raised", EventExtended: "extended", EventReleased: "released",
	EventLost: "lost", EventWaiting: "waiting", EventQuarantined: "quarantined", EventAdmitted: "admitted",
	EventClock: "clock", EventCircuit: "circuit",
}

// String returns the kind in one word, such as "acquired".
func (k EventKind) String() string {
	if int(k) < len(eventNames) && k > 0 {
		return eventNames[k]
	}
	return "unknown"
}

// An Event is something that an engine did or noticed. It holds no secrets.
type Event struct {
	Kind EventKind
	// Name is the lock's, empty for events about a node.
	Name string
	// Node is the ID of the node, for events about one.
	Node string
	// Owner and Fingerprint are of the attempt or lease that the event is of.
	Owner       string
	Fingerprint string
	// Note is what was noted with a lease.
	Note string
	// At is when the attempt started for the events of an attempt, and when it
	// happened for the others.
	At time.Time
	// ValidUntil is until when the lease is valid, or the node sits out.
	ValidUntil time.Time
	// Fence is the fencing token of a lease.
	Fence int64
	Votes []NodeVote
	// Waiters and OldestSince are how many wait for Name and since when the
	// first does; Waited is how long the one did that has just left.
	Waiters     int
	OldestSince time.Time
	Waited      time.Duration
	// Queue are the first MaxQueue of those who wait, in the order in which it
	// will be their turn.
	Queue []Waiting
	// Jump is by how much a clock jumped.
	Jump time.Duration
	// Err is why.
	Err error
}

// MaxQueue is how many of those who wait for a name an Event names.
const MaxQueue = 16

// A Waiting is a caller that waits for a name.
type Waiting struct {
	Owner string
	Since time.Time
}

// An Observer is told what an engine does. Events of one lease and of one node
// come in the order in which they happened. Observe must return quickly and
// must not call the engine: it runs on the goroutines that do the work.
type Observer interface {
	Observe(Event)
}
