package engines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher"
)

// readyTimeout is how long nodes that answer may take until they vote.
const readyTimeout = 15 * time.Second

// Lockscope is our engine with its defaults: fence, validity, votes, timeouts
// and the memory marker.
type Lockscope struct {
	engine *lockengine.Engine
	nodes  []*redisnode.Node
	board  *watcher.Board
	stop   func() // ends the watcher
}

var _ Locker = (*Lockscope)(nil)

// OpenLockscope returns our engine when all nodes vote. With a watcher it is
// wired as in the program: the watcher tells waiters that a lock is free, and
// the engine tells the watcher what it does.
func OpenLockscope(ctx context.Context, addrs []string, watch *watcher.Config) (*Lockscope, error) {
	l := &Lockscope{stop: func() {}}
	cfg := lockengine.Config{TTL: TTL, Fresh: true} // the nodes are the benchmark's own, started empty
	if watch != nil {
		if err := l.watch(addrs, *watch); err != nil {
			return nil, err
		}
		cfg.Wake, cfg.Observer = l.board, l.board
	}
	var nodes []lockengine.Node
	for i, addr := range addrs {
		node := redisnode.New(nodeID(i), &redis.Options{Addr: addr})
		l.nodes = append(l.nodes, node)
		nodes = append(nodes, node)
	}
	var err error
	if l.engine, err = lockengine.New(nodes, cfg); err == nil {
		err = l.Ready(ctx)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func nodeID(i int) string { return string(rune('a' + i)) }

func (l *Lockscope) watch(addrs []string, cfg watcher.Config) error {
	var sources []watcher.Source
	for i, addr := range addrs {
		sources = append(sources, watcher.Source{ID: nodeID(i), Target: target.Server(&redis.Options{Addr: addr})})
	}
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	w, err := watcher.New(sources, cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = w.Run(ctx) }) // the error is that it ran already
	l.board, l.stop = w.Board(), func() { cancel(); running.Wait() }
	return nil
}

// Ready returns when every node votes and, with a watcher, tells its changes.
func (l *Lockscope) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		why := l.unready()
		if why == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %w", readyTimeout, why)
		case <-look.C:
		}
	}
}

func (l *Lockscope) unready() error {
	var errs []error
	for _, s := range l.engine.Status() {
		if !s.Up || !s.Votes {
			errs = append(errs, fmt.Errorf("node %s does not vote: %s%s", s.ID, s.OutWhy, s.Error))
		}
	}
	if l.board != nil {
		for _, s := range l.board.Nodes() {
			if s.Notifications != watcher.NotificationsLive || s.Synced.IsZero() {
				errs = append(errs, fmt.Errorf("node %s is not watched yet", s.ID))
			}
		}
	}
	return errors.Join(errs...)
}

// Pair implements Engine.
func (l *Lockscope) Pair(ctx context.Context, name string) error {
	lease, err := l.engine.Acquire(ctx, name, lockengine.AcquireOptions{})
	if err != nil {
		return err
	}
	return lease.Release(ctx)
}

// Acquire implements Locker.
func (l *Lockscope) Acquire(ctx context.Context, name string) (Held, error) {
	lease, err := l.engine.Acquire(ctx, name, lockengine.AcquireOptions{Wait: time.Hour})
	if err != nil {
		return nil, err
	}
	return leased{lease}, nil
}

// Close implements Engine.
func (l *Lockscope) Close() {
	if l.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = l.engine.Close(ctx) // what may be left ends with the nodes
	}
	for _, node := range l.nodes {
		_ = node.Close()
	}
	l.stop()
}

type leased struct{ *lockengine.Lease }

// Extend implements Held.
func (h leased) Extend(ctx context.Context) error { return h.Lease.Extend(ctx, TTL) }
