package pace

import (
	"container/heap"
	"sync"
	"time"
)

// A Clock is the time of one stage. Its methods may be called from any
// goroutine.
type Clock struct {
	origin time.Time
	wake   chan struct{} // capacity 1: the plan has changed
	done   chan struct{} // closed when the clock's goroutine has ended
	// changed is called whenever the rate may have, without any lock.
	changed func()

	mu      sync.Mutex // guards everything below
	at      time.Duration
	since   time.Time // the machine's time when at was true
	rate    float64   // how fast the clock goes since then
	stirred time.Time // when somebody was last given something to do
	last    time.Duration
	calls   queue
	seq     uint64
	holds   int
	paused  bool
	steps   int // calls to be seen before the clock pauses by itself
	speed   Speed
	leg     leg
	closed  bool
}

// New starts a clock that shows origin and stands. changed, which may be nil, is
// called after the clock came to go faster or slower; it must not block.
func New(origin time.Time, changed func()) *Clock {
	if changed == nil {
		changed = func() {}
	}
	now := time.Now()
	c := &Clock{
		origin: origin, wake: make(chan struct{}, 1), done: make(chan struct{}), changed: changed,
		since: now, stirred: now, paused: true, speed: Speed{Rate: 1},
	}
	go c.run()
	return c
}

// Close stops the clock for good and waits until nothing is called any more.
func (c *Clock) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.poke()
	<-c.done
}

// Now is the time of the stage.
func (c *Clock) Now() time.Time { return c.origin.Add(c.Elapsed()) }

// Origin is what the clock showed at first.
func (c *Clock) Origin() time.Time { return c.origin }

// Elapsed is how long the stage has lasted, in its own time.
func (c *Clock) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.elapsed(time.Now())
}

// elapsed reads the clock. It never shows a time that is past a call which was
// not made yet. Callers hold mu.
func (c *Clock) elapsed(now time.Time) time.Duration {
	at := c.at
	if c.rate > 0 && c.rate < Fastest {
		at += time.Duration(float64(now.Sub(c.since)) * c.rate)
	}
	if len(c.calls) > 0 {
		at = max(c.at, min(at, c.calls[0].at))
	}
	return at
}

// A Reading is what the clock shows.
type Reading struct {
	// Elapsed is how long the stage has lasted.
	Elapsed time.Duration
	// Rate is how fast the clock goes: seconds of the stage per second, 0
	// while it stands.
	Rate float64
	// Paused is true when it stands because somebody wanted it.
	Paused bool
	Speed  Speed
}

// Read tells what the clock shows and how it goes.
func (c *Clock) Read() Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := Reading{Elapsed: c.elapsed(time.Now()), Rate: c.rate, Paused: c.paused, Speed: c.speed}
	if c.holds > 0 && !c.paused {
		r.Rate = c.wanted() // a hold lasts no time worth speaking of
	}
	return r
}

// Hold stops the clock until release is called, for work that takes no time on
// the stage.
func (c *Clock) Hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.anchor(time.Now(), 0)
	c.holds++
	var once sync.Once
	return func() {
		once.Do(func() {
			c.mu.Lock()
			c.holds--
			c.stirred = time.Now()
			c.mu.Unlock()
			c.poke()
		})
	}
}

// Pause stops the clock until Resume or Step.
func (c *Clock) Pause() {
	c.change(func() { c.paused, c.steps = true, 0 })
}

// Resume lets the clock go.
func (c *Clock) Resume() {
	c.change(func() { c.paused, c.steps = false, 0 })
}

// Step lets the clock go until the next thing that can be seen has happened.
func (c *Clock) Step() {
	c.change(func() { c.paused, c.steps = false, 1 })
}

// SetSpeed says how fast the clock goes when it does.
func (c *Clock) SetSpeed(s Speed) {
	c.change(func() { c.speed = s })
}

// change changes how the clock goes.
func (c *Clock) change(f func()) {
	c.mu.Lock()
	now := time.Now()
	c.anchor(now, 0)
	f()
	c.stirred, c.leg = now, leg{}
	c.mu.Unlock()
	c.poke()
	c.changed()
}

// anchor notes what the clock shows and how fast it goes from now on. Callers
// hold mu.
func (c *Clock) anchor(now time.Time, rate float64) {
	c.at, c.since, c.rate = c.elapsed(now), now, rate
}

func (c *Clock) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run makes the calls when they are due.
func (c *Clock) run() {
	defer close(c.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return
		}
		before := c.rate
		wait := c.plan(time.Now())
		var due *Call
		if wait <= 0 {
			due = c.take(time.Now())
		}
		changed := c.rate != before
		c.mu.Unlock()
		if changed {
			c.changed()
		}
		if due != nil {
			due.f()
			c.seen(due)
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-c.wake:
		}
	}
}

// plan sets the rate, and says how long to wait for the next call. Callers hold
// mu.
func (c *Clock) plan(now time.Time) time.Duration {
	if c.paused || c.holds > 0 {
		c.anchor(now, 0)
		return time.Hour
	}
	if rate := c.wanted(); rate != c.rate {
		c.anchor(now, rate)
	}
	if len(c.calls) == 0 {
		return time.Hour
	}
	next := c.calls[0].at
	wait := settle(next-c.last) - now.Sub(c.stirred)
	if c.rate < Fastest {
		wait = max(wait, time.Duration(float64(next-c.at)/c.rate)-now.Sub(c.since))
	}
	return min(wait, time.Hour)
}

// take removes the call that is due, and moves the clock to its time. Callers
// hold mu.
func (c *Clock) take(now time.Time) *Call {
	due := heap.Pop(&c.calls).(*Call)
	c.at, c.since = max(c.at, due.at), now
	c.last, c.stirred = c.at, now
	return due
}

// seen ends a step when what it waited for has happened.
func (c *Clock) seen(made *Call) {
	if !made.visible {
		return
	}
	c.mu.Lock()
	ended := c.steps > 0 && (len(c.calls) == 0 || c.calls[0].at > made.at)
	if ended {
		c.steps, c.paused = 0, true
		c.anchor(time.Now(), 0)
	}
	c.mu.Unlock()
	if ended {
		c.changed()
	}
}

// settle is how long the clock waits at a moment before it goes on to one that
// is gap later: those who were woken may want to act in between.
func settle(gap time.Duration) time.Duration {
	switch {
	case gap <= 0:
		return 0
	case gap <= 5*time.Millisecond:
		return 400 * time.Microsecond
	case gap <= 50*time.Millisecond:
		return time.Millisecond
	case gap <= time.Second:
		return 3 * time.Millisecond
	}
	return 6 * time.Millisecond
}
