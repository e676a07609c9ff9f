package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
)

// A cell is one line of the table of locks.
type cell struct {
	nodes, callers int
	engine         string
}

// samples are what each round measured in a cell, in the order of the rounds.
type samples map[cell][]sample

// locks measures callers that each take locks of their own.
func (b *bench) locks(ctx context.Context) (samples, error) {
	out := make(samples)
	specs, err := engines.Named(b.engines)
	if err != nil {
		return nil, err
	}
	b.progress.expect(b.countLocks(specs))
	for _, n := range b.nodes {
		if err := b.locksOn(ctx, n, specsFor(specs, n), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// specsFor leaves out the engines that know one node only where there are more.
func specsFor(specs []engines.Spec, nodes int) []engines.Spec {
	return slices.DeleteFunc(slices.Clone(specs), func(s engines.Spec) bool { return s.OneNode && nodes > 1 })
}

func (b *bench) countLocks(specs []engines.Spec) int {
	cells := 0
	for _, n := range b.nodes {
		cells += len(specsFor(specs, n)) * len(b.callers)
	}
	return cells * b.rounds
}

// locksOn measures on n nodes. All engines are open all the time and take
// turns.
func (b *bench) locksOn(ctx context.Context, n int, specs []engines.Spec, out samples) error {
	servers, err := startNodes(ctx, n)
	if err != nil {
		return err
	}
	defer servers.stop()
	open := make([]engines.Engine, len(specs))
	for i, spec := range specs {
		if open[i], err = spec.Open(ctx, servers.addrs); err != nil {
			return fmt.Errorf("%s on %d nodes: %w", spec.Name, n, err)
		}
		defer open[i].Close()
	}
	for round := range b.rounds {
		for _, callers := range b.callers {
			for turn := range specs {
				i := (turn + round) % len(specs)
				c := cell{n, callers, specs[i].Name}
				l := newLoad(open[i], servers, callers, "lock:bench:"+specs[i].Name)
				s, err := l.measure(ctx, warmFor(b.seconds), b.seconds)
				if err != nil {
					return fmt.Errorf("%s, nodes %d, callers %d: %w", c.engine, n, callers, err)
				}
				out[c] = append(out[c], s)
				b.progress.cell("nodes %d, callers %3d, %-16s round %d: %6.0f/s, p50 %s, p99 %s%s", n, callers, c.engine,
					round+1, s.perSecond(), short(s.p50), short(s.p99), failures(s))
			}
		}
	}
	return nil
}

// warmFor is how long an engine runs before it is measured.
func warmFor(seconds time.Duration) time.Duration {
	return min(seconds/4, 200*time.Millisecond)
}

// failures says how many calls failed, nothing when none did.
func failures(s sample) string {
	if s.failures == 0 {
		return ""
	}
	return fmt.Sprintf(", %d FAILED, such as: %v", s.failures, s.failure)
}

// short is a duration in as many digits as matter.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < 100*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
