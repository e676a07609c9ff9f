package redisnode

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

const (
	// anchor is the slot whose marker decides where several are written at a time.
	anchor = 0
	// markerTries is how often markers that several engines write may meet.
	markerTries = 5
)

// casMarker sets KEYS[1] to ARGV[2] if it is ARGV[1], where empty is nothing.
const casMarker = `
if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end
return 1`

// mark writes the memory marker into all slots and reads the one that stands
// afterwards. That of the anchor decides, so it is written first, and the others
// again until it has not changed meanwhile.
func (c *Cluster) mark(ctx context.Context, op *lockengine.Op) lockengine.Answer {
	value, stood, err := c.markAnchor(ctx, op.Token, op.Above)
	for range markerTries {
		_, marker, _ := cutHistory(value)
		if err == nil && !stood {
			err = c.spread(ctx, marker)
		}
		if err != nil {
			return clusterFailure(err)
		}
		if stood {
			return lockengine.Answer{Vote: lockengine.VoteGranted, Born: marker}
		}
		before := value
		value, _, err = c.readAnchor(ctx)
		stood = err == nil && value == before
	}
	return clusterFailure(errors.New("several engines write memory markers at the same time"))
}

// markAnchor writes the marker of the anchor, unless the whole cluster has one
// that stands and it is not forced. It returns what is there afterwards.
func (c *Cluster) markAnchor(ctx context.Context, marker string, force bool) (value string, stood bool, err error) {
	value, history, err := c.readAnchor(ctx)
	if err != nil {
		return "", false, err
	}
	write := []any{"SET", bornKeyOf(anchor), withHistory(history, marker)}
	if !force {
		if _, looks, err := c.look(ctx, false); err != nil {
			return "", false, err
		} else if born, _ := c.born(looks); born != "" {
			return withHistory(history, born), true, nil
		}
		write = []any{"EVAL", casMarker, 1, bornKeyOf(anchor), value, withHistory(history, marker)}
	}
	set := &command{slot: anchor, args: write}
	c.sendToOwners(ctx, []*command{set})
	if err := set.cmd.Err(); err != nil {
		return "", false, err
	}
	value, _, err = c.readAnchor(ctx)
	return value, false, err
}

// readAnchor returns what stands under the key of the anchor's marker, and the
// history of the server that said so.
func (c *Cluster) readAnchor(ctx context.Context) (value, history string, err error) {
	get := askMarkerOf(anchor)
	c.sendToOwners(ctx, []*command{get})
	value, err = get.cmd.Text()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", "", err
	}
	return value, get.link.is(), nil
}

// spread writes the marker into every slot, each with the history of its master.
// All masters are proven from then on: what they may have forgotten was before.
func (c *Cluster) spread(ctx context.Context, marker string) error {
	shards, layout := c.present()
	own := make([][]int, len(shards))
	for slot := range target.Slots {
		i := layout.Owner(slot)
		own[i] = append(own[i], slot)
	}
	return c.each(ctx, shards, func(ctx context.Context, i int, l *link) error {
		// A connection tells the history, so there has to be one.
		if _, err := readMarkers(ctx, l, []int{anchor}); err != nil {
			return err
		}
		history := l.is()
		for some := range slices.Chunk(own[i], maxPipeline) {
			commands := make([]*command, len(some))
			for at, slot := range some {
				commands[at] = &command{slot: slot, args: []any{"SET", bornKeyOf(slot), withHistory(history, marker)}}
			}
			send(ctx, shards[i], l, false, commands)
			c.sendOn(ctx, redirected(commands))
			for _, command := range commands {
				if err := command.cmd.Err(); err != nil {
					return err
				}
			}
		}
		shards[i].proof.set(history)
		c.settled(own[i])
		return nil
	})
}

// each has every shard do something, all at the same time, and returns the first
// error.
func (c *Cluster) each(ctx context.Context, shards []*shard, do func(ctx context.Context, i int, l *link) error) error {
	errs := make([]error, len(shards))
	var wg sync.WaitGroup
	for i, s := range shards {
		wg.Go(func() {
			if !s.do(ctx, func(ctx context.Context, l *link) { errs[i] = do(ctx, i, l) }) {
				errs[i] = errClosed
			}
			if errs[i] != nil {
				errs[i] = atMaster(s.addr, errs[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// settled notes that the markers of slots are those of their present masters.
func (c *Cluster) settled(slots []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, slot := range slots {
		delete(c.gained, slot)
	}
}

// settle gives the slots that were moved here, with their keys, a marker of their
// present master, so that it does not depend any more on the one before.
func (c *Cluster) settle(ctx context.Context) {
	shards, layout := c.present()
	c.mu.Lock()
	var slots []int
	for slot := range c.gained {
		slots = append(slots, slot)
	}
	c.mu.Unlock()
	proven := c.proven()
	for some := range slices.Chunk(slots, maxPipeline) {
		reads := make([]*command, len(some))
		for i, slot := range some {
			reads[i] = askMarkerOf(slot)
		}
		c.sendToOwners(ctx, reads)
		var writes []*command
		var done []int
		for _, r := range reads {
			value, err := r.cmd.Text()
			if err != nil || r.asked {
				continue
			}
			history := shards[layout.Owner(r.slot)].side.is()
			if of, marker, ok := cutHistory(value); ok && of != history && proven[of] && proven[history] {
				writes = append(writes, &command{slot: r.slot, args: []any{
					"EVAL", casMarker, 1, bornKeyOf(r.slot), value, withHistory(history, marker)}})
			}
			done = append(done, r.slot)
		}
		c.sendToOwners(ctx, writes)
		c.settled(done)
	}
}
