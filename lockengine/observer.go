package lockengine

import "time"

// An EventKind says what happened to a lock.
type EventKind uint8

const (
	// EventAcquired: a lease was handed out. Votes are those known by then;
	// later ones follow as EventVote.
	EventAcquired EventKind = iota + 1
	// EventVote: a node answered after the decision of an acquire. Votes holds
	// that one vote.
	EventVote
	// EventExtended: a lease is valid longer, until ValidUntil.
	EventExtended
	// EventReleased: the holder gave its lease back.
	EventReleased
	// EventLost: a lease ended without a release.
	EventLost
	// EventRefused: an attempt ended without a lease.
	EventRefused
)

var eventNames = [...]string{
	EventAcquired: "acquired",
	EventVote:     "vote",
	EventExtended: "extended",
	EventReleased: "released",
	EventLost:     "lost",
	EventRefused:  "refused",
}

// String returns the kind in one word, such as "acquired".
func (k EventKind) String() string {
	if int(k) < len(eventNames) && k > 0 {
		return eventNames[k]
	}
	return "unknown"
}

// An Event is something that an engine did. It holds no secrets.
type Event struct {
	Kind EventKind
	Name string
	// Owner and Fingerprint are of the attempt or lease that the event is of.
	Owner       string
	Fingerprint string
	// At is when the attempt started for EventAcquired, EventVote and
	// EventRefused, and when it happened for the others.
	At time.Time
	// ValidUntil is until when the lease is valid, zero for EventRefused.
	ValidUntil time.Time
	Votes      []NodeVote
	// Err is why, for EventRefused and EventLost.
	Err error
}

// An Observer is told what an engine does, in the order in which it happens to
// each lease. Observe must return quickly and must not call the engine: it runs
// on the goroutines that do the work.
type Observer interface {
	Observe(Event)
}
