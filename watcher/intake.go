package watcher

import (
	"sync"

	"github.com/lockscope/lockscope/lockengine"
)

// maxIntake is how many events of the engine wait at most. At 250 bytes each
// they are 4 MB, which is what the engine does in about a second at its best.
const maxIntake = 1 << 14

// An intake takes in the engine's events until the Board has time for them, so
// that whoever holds the Board never holds up a lock. When it is full it drops
// what comes and counts it: the Board then says that there is a gap.
type intake struct {
	mu     sync.Mutex // guards what follows
	events []lockengine.Event
	lost   uint64
}

// put takes in an event and reports whether it is the first one to be taken.
// It holds its lock for the time of a copy.
func (q *intake) put(ev *lockengine.Event) (first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) >= maxIntake {
		q.lost++
		return false
	}
	q.events = append(q.events, *ev)
	return len(q.events) == 1
}

// take returns the events in their order and how many were dropped after them.
// spare is memory that the intake may use from now on.
func (q *intake) take(spare []lockengine.Event) (events []lockengine.Event, lost uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 && q.lost == 0 {
		return nil, 0
	}
	events, lost = q.events, q.lost
	q.events, q.lost = spare[:0], 0
	return events, lost
}
