package watcher

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// commandTimeout is how long a node may take to accept a connection, and
	// to answer.
	commandTimeout = time.Second
	// A node that does not answer is tried again after firstRetry, and then
	// after twice as long each time, up to lastRetry.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// A node watches one node: it connects, again and again where it must, and
// puts what it reads on the Board.
type node struct {
	index  int
	source Source
	cfg    Config
	board  *Board
	filter nameFilter
	log    *slog.Logger
	meter  *meter
	// told is true once it was said that the node is down; it belongs to the
	// goroutine of run.
	told bool
	// more are the notification flags that turned out to be of use beyond
	// neededFlags; they belong to the goroutine of run as well.
	more string
	// hints is the dirty set of the session that wants to hear what the engine
	// did, nil while events tell it.
	hints atomic.Pointer[dirtySet]
}

func newNode(index int, source Source, cfg Config, board *Board) *node {
	return &node{
		index: index, source: source, cfg: cfg, board: board,
		filter: nameFilter{cfg.Patterns}, meter: newMeter(cfg.Budget),
		log: cfg.Logger.With("node", source.ID, "address", source.Address),
	}
}

// options returns the options of the watcher's own client: no silent repeats,
// short timeouts that heed the context, and no greetings that older servers do
// not know.
func (n *node) options() *redis.Options {
	o := *n.source.Options
	o.Protocol = 2
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = commandTimeout, commandTimeout, commandTimeout
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = 2, 0, 0, 0
	o.PipelinePoolSize = -1
	dial := o.Dialer
	if dial == nil {
		plain := o
		dial = redis.NewDialer(&plain)
	}
	o.Dialer = n.meter.dialer(dial)
	return &o
}

// run watches the node until ctx ends.
func (n *node) run(ctx context.Context) {
	retry := firstRetry
	for {
		s := &session{node: n, dirty: newDirtySet()}
		began := time.Now()
		err := s.run(ctx)
		n.hints.Store(nil)
		if ctx.Err() != nil {
			return
		}
		if s.synced {
			retry = firstRetry
		}
		wait := retry/2 + rand.N(retry/2)
		switch {
		case !errors.Is(err, errGap) || !s.synced:
			n.down(err)
		case time.Since(began) > lastRetry:
			wait = 0 // the node may be well, so lose no time
			fallthrough
		default:
			n.log.Info("the subscription of a node was interrupted")
			n.board.gap(n.index, errGap.Error())
		}
		retry = min(2*retry, lastRetry)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// down says that the node cannot be watched now, and why.
func (n *node) down(err error) {
	vote, reason := describe(err)
	if n.board.up(n.index) || !n.told {
		n.told = true // one that was never up is told once, too
		n.log.Warn("a node is down", "reason", reason)
	}
	n.board.nodeDown(n.index, vote, reason)
	n.board.nodeStatus(n.index, func(s *NodeStatus) { s.Missing = n.meter.refused.list() })
}

// hint marks a name that the engine did something to, unless events tell it.
func (n *node) hint(name string) {
	if dirty := n.hints.Load(); dirty != nil && n.filter.watched(name) {
		dirty.add(name)
	}
}
