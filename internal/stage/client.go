package stage

import (
	"context"
	"fmt"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A locker is one way to lock. Its methods are called by one goroutine, without
// the world's lock.
type locker interface {
	// acquire takes the lock, or goes on trying for as long as wait.
	acquire(ctx context.Context, wait time.Duration) (grant, error)
	// close gives up everything without telling any node. It may be called at
	// any time, once.
	close()
}

// A grant is the lock in its holder's hand.
type grant interface {
	// valid is whether the holder still believes in it when it looks.
	valid() bool
	// extend asks for another whole lease from now on.
	extend(ctx context.Context) error
	release(ctx context.Context) error
}

// Client states.
const (
	stateIdle      = "idle"
	stateAsking    = "asking"
	stateWaiting   = "waiting"
	stateHolding   = "holding"
	stateWorking   = "working"
	stateWriting   = "writing"
	stateReleasing = "releasing"
	statePaused    = "paused"
	stateDead      = "dead"
)

// maxJobs is how much a client may be told to do before it has done it.
const maxJobs = 8

// A client is a virtual process that wants the lock. Its fields are guarded by
// the World, but for those that never change.
type client struct {
	w      *World
	name   string
	policy string
	links  map[string]*link // by node
	store  *link            // to the resource
	locker locker
	jobs   chan func(context.Context) error
	ctx    context.Context
	cancel context.CancelFunc
	// loops is closed when the client is to stop looping, nil while it does not.
	loops chan struct{}

	waker    *waker // nil where nobody is told that the lock is free
	pending  map[*exchange]struct{}
	dead     bool
	paused   bool
	pausedAt int64
	resumed  chan struct{} // closed when it runs again
	inbox    []func()      // what has come while it was paused
	struck   chan struct{} // closed when it is paused at work; nil while it is not at work
	reckless bool

	gripped     func() // lets the clock go; nil while the client does not grip it
	state       string
	wants       bool // it is in acquire, and ready to wait
	grant       grant
	from, until int64
	fence       int64
	lastFence   int64  // the last that it got, whatever has become of it
	todo        int    // jobs that are not done
	attempt     string // the fingerprint of the last attempt
	askedAt     int64  // when that began
	won         string // the fingerprint of the last lease
	votes       map[string]string
	try         int
	says        string
	bad         bool // what it says is bad news
	base        int  // the version of the resource that its work is based on
	hold, queue *hold
}

// newClient lets a client appear. Callers do not hold the world's lock.
func newClient(w *World, name, policy string) (*client, error) {
	c := &client{
		w: w, name: name, policy: policy, state: stateIdle, votes: map[string]string{},
		links: make(map[string]*link), pending: make(map[*exchange]struct{}),
		jobs: make(chan func(context.Context) error, maxJobs),
	}
	c.ctx, c.cancel = context.WithCancel(w.ctx)
	for _, n := range w.nodes {
		c.links[n.id] = newLink(c, n, n.id)
	}
	c.store = newLink(c, nil, resourceID)
	var err error
	if c.locker, err = newLocker(c); err != nil {
		return nil, err
	}
	w.wires.Go(c.run)
	return c, nil
}

// run does the jobs one after the other.
func (c *client) run() {
	defer c.locker.close()
	for {
		c.waits()
		select {
		case <-c.ctx.Done():
			return
		case job := <-c.jobs:
			if c.running() == nil {
				_ = job(c.ctx) // what came of it is shown
			}
			c.w.do(func() { c.todo-- })
		}
	}
}

// running waits while the client is paused.
func (c *client) running() error {
	for {
		c.w.mu.Lock()
		paused, resumed := c.paused, c.resumed
		c.w.mu.Unlock()
		if !paused {
			return c.ctx.Err()
		}
		c.waits()
		select {
		case <-resumed:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
}

// receive has the client take something in: at once, or when it runs again. What
// a dead client gets is taken in to no effect, so that its locker comes to an
// end. Callers hold the world's lock.
func (c *client) receive(f func()) {
	if c.paused && !c.dead {
		c.inbox = append(c.inbox, f)
		return
	}
	c.w.later(f)
}

// sleep lets time pass for the client.
func (c *client) sleep(ctx context.Context, d time.Duration, or <-chan struct{}) error {
	over := make(chan struct{})
	call := c.w.clock.Show(d, func() {
		c.w.do(func() {
			c.receive(func() { close(over) })
			c.grip()
		})
	})
	defer call.Stop()
	c.waits()
	select {
	case <-over:
	case <-or:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// pause stops the client's process as a stopped process is: nothing runs, time
// goes on. One that is at work is stopped where it matters: it has looked at its
// lease and is about to write. Callers hold the world's lock.
func (c *client) pause() {
	if c.paused || c.dead {
		return
	}
	c.paused, c.pausedAt, c.resumed = true, c.w.now(), make(chan struct{})
	if c.struck != nil {
		close(c.struck)
		c.struck = nil
	}
	c.loosen()
	c.draw()
}

// resume lets it run again: first it takes in what has come, in its order.
// Callers hold the world's lock.
func (c *client) resume() {
	if !c.paused {
		return
	}
	c.paused, c.pausedAt = false, 0
	for _, f := range c.inbox {
		c.w.later(f)
	}
	c.inbox = nil
	close(c.resumed)
	c.grip()
	c.draw()
}

// kill ends the client's process where it is. Nobody is told. Callers hold the
// world's lock.
func (c *client) kill() {
	if c.dead {
		return
	}
	c.dead = true
	c.resume()
	c.state, c.loops = stateDead, nil
	c.hear("killed", true)
	c.w.referee.release(c)
	c.drop()
	c.loosen()
	c.draw()
}

// drop ends whatever the client waits for. Callers hold the world's lock.
func (c *client) drop() {
	for x := range c.pending {
		x.answered = true
		c.w.later(func() { x.done(outcome{vote: lockengine.VoteDown, err: errDead}) })
	}
	clear(c.pending)
	c.cancel()
}

// end is kill for a world that ends.
func (c *client) end() {
	c.w.do(func() {
		c.dead = true
		c.resume()
		c.drop()
		c.loosen()
	})
}

// tell gives the client something to do.
func (c *client) tell(job func(context.Context) error) error {
	c.w.do(func() {
		c.todo++
		c.grip()
	})
	select {
	case c.jobs <- job:
		return nil
	default:
		c.w.do(func() { c.todo-- })
		return badInput("client", c.name, "one with less to do: it has too much to do already")
	}
}

// hear notes what the client has learned. Callers hold the world's lock.
func (c *client) hear(says string, bad bool) { c.says, c.bad = says, bad }

// become changes the state. Callers hold the world's lock.
func (c *client) become(state string) {
	if !c.dead {
		c.state = state
	}
	c.draw()
}

// seems is the state as it is shown. Callers hold the world's lock.
func (c *client) seems() string {
	if c.paused {
		return statePaused
	}
	return c.state
}

// draw shows the client as it is.
func (c *client) draw() {
	votes := make(map[string]string, len(c.votes))
	for node, vote := range c.votes {
		votes[node] = vote
	}
	c.w.show("c/"+c.name, ClientView{
		Name: c.name, Policy: c.policy, State: c.seems(), Loop: c.loops != nil, Reckless: c.reckless,
		From: c.from, Until: c.until, Fence: c.fence, Votes: votes, Try: c.try, Says: c.words(), Bad: c.bad, Paused: c.pausedAt,
	})
}

// words are what the client does, or what it has last learned. Callers hold the
// world's lock.
func (c *client) words() string {
	switch c.seems() {
	case stateAsking:
		if c.try > 1 {
			return fmt.Sprintf("asks, try %d", c.try)
		}
		return "asks"
	case stateWaiting:
		return "waits · " + c.says
	case stateHolding:
		return "holds it"
	case stateReleasing:
		return "gives it back"
	case stateWorking, stateWriting, statePaused:
		return c.seems()
	case stateIdle:
		if c.says == "" {
			return stateIdle
		}
	}
	return c.says
}
