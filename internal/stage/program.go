package stage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// What a client does, step by step. All of it runs on the client's goroutine.

const (
	// loopWait is how long a client that works in a loop waits for the lock.
	loopWait = 30 * time.Second
	// workTime is how long it works under the lock, and restTime how long it
	// rests after it.
	workTime = 400 * time.Millisecond
	restTime = 300 * time.Millisecond
)

// take takes the lock.
func (c *client) take(ctx context.Context, wait time.Duration) error {
	c.w.do(func() {
		c.wants = wait > 0
		c.hear("", false)
		c.grant, c.from, c.until, c.fence = nil, 0, 0, 0
		c.w.referee.queue(c)
		c.become(stateAsking)
	})
	g, err := c.locker.acquire(ctx, wait)
	c.w.do(func() {
		c.wants = false
		c.w.referee.served(c)
		if err != nil {
			c.refused(err)
			c.become(stateIdle)
			return
		}
		c.grant = g
		if c.state == stateAsking || c.state == stateWaiting {
			c.become(stateHolding)
		}
	})
	return err
}

// got notes that the lock is the client's from now on, as it believes. Callers
// hold the world's lock.
func (c *client) got(until time.Time, fence int64) {
	c.from, c.until, c.fence = c.w.now(), c.w.stamp(until), fence
	c.hear("", false)
	c.lastFence = fence
	c.base = c.w.resource.version
	c.grip()
	c.w.referee.holds(c)
	c.w.referee.served(c)
	c.become(stateHolding)
}

// refused notes why the client did not get the lock. Callers hold the world's
// lock.
func (c *client) refused(err error) {
	c.hear(refusal(err), true)
	c.w.referee.refused(c)
}

// refusal is what an error of a locker says to people.
func refusal(err error) string {
	var (
		held     *lockengine.HeldError
		noQuorum *lockengine.NoQuorumError
		tooSlow  *lockengine.TooSlowError
	)
	switch {
	case errors.As(err, &held):
		by := held.Owner
		if by == "" {
			by = "somebody else"
		}
		return "held by " + by
	case errors.As(err, &noQuorum):
		granted := 0
		for _, v := range noQuorum.Votes {
			if v.Vote == lockengine.VoteGranted {
				granted++
			}
		}
		return fmt.Sprintf("no quorum: %d of %d", granted, len(noQuorum.Votes))
	case errors.As(err, &tooSlow):
		return "the answers came too late"
	case errors.Is(err, context.Canceled):
		return ""
	}
	return err.Error()
}

// give gives the lock back.
func (c *client) give(ctx context.Context) error {
	var g grant
	c.w.do(func() {
		if g = c.grant; g != nil {
			c.grant = nil
			c.w.referee.release(c)
			c.become(stateReleasing)
		}
	})
	if g == nil {
		return nil
	}
	err := g.release(ctx)
	c.w.do(func() {
		c.from, c.until, c.fence = 0, 0, 0
		c.votes = map[string]string{} // they were about the lock that is gone
		if err != nil {
			c.hear(refusal(err), true)
		}
		c.become(stateIdle)
	})
	return err
}

// prolong asks for a longer lease.
func (c *client) prolong(ctx context.Context) error {
	c.w.mu.Lock()
	g := c.grant
	c.w.mu.Unlock()
	if g == nil {
		return nil
	}
	err := g.extend(ctx)
	if err != nil {
		c.w.do(func() {
			c.hear(refusal(err), true)
			c.draw()
		})
	}
	return err
}

// write writes to the resource, unless the client looks at its lease and finds
// it over. checked says that it has looked before.
func (c *client) write(ctx context.Context, checked bool) error {
	var x *exchange
	c.w.do(func() {
		if !checked && !c.reckless && (c.grant == nil || !c.grant.valid()) {
			c.hear("lease over: it does not write", true)
			c.draw()
			return
		}
		c.become(stateWriting)
	})
	done := make(chan outcome, 1)
	c.w.do(func() {
		if c.state != stateWriting {
			return
		}
		x = c.w.resource.write(c, func(out outcome) {
			done <- out
			c.w.do(c.grip)
		})
		x.send()
	})
	if x == nil {
		return nil
	}
	select {
	case out := <-done:
		c.w.do(func() {
			c.hear("write "+out.text, out.err != nil)
			if c.grant != nil {
				c.become(stateHolding)
			} else {
				c.become(stateIdle)
			}
		})
		return out.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work is the whole of it: take the lock, work, look at the lease, write, give
// the lock back.
func (c *client) work(ctx context.Context, wait, length time.Duration) error {
	if err := c.take(ctx, wait); err != nil {
		return err
	}
	var struck chan struct{}
	c.w.do(func() {
		struck = make(chan struct{})
		c.struck = struck
		if c.paused { // between the answer and now
			close(struck)
			c.struck = nil
		}
		c.become(stateWorking)
	})
	err := c.sleep(ctx, length, struck)
	checked := false
	c.w.do(func() {
		checked = c.struck == nil
		c.struck = nil
	})
	if err != nil || c.running() != nil {
		return ctx.Err()
	}
	if err := c.write(ctx, checked); errors.Is(err, context.Canceled) {
		return err
	}
	return c.give(ctx)
}

// loop works again and again until it is told to stop.
func (c *client) loop(ctx context.Context, stop <-chan struct{}) error {
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		// Not all in step: each rests a little differently.
		rest := restTime
		c.w.do(func() { rest += c.store.draw(uint64(restTime), "rest") })
		_ = c.work(both, loopWait, workTime)
		if err := c.sleep(both, rest, stop); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
		if err := c.running(); err != nil {
			return err
		}
	}
}
