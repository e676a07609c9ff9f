package embedded

import (
	"sync/atomic"
	"time"
)

// A clock is a node's own idea of the time. Everything in a node that tells the
// time asks it, so that a node's clock can be moved without touching others.
type clock struct {
	offset atomic.Int64 // nanoseconds ahead of the machine
}

// now returns the node's time in Unix microseconds.
func (c *clock) nowMicros() int64 {
	return (time.Now().UnixNano() + c.offset.Load()) / int64(time.Microsecond)
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
