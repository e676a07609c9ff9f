package stage

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

const (
	// resourceID is the resource as the end of a way.
	resourceID = "resource"
	// resourceKey is where it keeps what is written.
	resourceKey = "report"
	// keptWrites is how many writes are shown.
	keptWrites = 8
)

// A resource is what the lock protects: a Redis of its own, which is written with
// redisnode.FencedSet while it checks fences. It is guarded by the World.
//
// Whoever writes, writes what it made of the version that was there when it took
// the lock. A write on top of another version destroys that: such a report is
// corrupt, and stays so.
type resource struct {
	w      *World
	server *embedded.Node
	store  *redis.Client

	check   bool
	version int
	by      string
	fence   int64
	corrupt bool
	writes  []WriteView
}

func newResource(w *World, check bool) (*resource, error) {
	server, err := embedded.Start(embedded.Config{})
	if err != nil {
		return nil, fmt.Errorf("stage: resource: %w", err)
	}
	return &resource{w: w, server: server, store: dial(server.Addr()), check: check}, nil
}

func (r *resource) close() {
	_ = r.store.Close()
	r.server.Stop()
}

// write returns the exchange in which a client writes. Callers hold the world's
// lock.
func (r *resource) write(c *client, done func(outcome)) *exchange {
	fence, base := c.fence, c.base
	late := c.until == 0 || c.w.now() >= c.until
	x := &exchange{link: c.store, text: "write", done: done}
	x.work = func() outcome {
		r.w.mu.Lock()
		check := r.check
		late = late || r.w.now() >= c.until
		r.w.mu.Unlock()
		ctx, cancel := context.WithTimeout(r.w.ctx, wireTimeout)
		defer cancel()
		out := r.put(ctx, c.name, fence, check)
		r.w.do(func() { r.written(c, fence, base, late, out.err == nil) })
		return out
	}
	return x
}

// put writes to the real store. A lock without a fencing token cannot be checked,
// and its writes go through.
func (r *resource) put(ctx context.Context, value string, fence int64, check bool) outcome {
	var err error
	if check && fence > 0 {
		err = redisnode.FencedSet(ctx, r.store, resourceKey, value, 0, fence)
	} else {
		err = r.store.Set(ctx, resourceKey, value, 0).Err()
	}
	var stale *lockengine.StaleFenceError
	switch {
	case errors.As(err, &stale):
		return outcome{vote: lockengine.VoteOther, text: "refused", err: err}
	case err != nil:
		return down(err)
	}
	return outcome{vote: lockengine.VoteGranted, text: "accepted"}
}

// written notes what became of a write. Callers hold the world's lock.
func (r *resource) written(c *client, fence int64, base int, late, ok bool) {
	view := WriteView{Client: c.name, Fence: fence, At: r.w.now(), OK: ok, Late: late}
	if ok {
		view.Corrupt = base != r.version
		r.version++
		r.by, r.corrupt = c.name, r.corrupt || view.Corrupt
		r.fence = max(r.fence, fence)
		c.base = r.version
	}
	r.writes = append(r.writes, view)
	if len(r.writes) > keptWrites {
		r.writes = r.writes[1:]
	}
	r.w.referee.wrote(view)
	r.draw()
}

// draw shows the resource as it is.
func (r *resource) draw() {
	r.w.show("r", ResourceView{
		Check: r.check, Version: r.version, By: r.by, Fence: r.fence, Corrupt: r.corrupt,
		Writes: append([]WriteView{}, r.writes...),
	})
}
