package pace

import (
	"math"
	"time"
)

// Fastest is the rate of a clock that waits for nothing but the work itself.
var Fastest = math.Inf(1)

// A Speed says how fast a clock goes.
type Speed struct {
	// Rate is seconds of the stage per second, from above 0 up to Fastest.
	Rate float64
	// Even keeps to the rate all the time. Otherwise the clock lingers, see the
	// package documentation.
	Even bool
}

const (
	// near is how long nothing may happen until a lingering pace goes faster
	// than its rate.
	near = 4 * time.Millisecond
	// patience bounds, in seconds, how much longer each doubling-or-so of a wait
	// is looked at.
	patience = 0.5
	// hurry is the fastest rate of a lingering pace.
	hurry = 4
)

// A leg is the way to the next thing that can be seen, gone at one rate.
type leg struct {
	to   time.Duration
	rate float64
}

// wanted is the rate at which to go now. Callers hold mu.
func (c *Clock) wanted() float64 {
	if c.speed.Even || c.speed.Rate >= Fastest {
		return c.speed.Rate
	}
	to := time.Duration(math.MaxInt64)
	for _, call := range c.calls {
		if call.visible {
			to = min(to, call.at)
		}
	}
	if to == c.leg.to && c.leg.rate > 0 {
		return c.leg.rate
	}
	gap := time.Duration(math.MaxInt64)
	if to < gap {
		gap = to - c.elapsed(time.Now())
	}
	c.leg = leg{to: to, rate: Linger(c.speed.Rate, gap)}
	return c.leg.rate
}

// Linger is the rate at which a lingering pace of a rate passes gap, in which
// nothing can be seen to happen.
func Linger(rate float64, gap time.Duration) float64 {
	if gap <= near || rate >= hurry {
		return rate
	}
	first := near.Seconds() / rate
	looked := first + min(first, patience)*math.Log(float64(gap)/float64(near))
	return max(rate, min(gap.Seconds()/looked, hurry))
}
