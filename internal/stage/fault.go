package stage

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// What can be done to a node. All of it is called while the world is quiet and
// without its lock.

// stop ends the node's process.
func (n *node) stop() error {
	if !n.up {
		return nil
	}
	_ = n.thaw() // what waits at its door dies with it
	n.server.Stop()
	n.change(func() { n.up, n.out, n.why = false, 0, "" })
	return nil
}

// restart starts the node's process anew, with what it knew or without.
func (n *node) restart(keep bool) error {
	if err := n.stop(); err != nil {
		return err
	}
	n.disconnect()
	if err := n.server.Restart(keep); err != nil {
		return fmt.Errorf("stage: restart node %s: %w", n.id, err)
	}
	if err := n.connect(); err != nil {
		return err
	}
	n.change(func() {
		n.up = true
		n.refresh()
	})
	for _, x := range n.wires() {
		x.redial()
	}
	return nil
}

// wires are the connections of engines to the node.
func (n *node) wires() (all []*wire) {
	n.w.mu.Lock()
	defer n.w.mu.Unlock()
	for _, c := range n.w.clients {
		if o, ok := c.locker.(*ours); ok && !c.dead {
			for _, x := range o.wires {
				if x.link.node == n {
					all = append(all, x)
				}
			}
		}
	}
	return all
}

// change changes the node and shows it.
func (n *node) change(f func()) {
	n.w.do(func() {
		f()
		n.draw()
	})
}

// freeze makes the node hang, as a process does that is stopped or swapped out.
func (n *node) freeze() error {
	if n.up {
		n.server.Freeze()
		n.change(func() { n.frozen = true })
	}
	return nil
}

// thaw lets it go on, with everything that has come meanwhile.
func (n *node) thaw() error {
	n.server.Thaw()
	n.change(func() {
		n.frozen = false
		for _, start := range n.door {
			start()
		}
		n.door = nil
		n.refresh()
	})
	return nil
}

// empty makes the node forget everything while it runs on.
func (n *node) empty() error {
	return n.order("forget", func(ctx context.Context, eye *redis.Client) error { return eye.FlushAll(ctx).Err() })
}

// evict drops the lock, as a node does that is short of memory and may.
func (n *node) evict() error {
	return n.order("evict", func(ctx context.Context, eye *redis.Client) error { return eye.Del(ctx, LockName).Err() })
}

// order has the node do something, which one that does not answer cannot.
func (n *node) order(what string, f func(context.Context, *redis.Client) error) error {
	switch {
	case !n.up:
		return badInput("node", n.id, "a node that runs: start it first, then it can "+what)
	case n.frozen:
		return badInput("node", n.id, "a node that answers: thaw it first, then it can "+what)
	}
	ctx, cancel := context.WithTimeout(n.w.ctx, wireTimeout)
	defer cancel()
	if err := f(ctx, n.eye); err != nil {
		return fmt.Errorf("stage: node %s: %s: %w", n.id, what, err)
	}
	n.change(n.refresh)
	return nil
}

// jump moves the node's clock.
func (n *node) jump(by time.Duration) error {
	n.server.ShiftClock(by)
	n.change(func() {
		n.offset += by
		n.refresh()
	})
	return nil
}

// skew makes the node's clock go faster or slower.
func (n *node) skew(rate float64) error {
	n.time.setRate(rate)
	n.server.ShiftClock(0)
	n.change(n.refresh)
	return nil
}
