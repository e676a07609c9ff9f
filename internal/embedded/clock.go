package embedded

import (
	"sync/atomic"
	"time"
)

// A Clock is what a node takes the time from where it is not the machine's, as
// in a demonstration that goes slower than life. When it comes to go faster or
// slower than before, ShiftClock(0) makes the node look at it again.
type Clock interface {
	Now() time.Time
	// At calls f when it is t, unless stop is called before.
	At(t time.Time, f func()) (stop func() bool)
}

// machine is the clock of the machine.
type machine struct{}

func (machine) Now() time.Time { return time.Now() }

func (machine) At(t time.Time, f func()) (stop func() bool) {
	return time.AfterFunc(time.Until(t), f).Stop
}

// A clock is a node's own idea of the time. Everything in a node that tells the
// time asks it, so that a node's clock can be moved without touching others.
type clock struct {
	source Clock
	offset atomic.Int64 // nanoseconds ahead of the source
}

// now returns the node's time in Unix microseconds.
func (c *clock) nowMicros() int64 {
	return (c.source.Now().UnixNano() + c.offset.Load()) / int64(time.Microsecond)
}

// at calls f when the node's millisecond ms begins, unless the clock is moved.
func (c *clock) at(ms int64, f func()) (stop func() bool) {
	return c.source.At(time.UnixMilli(ms).Add(-time.Duration(c.offset.Load())), f)
}

// nowMillis returns the node's time in Unix milliseconds, the unit of expiry.
func (c *clock) nowMillis() int64 { return c.nowMicros() / 1000 }

// ShiftClock moves the node's clock by d, forwards or backwards, as an operator
// or a bad time server would. Keys whose deadline is passed by that expire.
func (n *Node) ShiftClock(d time.Duration) {
	n.clock.offset.Add(int64(d))
	n.mu.Lock()
	n.deadlines.poke()
	n.mu.Unlock()
}
