package locksim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A World is the nodes, the networks to them and the observer, in one history.
type World struct {
	seed    uint64
	start   time.Time
	servers []*Server
	ledger  *ledger

	mu      sync.Mutex // guards everything below, and what is said to be guarded by it
	weather weather
	lanes   int
	trace   []line
}

// A line of the trace.
type line struct {
	at   time.Duration
	text string
}

// NewWorld returns a world of n nodes in which the weather is calm. Outside of
// a bubble of testing/synctest it runs in real time, and no two runs are alike.
func NewWorld(seed uint64, n int) *World {
	w := &World{seed: seed, start: time.Now(), weather: calm}
	w.ledger = newLedger(w, n)
	for i := range n {
		s := &Server{world: w, index: i, id: string(rune('a' + i)), store: newStore(), up: true, host: true, run: 1}
		s.saved = s.store.clone()
		s.clock.since = w.start
		s.started = w.start.Add(-time.Hour)
		w.servers = append(w.servers, s)
	}
	return w
}

// lane returns a nanosecond within the microsecond that nothing else uses. A
// history has far fewer sources of events than there are lanes.
func (w *World) lane() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lanes++
	return w.lanes
}

// instant is the next moment in a lane after a pause.
func (w *World) instant(lane int, pause time.Duration) time.Time {
	now := time.Now()
	at := now.Add(max(pause, 0)).Sub(w.start).Truncate(time.Microsecond) + time.Duration(lane%1000)
	for !w.start.Add(at).After(now) {
		at += time.Microsecond
	}
	return w.start.Add(at)
}

// sleep waits until an instant of the lane.
func (w *World) sleep(lane int, pause time.Duration) {
	time.Sleep(time.Until(w.instant(lane, pause)))
}

// later calls f at an instant of the lane, under the lock of the world.
func (w *World) later(lane int, pause time.Duration, f func()) {
	time.AfterFunc(time.Until(w.instant(lane, pause)), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		f()
	})
}

// logf appends to the trace, under the lock of the world.
func (w *World) logf(format string, args ...any) {
	w.trace = append(w.trace, line{time.Since(w.start), fmt.Sprintf(format, args...)})
}

// note is logf for those who do not hold the lock.
func (w *World) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logf(format, args...)
}

// Trace returns what happened so far, one line each. What happened at one
// instant is in the order of the alphabet, since it has no other.
func (w *World) Trace() []string {
	w.mu.Lock()
	lines := slices.Clone(w.trace)
	w.mu.Unlock()
	slices.SortStableFunc(lines, func(a, b line) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return strings.Compare(a.text, b.text)
	})
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = fmt.Sprintf("%14.9f %s", l.at.Seconds(), l.text)
	}
	return out
}
