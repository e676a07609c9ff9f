package redisnode

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

// A Cluster is a Redis Cluster that votes as one node.
//
// Every name lives on the master of its slot, and so does everything that belongs
// to it: its fence, in a set of the slot, and a memory marker, of which each of
// the 16384 slots has one. An answer counts only when the marker of its slot and
// the server that gave it vouch for each other, see clustermarker.go. If one slot
// may have forgotten something, the vote of the whole cluster does not count.
//
// Nothing is sent twice but what a master certainly did not do, because it said
// that the slot is somebody else's.
type Cluster struct {
	id        string
	opts      redis.Options
	locator   *target.Locator
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	running   sync.WaitGroup
	questions chan entry
	locate    chan struct{} // capacity 1: operations wait to know where to go

	refreshing sync.Mutex // held while the layout is asked for
	clock      string     // the ID of the master that tells the time; of the goroutine of questions

	mu      sync.Mutex // guards what follows; held before that of a shard
	layout  target.Layout
	shards  []*shard // one per master of the layout, none until it is known
	waiting []entry  // operations from before the layout was known
	closed  bool
	gained  map[int]struct{} // slots whose marker may be that of their master before
	touched map[int]struct{} // slots with fences that were raised since they were last forgotten
	swept   int              // up to which slot old fences were forgotten
}

