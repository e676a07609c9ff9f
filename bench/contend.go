package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/watcher"
)

// An order says what one process does while several want the same lock.
type order struct {
	Engine  string
	Addrs   []string
	Name    string
	Callers int
	Work    time.Duration // how long a caller holds the lock
	During  time.Duration
	// Relay has two callers hand the lock to and fro: one that gave it back
	// asks again only when the other has it. Otherwise everyone asks again at
	// once, and whoever gave it back may well be the next.
	Relay bool
}

// A hold is one time that a caller had the lock. The instants are nanoseconds
// of the wall clock, which processes on one machine share.
type hold struct {
	Caller   int
	Asked    int64
	Acquired int64 // the acquire returned
	Released int64 // the release was called
}

// A part is what one process had of the lock.
type part struct {
	Holds []hold
	// Waits is how long those had waited who still did at the end.
	Waits []time.Duration
	// Failures is how many calls failed, and Failure why one did.
	Failures int
	Failure  string
}

// contend opens the engine, waits until it is told when to start, and lets its
// callers take turns until the time is over. A process with one caller in a
// relay needs the baton to the other process.
func contend(ctx context.Context, o order, b *baton, ready func() (start time.Time, err error)) (*part, error) {
	locker, err := openLocker(ctx, o.Engine, o.Addrs, true)
	if err != nil {
		return nil, err
	}
	defer locker.Close()
	// Connections are opened and scripts are loaded before it counts.
	if err := each(o.Callers, func(i int) error {
		held, err := locker.Acquire(ctx, fmt.Sprintf("%s:warm:%d:%d", o.Name, os.Getpid(), i))
		if err != nil {
			return err
		}
		return held.Release(ctx)
	}); err != nil {
		return nil, err
	}
	start, err := ready()
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(time.Until(start)):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	t := &turns{order: o, locker: locker, until: start.Add(o.During)}
	switch {
	case !o.Relay:
		err = each(o.Callers, func(i int) error { return t.struggle(ctx, i) })
	case b != nil:
		err = t.relay(ctx, 0, b)
	default:
		there, back := batons()
		err = each(2, func(i int) error { return t.relay(ctx, i, []*baton{there, back}[i]) })
	}
	return &t.part, errors.Join(err, ctx.Err())
}

// openLocker opens an engine that can wait for a lock. Ours is watched, so that
// waiters hear of a release.
func openLocker(ctx context.Context, name string, addrs []string, watched bool) (engines.Locker, error) {
	switch name {
	case engines.Ours:
		var watch *watcher.Config
		if watched {
			watch = &watcher.Config{}
		}
		return engines.OpenLockscope(ctx, addrs, watch)
	case engines.RedsyncName, engines.RedsyncFailFast:
		return engines.OpenRedsync(addrs, name == engines.RedsyncFailFast), nil
	}
	return nil, fmt.Errorf("%s cannot wait for a lock on several nodes", name)
}

// each runs n side by side and returns what failed.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { errs[i] = do(i) })
	}
	running.Wait()
	return errors.Join(errs...)
}
