package stage

import "time"

// gripTime bounds, in real time, how long the clock stands for a client that is
// about to act.
const gripTime = 30 * time.Millisecond

// A client's own goroutine needs a moment, in real time, until it has made
// something of what it was given. On the stage that takes no time: the client
// grips the clock, and lets it go when it has sent something or has nothing to do
// but wait.

// grip stops the clock for the client. Callers hold the world's lock.
func (c *client) grip() {
	if c.gripped != nil || c.dead || c.paused {
		return
	}
	release := c.w.clock.Hold()
	limit := time.AfterFunc(gripTime, release)
	c.gripped = func() {
		limit.Stop()
		release()
	}
}

// loosen lets the clock go. Callers hold the world's lock.
func (c *client) loosen() {
	if c.gripped != nil {
		c.gripped()
		c.gripped = nil
	}
}

// waits says that the client has nothing to do but wait.
func (c *client) waits() { c.w.do(c.loosen) }
