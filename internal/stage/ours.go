package stage

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// closeTime bounds, in real time, the end of an engine whose process is gone:
// nothing it waits for comes from outside any more.
const closeTime = 2 * time.Second

// ours locks with the engine of this program. The engine is a client's own, as
// each process has one.
type ours struct {
	c      *client
	engine *lockengine.Engine
	wires  []*wire
}

func newOurs(c *client) (*ours, error) {
	o := &ours{c: c}
	nodes := make([]lockengine.Node, 0, len(c.w.nodes))
	for _, n := range c.w.nodes {
		x := &wire{link: c.links[n.id], node: dialNode(n)}
		o.wires = append(o.wires, x)
		nodes = append(nodes, x)
	}
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(c.name))
	c.waker = &waker{w: c.w}
	var err error
	o.engine, err = lockengine.New(nodes, lockengine.Config{
		TTL: leaseTTL, MaxTTL: longestTTL, NodeTimeout: nodeTimeout,
		Clock: clientTime{c}, Observer: c, Wake: c.waker,
		NoQuarantine: c.w.side.NoQuarantine, Fresh: true,
		Random: rand.NewPCG(seed.Sum64(), 1).Uint64,
	})
	if err != nil {
		o.close()
		return nil, fmt.Errorf("stage: %w", err)
	}
	return o, nil
}

// dialNode returns the engine's connection to a node of the stage.
func dialNode(n *node) *redisnode.Node {
	return redisnode.New(n.id, &redis.Options{Addr: n.server.Addr()})
}

func (o *ours) acquire(ctx context.Context, wait time.Duration) (grant, error) {
	lease, err := o.engine.Acquire(ctx, LockName, lockengine.AcquireOptions{Owner: o.c.name, Wait: wait})
	if err != nil {
		return nil, err
	}
	return ourGrant{lease}, nil
}

func (o *ours) close() {
	if o.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		_ = o.engine.Close(ctx) // nobody is left to be told
	}
	for _, x := range o.wires {
		_ = x.current().Close()
	}
}

// met reports whether the engine knows all nodes and believes them.
func (o *ours) met() bool {
	for _, s := range o.engine.Status() {
		if !s.Votes || !s.ClockKnown {
			return false
		}
	}
	return true
}

// ourGrant is a lease of the engine.
type ourGrant struct{ *lockengine.Lease }

func (g ourGrant) valid() bool                       { return g.Valid() }
func (g ourGrant) extend(ctx context.Context) error  { return g.Extend(ctx, leaseTTL) }
func (g ourGrant) release(ctx context.Context) error { return g.Release(ctx) }

// Observe draws what the engine does.
func (c *client) Observe(e lockengine.Event) {
	c.w.do(func() {
		if !c.dead && !c.w.closed {
			c.observe(e)
		}
	})
}

func (c *client) observe(e lockengine.Event) {
	switch e.Kind {
	case lockengine.EventAttempt:
		c.attempted(e.Fingerprint)
	case lockengine.EventVote:
		if e.Fingerprint == c.attempt {
			for _, v := range e.Votes {
				c.voted(v.Node, v.Vote)
			}
		}
	case lockengine.EventAcquired:
		c.won = e.Fingerprint
		c.got(e.ValidUntil, e.Fence)
	case lockengine.EventRefused:
		if c.wants {
			c.hear(refusal(e.Err), false)
			c.become(stateWaiting)
		}
	case lockengine.EventExtended:
		c.until = c.w.stamp(e.ValidUntil)
		c.w.referee.extended(c)
		c.grip()
		c.draw()
	case lockengine.EventLost:
		c.hear("it lost its lease", true)
		if errors.Is(e.Err, lockengine.ErrExpired) {
			c.hear("its lease is over", true)
		}
		c.w.referee.release(c)
		if c.state == stateHolding {
			c.become(stateIdle)
		}
		c.draw()
	case lockengine.EventQuarantined:
		if n, err := c.w.node(e.Node); err == nil {
			n.out, n.why = c.w.stamp(e.ValidUntil), e.Err.Error()
			c.w.referee.quarantined(e.Node)
			n.draw()
		}
	case lockengine.EventAdmitted:
		if n, err := c.w.node(e.Node); err == nil {
			n.out, n.why = 0, ""
			n.draw()
		}
	}
}

// attempted notes that the client asks all nodes anew. Callers hold the world's
// lock.
func (c *client) attempted(fingerprint string) {
	c.attempt, c.votes = fingerprint, map[string]string{}
	c.try++
	c.askedAt = c.w.now()
	c.become(stateAsking)
}

// voted notes what a node answered. Callers hold the world's lock.
func (c *client) voted(node string, vote lockengine.Vote) {
	c.votes[node] = vote.String()
	c.draw()
}

// clientTime is the time as a process sees it: that of the stage, but nothing
// wakes a process that is paused.
type clientTime struct{ c *client }

func (t clientTime) Now() time.Time { return t.c.w.clock.Now() }

func (t clientTime) AfterFunc(d time.Duration, f func()) lockengine.Timer {
	return t.c.w.clock.After(d, func() {
		t.c.w.do(func() {
			t.c.receive(func() {
				release := t.c.w.clock.Hold() // what f does takes no time
				go func() {
					defer release()
					f()
				}()
			})
		})
	})
}
