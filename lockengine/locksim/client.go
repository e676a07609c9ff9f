package locksim

import (
	"context"
	"fmt"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A client is one goroutine of a process that takes locks and does all that one
// can do with them, also what one should not.
type client struct {
	history *history
	process *process
	name    string
	lane    int
	dice    *dice
}

// run is the client's life until the trouble ends or its process dies.
func (c *client) run() {
	c.greet()
	for n := 1; ; n++ {
		c.history.world.sleep(c.lane, c.dice.between(0, c.history.plan.think))
		if c.process.isDead() || time.Since(c.history.world.start) > chaosFor {
			return
		}
		c.once(fmt.Sprintf("%s#%d", c.name, n))
	}
}

// greet waits until the engine has met its nodes: it would make all clients
// wait for that, and let them go at one instant.
func (c *client) greet() {
	met := 0
	for range 100 {
		c.history.world.sleep(c.lane, 20*time.Millisecond)
		if met >= c.process.engine.Quorum() || c.process.isDead() {
			return
		}
		met = 0
		for _, s := range c.process.engine.Status() {
			if s.Votes || !s.OutUntil.IsZero() {
				met++
			}
		}
	}
}

// once takes a lock, if it can, and lives with it.
func (c *client) once(owner string) {
	h, d := c.history, c.dice
	opts := lockengine.AcquireOptions{Owner: owner, TTL: h.plan.ttl}
	if d.chance(0.6) {
		opts.Wait = d.between(0, 2*min(h.plan.ttl, time.Second))
	}
	renewed := d.chance(0.2)
	name := h.lockName(d.pick(h.plan.names))
	ctx, cancel := context.Background(), func() {}
	if d.chance(0.3) {
		// Lanes keep this away from everything else that happens.
		until := h.world.instant(c.lane, d.between(time.Millisecond, 300*time.Millisecond))
		ctx, cancel = context.WithDeadline(ctx, until)
	}
	defer cancel()
	if renewed {
		opts.Renew, opts.MaxHold = true, d.between(0, 3*h.plan.ttl)
	}
	h.world.note("%s wants %s", owner, name)
	lease, err := c.process.engine.Acquire(ctx, name, opts)
	if c.process.isDead() {
		return
	}
	if err != nil {
		h.world.note("%s did not get %s", owner, name)
		h.world.ledger.over(c.lane, owner, nil)
		return
	}
	hold := h.world.ledger.acquires(lease)
	h.world.note("%s holds %s with fence +%d for %s", hold.attempt.id, name,
		lease.Fence()-h.world.start.UnixMicro(), time.Until(hold.until))
	h.world.ledger.over(c.lane, owner, lease)
	c.hold(hold)
}

// hold is what the client does while it has a lease.
func (c *client) hold(h *hold) {
	d, w, ttl := c.dice, c.history.world, c.history.plan.ttl
	short := c.history.plan.held
	if c.history.plan.sweep == 0 && d.chance(0.1) {
		// Forgets about it, and never releases.
		return
	}
	if c.history.plan.sweep == 0 && d.chance(0.2) {
		c.oversleep(h)
		return
	}
	w.sleep(c.lane, d.between(0, short))
	for d.chance(0.5) && !c.process.isDead() {
		ctx, cancel := context.WithDeadline(context.Background(), w.instant(c.lane, d.between(20*time.Millisecond, 500*time.Millisecond)))
		err := h.lease.Extend(ctx, ttl)
		cancel()
		if c.process.isDead() {
			return
		}
		w.note("%s extended: %t", h.attempt.id, err == nil)
		w.sleep(c.lane, d.between(0, short))
	}
	if c.process.isDead() {
		return
	}
	c.release(h)
}

// oversleep is a client that is paused past its deadline and then looks.
func (c *client) oversleep(h *hold) {
	w := c.history.world
	pause := time.Until(h.lease.ValidUntil()) + c.dice.between(time.Millisecond, c.history.plan.ttl)
	w.note("%s is paused for %s", h.attempt.id, pause)
	w.sleep(c.lane, pause)
	if c.process.isDead() {
		return
	}
	// It may have been renewed meanwhile; what is known now is what counts.
	if time.Now().After(h.lease.ValidUntil()) && (h.lease.Valid() || h.lease.Context().Err() == nil) {
		w.ledger.violate("expiry noticed", "%s looks valid %s after its end", h.attempt.id, time.Since(h.lease.ValidUntil()))
	}
	if c.dice.chance(0.7) {
		c.release(h)
	}
}

func (c *client) release(h *hold) {
	w := c.history.world
	w.ledger.releasing(h)
	w.note("%s is released", h.attempt.id)
	// Without a deadline: the engine has to come back by itself.
	begun := time.Now()
	_ = h.lease.Release(context.Background())
	if took := time.Since(begun); took > patience {
		w.ledger.violate("calls return", "the release of %s took %s", h.attempt.id, took)
	}
	if !c.process.isDead() {
		w.ledger.over(c.lane, h.lease.Owner(), nil)
	}
}

// patience is how long a release may take at most: one round, behind one
// extension of the renewal that was under way.
const patience = 150 * time.Millisecond
