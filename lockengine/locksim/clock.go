package locksim

import "time"

// A clock is the clock of a node: off by something, faster or slower than true
// time, and now and then set.
type clock struct {
	since time.Time     // true time of the last change
	shown time.Duration // what it showed then, since the start of the history
	rate  float64       // by how much it is faster, as a share
}

// read returns what the clock shows, as time since the start of the history.
func (c *clock) read() time.Duration {
	passed := time.Since(c.since)
	return c.shown + passed + time.Duration(float64(passed)*c.rate)
}

// step sets the clock forward, or back.
func (c *clock) step(by time.Duration) {
	c.shown, c.since = c.read()+by, time.Now()
}