// NewCluster returns the node called id that is the Redis Cluster at a target. It
// connects in the background; until then, and while the cluster does not say where
// its slots are, it answers every operation with lockengine.VoteDown. It needs
// Redis 7.0 or later.
func NewCluster(id string, at *target.Target) *Cluster {
	c := &Cluster{
		id:        id,
		opts:      *at.Options,
		locator:   at.Locator(),
		questions: make(chan entry, maxQuestions),
		locate:    make(chan struct{}, 1),
		gained:    make(map[int]struct{}),
		touched:   make(map[int]struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	ours(&c.opts)
	// The library goes on dialling in the background after as many failures.
	c.opts.PoolSize = 64
	c.running.Go(c.runAside)
	return c
}

// ID names the node.
func (c *Cluster) ID() string { return c.id }

// Submit hands over an operation, see [lockengine.Node].
func (c *Cluster) Submit(op *lockengine.Op) {
	e := entry{op: op}
	if why := c.submit(e); why != nil {
		e.refuse(why)
	}
}

func (c *Cluster) submit(e entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return errClosed
	case e.op.Kind == lockengine.KindHealth || e.op.Kind == lockengine.KindMark:
		select {
		case c.questions <- e:
			return nil
		default:
			return errQueueFull
		}
	case len(c.shards) > 0:
		return c.ownerLocked(e.op.Name).put(e)
	case len(c.waiting) >= maxQueue:
		return errQueueFull
	}
	c.waiting = append(c.waiting, e)
	signal(c.locate)
	return nil
}

// ownerLocked returns the shard that a name belongs to.
func (c *Cluster) ownerLocked(name string) *shard {
	return c.shards[c.layout.Owner(target.Slot(name))]
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// refresh asks where the slots are, and hands every operation that waits to the
// master that it is for.
func (c *Cluster) refresh(ctx context.Context) error {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	layout, err := c.locator.Locate(ctx)
	c.mu.Lock()
	var refused []entry
	switch {
	case c.closed:
		err = errClosed
	case err == nil:
		refused = c.moveLocked(layout)
	case len(c.shards) == 0:
		refused, c.waiting = c.waiting, nil
	}
	c.mu.Unlock()
	refuseAll(refused, cmp.Or(err, errQueueFull)) // not under the lock: who is told may submit more
	return err
}

// moveLocked takes a layout over, and returns the operations for which there is no
// room.
func (c *Cluster) moveLocked(layout target.Layout) (refused []entry) {
	if len(c.shards) > 0 {
		gained := layout.Gained(&c.layout)
		if len(gained) == 0 && layout.SameMasters(&c.layout) {
			return nil
		}
		for _, slot := range gained {
			c.gained[slot] = struct{}{}
		}
	}
	shards := make([]*shard, len(layout.Masters))
	var kept []*shard
	for i, m := range layout.Masters {
		at := slices.IndexFunc(c.shards, func(s *shard) bool { return s.id == m.ID && s.addr == m.Addr })
		if at >= 0 {
			shards[i] = c.shards[at]
			kept = append(kept, shards[i])
			continue
		}
		shards[i] = newShard(c, m)
		c.running.Go(shards[i].run)
	}
	waiting := c.waiting
	for _, s := range c.shards {
		waiting = append(waiting, s.takeAll(!slices.Contains(kept, s))...)
	}
	c.layout, c.shards, c.waiting = layout, shards, nil
	for _, e := range waiting {
		if c.ownerLocked(e.op.Name).put(e) != nil {
			refused = append(refused, e)
		}
	}
	return refused
}

// present returns the shards and the layout that they are of.
func (c *Cluster) present() ([]*shard, target.Layout) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shards, c.layout
}

// at returns the shard at an address, nil when there is none.
func (c *Cluster) at(addr string) *shard {
	shards, _ := c.present()
	for _, s := range shards {
		if s.addr == addr {
			return s
		}
	}
	return nil
}

// runAside answers questions about the cluster, and looks where it is when
// operations wait for that.
func (c *Cluster) runAside() {
	for {
		select {
		case <-c.locate:
			_ = c.refresh(c.ctx) // what waits is told why
		case e := <-c.questions:
			c.answerQuestion(e)
		case <-c.ctx.Done():
			for {
				select {
				case e := <-c.questions:
					e.refuse(errClosed)
				default:
					return
				}
			}
		}
	}
}

func (c *Cluster) answerQuestion(e entry) {
	asked := time.Now()
	ctx, cancel := context.WithDeadline(c.ctx, e.op.Deadline)
	defer cancel()
	if err := c.refresh(ctx); err != nil {
		e.op.Answer = failure(err)
	} else if e.op.Kind == lockengine.KindMark {
		e.op.Answer = c.mark(ctx, e.op)
	} else {
		e.op.Answer = c.askHealth(ctx, e.op)
	}
	e.op.Answer.RTT = time.Since(asked)
	e.op.To.Complete(e.op)
}

// Close answers what waits, gives up what is on its way and closes the
// connections. It may be called again.
func (c *Cluster) Close() error {
	c.mu.Lock()
	c.closed = true
	waiting := c.waiting
	c.waiting = nil
	for _, s := range c.shards {
		waiting = append(waiting, s.takeAll(true)...)
	}
	c.mu.Unlock()
	c.cancel()
	refuseAll(waiting, errClosed)
	c.running.Wait()
	c.locator.Close()
	return nil
}

func refuseAll(entries []entry, why error) {
	for _, e := range entries {
		e.refuse(why)
	}
}

// A link is a connection to a master that knows the history of its server.
type link struct {
	addr    string
	client  *redis.Client
	history atomic.Pointer[string] // of the server at the last connect
}

// newLink returns a link to the server at an address.
func (c *Cluster) newLink(addr string) *link {
	l := &link{addr: addr}
	o := c.opts
	o.Addr = addr
	dial := o.Dialer
	if dial == nil {
		dial = redis.NewDialer(&o)
	}
	o.Dialer = unsentDialer(dial)
	o.OnConnect = l.greet
	l.client = redis.NewClient(&o)
	return l
}

var errTooOld = errors.New("a cluster votes from Redis 7.0 on, this one is older")

// greet learns the history of the server.
func (l *link) greet(ctx context.Context, conn *redis.Conn) error {
	history, fields, err := readHistory(ctx, conn)
	if major, _, known := cutVersion(fields["redis_version"]); err == nil && known && major < firstNative {
		err = errTooOld
	}
	if err != nil {
		return unsent{err}
	}
	l.history.Store(&history)
	return nil
}

// is returns the history of the server that the link is to, empty before the
// first connect.
func (l *link) is() string {
	if history := l.history.Load(); history != nil {
		return *history
	}
	return ""
}
