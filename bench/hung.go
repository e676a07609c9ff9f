package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/bench/stat"
)

const (
	// hungNodes is of how many nodes one hangs.
	hungNodes = 5
	// hungCallers is few, so that waiting for a processor does not hide what
	// waiting for a node costs.
	hungCallers = 4
	// hungMost is how long a node hangs at most: an engine that waits for it
	// in each operation would take longer than anyone wants to know.
	hungMost = 30 * time.Second
	// tooLong is when a hung node delays an engine so much that one round says
	// all.
	tooLong = time.Second
)

// operations are what is timed in this section.
var operations = [...]string{"acquire", "extend", "release"}

// timings are what one run measured of each operation, sorted.
type timings struct {
	took     [len(operations)][]time.Duration
	failures [len(operations)]int
}

// hangups are the timings of each engine, round by round, without and with a
// node that hangs.
type hangups map[string][][2]timings

// hung measures what one node that hangs adds to each operation.
func (b *bench) hung(ctx context.Context) (hangups, error) {
	servers, err := startNodes(ctx, hungNodes)
	if err != nil {
		return nil, err
	}
	defer servers.stop()
	names := b.among(engines.Ours, engines.RedsyncName, engines.RedsyncFailFast)
	b.progress.expect(2 * b.rounds * len(names))
	out := make(hangups)
	for round := range b.rounds {
		for _, name := range names {
			if waits := out[name]; len(waits) > 0 && waits[0][1].percentile(0, 0.5) > tooLong {
				continue
			}
			both, err := b.hangOne(ctx, servers, name, fmt.Sprintf("lock:bench:hung:%s:%d", name, round), round)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = append(out[name], both)
		}
	}
	return out, nil
}

// hangOne measures one engine on healthy nodes, stops one of them, measures
// again, and lets it go on.
func (b *bench) hangOne(ctx context.Context, servers *nodes, engine, prefix string, round int) (both [2]timings, err error) {
	locker, err := openLocker(ctx, engine, servers.addrs, false)
	if err != nil {
		return both, err
	}
	defer locker.Close()
	if _, err := timeOperations(ctx, locker, prefix+":warm", warmFor(b.seconds)); err != nil {
		return both, err
	}
	victim := servers.servers[round%hungNodes]
	for hang := range both {
		if hang == 1 {
			if err := victim.Signal(syscall.SIGSTOP); err != nil {
				return both, err
			}
			goOn := func() { _ = victim.Signal(syscall.SIGCONT) } // it is gone only with the run
			defer goOn()
			defer time.AfterFunc(hungMost, goOn).Stop()
		}
		if both[hang], err = timeOperations(ctx, locker, fmt.Sprintf("%s:%d", prefix, hang), b.seconds); err != nil {
			return both, err
		}
		b.progress.cell("%-16s %-7s round %d: %s", engine, hangWord(hang), round+1, both[hang])
	}
	return both, nil
}

func hangWord(hang int) string { return [...]string{"healthy", "hung"}[hang] }

// timeOperations lets callers take, extend and release locks of their own.
// Everyone does so once at least, and nobody is cut short.
func timeOperations(ctx context.Context, locker engines.Locker, prefix string, during time.Duration) (timings, error) {
	parts := make([]timings, hungCallers)
	until := time.Now().Add(during)
	err := each(hungCallers, func(i int) error {
		own, done := context.WithCancel(ctx)
		defer done()
		for n := 0; n == 0 || time.Now().Before(until); n++ {
			parts[i].cycle(own, locker, fmt.Sprintf("%s:%d:%d", prefix, i, n%namesPerCaller))
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		return nil
	})
	var sum timings
	for _, p := range parts {
		for op := range operations {
			sum.took[op] = append(sum.took[op], p.took[op]...)
			sum.failures[op] += p.failures[op]
		}
	}
	for op := range operations {
		slices.Sort(sum.took[op])
		if len(sum.took[op]) == 0 {
			err = errors.Join(err, fmt.Errorf("no %s succeeded", operations[op]))
		}
	}
	return sum, err
}

// cycle takes a lock, extends and releases it, and notes how long each took.
func (t *timings) cycle(ctx context.Context, locker engines.Locker, name string) {
	var held engines.Held
	for op, do := range [...]func() error{
		func() (err error) { held, err = locker.Acquire(ctx, name); return err },
		func() error { return held.Extend(ctx) },
		func() error { return held.Release(ctx) },
	} {
		start := time.Now()
		if err := do(); err != nil {
			t.failures[op]++
			if held == nil {
				return
			}
			continue
		}
		t.took[op] = append(t.took[op], time.Since(start))
	}
}

func (t timings) percentile(op int, p float64) time.Duration { return stat.Percentile(t.took[op], p) }

func (t timings) String() string {
	text := ""
	for op, name := range operations {
		if op > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s p50 %s p99 %s", name, short(t.percentile(op, 0.5)), short(t.percentile(op, 0.99)))
		if t.failures[op] > 0 {
			text += fmt.Sprintf(" (%d failed)", t.failures[op])
		}
	}
	return text
}
