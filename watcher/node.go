package watcher

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/lockscope/lockscope/lockengine/target"
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

// quietMaintenance turns off a greeting that older servers do not know.
var quietMaintenance = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

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
	// locator finds the servers; it belongs to the goroutine of run.
	locator *target.Locator
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
	board.nodeStatus(index, func(n *NodeStatus) {
		n.Address, n.Mode = source.Target.Address(), string(source.Target.Mode)
	})
	return &node{
		index: index, source: source, cfg: cfg, board: board,
		filter: nameFilter{cfg.Patterns}, meter: newMeter(cfg.Budget), locator: source.Target.Locator(),
		log: cfg.Logger.With("node", source.ID, "address", source.Target.Address()),
	}
}

// run watches the node until ctx ends.
func (n *node) run(ctx context.Context) {
	defer n.locator.Close()
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
