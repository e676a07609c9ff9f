package watcher

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/watcher/format"
)

// maxWho is how many waiters are named.
const maxWho = 16

// A beside is the questions about what a library keeps beside a lock: the queue
// and the fencing token of Redisson, the permits that are taken of its
// semaphores. Those keys need not be watched names, and a node may refuse to
// tell of them.
type beside struct {
	queue, weight *redis.IntCmd
	who           *redis.StringSliceCmd
	fence         *redis.StringCmd
	taken, listed *redis.IntCmd
}

// readBeside reads what stands beside the locks of which it is known where to
// look, and completes their readings.
func (r reader) readBeside(ctx context.Context, shapes []shape) error {
	for _, questions := range []func(*shape, context.Context, redis.Pipeliner){(*shape).askBeside, (*shape).askWho} {
		err := ask(ctx, r.names, func(p redis.Pipeliner) {
			for i := range shapes {
				questions(&shapes[i], ctx, p)
			}
		})
		if err != nil {
			return err
		}
	}
	for i := range shapes {
		shapes[i].takeBeside()
	}
	return nil
}

// askBeside asks what there is.
func (s *shape) askBeside(ctx context.Context, p redis.Pipeliner) {
	switch {
	case s.status != readPresent:
	case s.match.Library == format.Redisson && s.typ == "hash":
		s.queue = p.LLen(ctx, format.Queue(s.name))
		s.weight = p.MemoryUsage(ctx, format.Queue(s.name), maxWho)
		s.fence = p.GetRange(ctx, format.FenceKey(s.name), 0, 31)
	case s.match.Mode == format.ModeInteger:
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		s.taken = p.ZCount(ctx, format.PermitsKey(s.name), now, "+inf")
		s.listed = p.ZCard(ctx, format.PermitsKey(s.name))
	}
}

// askWho asks who waits in a queue that is not empty.
func (s *shape) askWho(ctx context.Context, p redis.Pipeliner) {
	if s.queue != nil && s.queue.Val() > 0 && s.weight.Val()*maxWho/max(s.queue.Val(), maxWho) <= maxMemory {
		s.who = p.LRange(ctx, format.Queue(s.name), 0, maxWho-1)
	}
}

// takeBeside completes the reading.
func (s *shape) takeBeside() {
	if s.listed != nil && s.listed.Val() > 0 && s.taken.Err() == nil {
		s.recognised(format.Permits(int(s.taken.Val())))
	}
	if s.status != readPresent {
		return
	}
	d := detail{mode: s.match.Mode, holds: s.match.Holds, readers: s.match.Readers}
	if s.fence != nil {
		d.fence, _ = strconv.ParseInt(s.fence.Val(), 10, 64) // none is 0
	}
	if s.queue != nil && s.queue.Err() == nil {
		d.waiting = int(s.queue.Val())
	}
	if s.who != nil {
		for _, id := range s.who.Val() {
			if who := format.Client(id); who != "" {
				d.who = append(d.who, who)
			}
		}
	}
	if !d.empty() {
		s.detail = &d
	}
}

// A detail is what a node says of a lock beside who holds it. It changes while
// the lock is held.
type detail struct {
	mode    format.Mode
	holds   int
	readers int
	fence   int64
	// waiting is how many are known to wait, who the first of them. None in the
	// queue does not mean that nobody waits: most locks have no queue.
	waiting int
	who     []string
}

// empty reports whether d says nothing that would be shown.
func (d *detail) empty() bool {
	return d.mode == "" && d.holds == 0 && d.readers == 0 && d.fence == 0 && d.waiting == 0
}

// same reports whether two details say the same; either may be nil.
func (d *detail) same(o *detail) bool {
	if d == nil || o == nil {
		return d == o
	}
	return d.mode == o.mode && d.holds == o.holds && d.readers == o.readers && d.fence == o.fence &&
		d.waiting == o.waiting && slices.Equal(d.who, o.who)
}
