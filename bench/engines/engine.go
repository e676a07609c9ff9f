package engines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// TTL is the lease that every engine asks for.
const TTL = 10 * time.Second

// An Engine takes locks. It is safe for use by many goroutines.
type Engine interface {
	// Pair takes the lock called name, which nobody else wants, and gives it
	// back. An error means that one of the two did not come about.
	Pair(ctx context.Context, name string) error
	// Close gives up all connections.
	Close()
}

// A Locker is an Engine whose locks can be held, waited for and extended.
type Locker interface {
	Engine
	// Acquire takes the lock called name and waits while somebody has it.
	Acquire(ctx context.Context, name string) (Held, error)
}

// Held is a lock in the holder's hand.
type Held interface {
	Extend(ctx context.Context) error
	Release(ctx context.Context) error
}

// A Spec says how to open an engine.
type Spec struct {
	Name string
	// OneNode is true for an engine that knows no quorum.
	OneNode bool
	Open    func(ctx context.Context, addrs []string) (Engine, error)
}

// The names of the engines.
const (
	Ours             = "lockscope"
	RedsyncName      = "redsync"
	RedsyncFailFast  = "redsync-failfast"
	RedislockName    = "redislock"
	RueidislockName  = "rueidislock"
	AutopipelineName = "autopipeline"
	CeilingName      = "ceiling"
)

// All are the engines, in the order of the tables.
func All() []Spec {
	return []Spec{
		{Name: Ours, Open: func(ctx context.Context, addrs []string) (Engine, error) { return OpenLockscope(ctx, addrs, nil) }},
		{Name: RedsyncName, Open: func(_ context.Context, addrs []string) (Engine, error) { return OpenRedsync(addrs, false), nil }},
		{Name: RedsyncFailFast, Open: func(_ context.Context, addrs []string) (Engine, error) { return OpenRedsync(addrs, true), nil }},
		{Name: RedislockName, OneNode: true, Open: openRedislock},
		{Name: RueidislockName, OneNode: true, Open: openRueidislock},
		{Name: AutopipelineName, Open: openAutopipeline},
		{Name: CeilingName, Open: openCeiling},
	}
}

// Named returns the engines with these names, in the order of All. No names
// mean all.
func Named(names []string) ([]Spec, error) {
	all := All()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	var errs []error
	for _, name := range names {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("engine: got %q, want one of %s", name, strings.Join(known, ", ")))
		}
	}
	return slices.DeleteFunc(all, func(s Spec) bool { return !slices.Contains(names, s.Name) }), errors.Join(errs...)
}
