package lockengine

import "time"

// A Clock is what an engine takes the time from. The default is the machine's
// monotonic clock; a demonstration that shows an attempt in slow motion brings
// one that goes slower, so that what is slow to look at does not become slow to
// the engine.
//
// All durations of the engine are then durations of that clock, and so are
// Op.Deadline and the times of events: a Node has to read them by it.
type Clock interface {
	// Now returns the present. It never goes backwards.
	Now() time.Time
	// AfterFunc calls f on a goroutine of its own when d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// A Timer is a call that is to come, see [time.Timer].
type Timer interface {
	Stop() bool
	Reset(d time.Duration) bool
}

func (c *Config) now() time.Time {
	if c.Clock == nil {
		return time.Now()
	}
	return c.Clock.Now()
}

func (e *Engine) now() time.Time { return e.cfg.now() }

func (e *Engine) until(t time.Time) time.Duration {
	if e.cfg.Clock == nil {
		return time.Until(t)
	}
	return t.Sub(e.cfg.Clock.Now())
}

func (e *Engine) since(t time.Time) time.Duration { return -e.until(t) }

func (e *Engine) afterFunc(d time.Duration, f func()) Timer {
	if e.cfg.Clock == nil {
		return time.AfterFunc(d, f)
	}
	return e.cfg.Clock.AfterFunc(d, f)
}

// newTimer is time.NewTimer on the engine's clock.
func (e *Engine) newTimer(d time.Duration) (<-chan time.Time, Timer) {
	if e.cfg.Clock == nil {
		t := time.NewTimer(d)
		return t.C, t
	}
	c := make(chan time.Time, 1)
	return c, e.cfg.Clock.AfterFunc(d, func() { c <- e.now() })
}
