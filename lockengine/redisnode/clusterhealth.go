package redisnode

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

const (
	// sweep is of how many slots old fences are forgotten at a time, besides those
	// that were used.
	sweep = 256
	// clockPace is by what share one clock may run faster than another, and
	// clockSlack what it may seem to move besides.
	clockPace  = 0.01
	clockSlack = 5 * time.Millisecond
)

// A look is what one master says of itself.
type look struct {
	sent, received time.Time
	clock          time.Time
	value          string // under the key of the marker of a slot of its own
	slots          bool   // it has any
	lost           string // why nothing vouches for it
	full           *lockengine.Health
}

func atMaster(addr string, err error) error { return fmt.Errorf("master %s: %w", addr, err) }

// look asks every master how it is. All of them have to answer.
func (c *Cluster) look(ctx context.Context, full bool) ([]*shard, []look, error) {
	shards, layout := c.present()
	looks := make([]look, len(shards))
	err := c.each(ctx, shards, func(ctx context.Context, i int, l *link) error {
		slot, has := layout.First(i)
		var err error
		looks[i], err = shards[i].look(ctx, l, slot, has, full)
		return err
	})
	return shards, looks, err
}

func (s *shard) look(ctx context.Context, l *link, slot int, has, full bool) (look, error) {
	seen := look{slots: has, sent: time.Now()}
	pipe := l.client.Pipeline()
	clock := pipe.Time(ctx)
	born := pipe.Get(ctx, bornKeyOf(slot))
	_, _ = pipe.Exec(ctx) // each command has its own error
	seen.received = time.Now()
	if clock.Err() != nil {
		return seen, clock.Err()
	}
	seen.clock = clock.Val()
	if err := born.Err(); has && err != nil && !errors.Is(err, redis.Nil) {
		return seen, err
	}
	if has {
		seen.value = born.Val()
		s.proof.see(l.is(), seen.value)
	}
	if jump := s.clock.read(seen); jump != 0 {
		s.proof.refute(l.is(), fmt.Sprintf("the clock of master %s jumped by %s", s.addr, jump.Round(time.Millisecond)))
	}
	var err error
	if seen.lost, err = s.prove(ctx, l); err != nil {
		return seen, err
	}
	if full {
		seen.full = new(lockengine.Health)
		askAll(ctx, l.client, seen.full)
	}
	return seen, nil
}

// A steadiness notices when a master's clock jumps: keys then end at another time
// than was promised.
type steadiness struct {
	offset, err time.Duration
	at          time.Time
}

// read takes a reading and returns by how much the clock certainly jumped since
// the one before.
func (c *steadiness) read(l look) time.Duration {
	rtt := l.received.Sub(l.sent)
	now := steadiness{offset: l.clock.Sub(steadyTime(l.sent.Add(rtt / 2))), err: rtt / 2, at: l.received}
	before := *c
	*c = now
	if before.at.IsZero() {
		return 0
	}
	moved := now.offset - before.offset
	if moved.Abs() <= now.err+before.err+clockSlack+time.Duration(float64(now.at.Sub(before.at))*clockPace) {
		return 0
	}
	return moved
}

var processStart = time.Now()

// steadyTime is a time on a clock that nobody sets: the wall clock when the process
// started, moved on by the monotonic one.
func steadyTime(t time.Time) time.Time { return processStart.Round(0).Add(t.Sub(processStart)) }

// born is the marker that all masters have, empty where there is none that
// vouches for all of them, and then why.
func (c *Cluster) born(looks []look) (marker, lost string) {
	proven := c.proven()
	for _, l := range looks {
		if l.slots && l.value == "" {
			return "", ""
		}
	}
	for _, l := range looks {
		if l.lost != "" {
			return "", l.lost
		}
		if !l.slots {
			continue
		}
		m, lost := vouches(l.value, proven)
		switch {
		case lost != "":
			return "", lost
		case marker != "" && marker != m:
			return "", "its memory markers are not all of the same time"
		}
		marker = m
	}
	return marker, ""
}

// askHealth asks every master how it is and makes one health of it. The clock is
// that of one master, always the same as long as it is there.
func (c *Cluster) askHealth(ctx context.Context, op *lockengine.Op) lockengine.Answer {
	shards, looks, err := c.look(ctx, op.Above)
	if err != nil {
		return clusterFailure(err)
	}
	clock := 0
	for i, s := range shards {
		if s.id == c.clock {
			clock = i
		}
	}
	c.clock = shards[clock].id
	h := &lockengine.Health{Time: looks[clock].clock, Sent: looks[clock].sent, Received: looks[clock].received}
	for i, l := range looks {
		if l.full != nil {
			join(h, l.full, i == 0)
		}
	}
	a := lockengine.Answer{Vote: lockengine.VoteGranted, Health: h}
	if a.Born, a.Lost = c.born(looks); a.Born != "" {
		c.settle(ctx)
	}
	if op.Candidate > 0 {
		c.forget(ctx, op.Candidate)
	}
	return a
}

// join makes what one more master says part of the health of all: the worst of
// each.
func join(h, of *lockengine.Health, first bool) {
	if first {
		*h = lockengine.Health{
			Time: h.Time, Sent: h.Sent, Received: h.Received, Full: of.Full, Uptime: of.Uptime, Promoted: of.Promoted,
			Version: of.Version, Role: of.Role, Eviction: of.Eviction, Append: of.Append, Fsync: of.Fsync,
			MaxMemory: of.MaxMemory, Missing: of.Missing,
		}
		return
	}
	h.Full = h.Full && of.Full
	h.Uptime = min(h.Uptime, of.Uptime)
	h.Promoted = h.Promoted || of.Promoted
	if of.Role != "master" {
		h.Role = of.Role
	}
	if of.Eviction != "noeviction" && of.MaxMemory > 0 {
		h.Eviction, h.MaxMemory = of.Eviction, of.MaxMemory
	}
	if h.Append = h.Append && of.Append; of.Fsync != "always" {
		h.Fsync = of.Fsync
	}
	for _, command := range of.Missing {
		if !slices.Contains(h.Missing, command) {
			h.Missing = append(h.Missing, command)
		}
	}
}

// touch notes that a slot has fences.
func (c *Cluster) touch(slot int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.touched[slot] = struct{}{}
}

// forget drops fences below the candidate: of the slots that were used, and of
// some more at a time, for those that other engines have used.
func (c *Cluster) forget(ctx context.Context, candidate int64) {
	c.mu.Lock()
	for range sweep {
		c.touched[c.swept] = struct{}{}
		c.swept = (c.swept + 1) % target.Slots
	}
	var commands []*command
	for slot := range c.touched {
		commands = append(commands, &command{slot: slot, args: []any{
			"ZREMRANGEBYSCORE", fencesKeyOf(slot), "(0", "(" + strconv.FormatInt(candidate, 10)}})
	}
	clear(c.touched)
	c.mu.Unlock()
	shards, layout := c.present()
	there := make([][]*command, len(shards))
	for _, each := range commands {
		i := layout.Owner(each.slot)
		there[i] = append(there[i], each)
	}
	for i, s := range shards {
		send(ctx, s, s.side, false, there[i]) // what fails is done another time
	}
}
