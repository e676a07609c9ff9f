package stage

import (
	"sync"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
)

// nodeTime is the clock of one node: that of the stage, or one that goes faster
// or slower. Jumps are the node's own affair.
type nodeTime struct {
	stage *pace.Clock

	mu    sync.Mutex // guards everything below
	from  time.Time  // of the stage, when the rate was last changed
	shown time.Time  // by this clock then
	rate  float64
}

func newNodeTime(stage *pace.Clock) *nodeTime {
	now := stage.Now()
	return &nodeTime{stage: stage, from: now, shown: now, rate: 1}
}

// Now is the time by this clock.
func (t *nodeTime) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.nowLocked(t.stage.Now())
}

func (t *nodeTime) nowLocked(stage time.Time) time.Time {
	return t.shown.Add(time.Duration(float64(stage.Sub(t.from)) * t.rate))
}

// At calls f when this clock shows when, as it goes now.
func (t *nodeTime) At(when time.Time, f func()) (stop func() bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	way := time.Duration(float64(when.Sub(t.shown)) / t.rate)
	return t.stage.At(t.from.Add(way), f).Stop
}

// setRate makes the clock go faster or slower from now on.
func (t *nodeTime) setRate(rate float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	stage := t.stage.Now()
	t.shown, t.from, t.rate = t.nowLocked(stage), stage, rate
}

// pace is how fast the clock goes.
func (t *nodeTime) pace() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rate
}

// onStage is how long d of this clock takes on the stage.
func (t *nodeTime) onStage(d time.Duration) time.Duration {
	return time.Duration(float64(d) / t.pace())
}
