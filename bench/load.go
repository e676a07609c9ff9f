package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/bench/stat"
)

const (
	// namesPerCaller is between how many locks of its own a caller goes round.
	// With a single one, an engine that returns at a majority would meet its
	// own release on the slower nodes, which is not what is measured here.
	namesPerCaller = 32
	// stall is how much longer than asked a load may take before the calls
	// under way are given up.
	stall = 20 * time.Second
)

// A sample is what one load measured.
type sample struct {
	ops      int // pairs of lock and unlock
	failures int // calls that failed, not counted as ops
	failure  error
	elapsed  time.Duration
	p50, p99 time.Duration
	used     usage
}

// perSecond is how many locks were taken and released per second.
func (s sample) perSecond() float64 {
	if s.elapsed <= 0 {
		return 0
	}
	return float64(s.ops) / s.elapsed.Seconds()
}

// perOp divides by the number of operations.
func (s sample) perOp(v float64) float64 { return v / float64(max(s.ops, 1)) }

// A caller takes and releases locks of its own, one after the other.
type caller struct {
	names     []string
	latencies []time.Duration
	failures  int
	failure   error
}

// A load is callers on one engine.
type load struct {
	engine  engines.Engine
	nodes   *nodes
	callers []*caller
}

// newLoad returns a load whose names begin with prefix.
func newLoad(engine engines.Engine, n *nodes, callers int, prefix string) *load {
	l := &load{engine: engine, nodes: n}
	for i := range callers {
		c := &caller{latencies: make([]time.Duration, 0, 1<<12)}
		for k := range namesPerCaller {
			c.names = append(c.names, fmt.Sprintf("%s:%d:%d", prefix, i, k))
		}
		l.callers = append(l.callers, c)
	}
	return l
}

// measure warms the engine up for a while and then measures it for the time
// given.
func (l *load) measure(ctx context.Context, warm, during time.Duration) (sample, error) {
	if _, err := l.run(ctx, warm); err != nil {
		return sample{}, err
	}
	runtime.GC() // nobody pays for the garbage of the engine before
	return l.run(ctx, during)
}

// run lets all callers go at once. What the callers need of memory and
// goroutines is there before it is counted.
func (l *load) run(ctx context.Context, during time.Duration) (sample, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer time.AfterFunc(during+stall, cancel).Stop()

	var running sync.WaitGroup
	var until time.Time
	begin := make(chan struct{})
	for _, c := range l.callers {
		c.latencies, c.failures, c.failure = c.latencies[:0], 0, nil
		own, done := context.WithCancel(ctx) // a caller has a context of its own, as a request has
		running.Go(func() {
			defer done()
			<-begin
			c.run(own, l.engine, until)
		})
	}
	before, err := takeUsage(ctx, l.nodes)
	start := time.Now()
	until = start.Add(during)
	if err != nil {
		until = start
	}
	close(begin)
	running.Wait()
	elapsed := time.Since(start)
	if err != nil {
		return sample{}, err
	}
	if ctx.Err() != nil {
		return sample{}, fmt.Errorf("interrupted, or calls that took more than %s", stall)
	}
	after, err := takeUsage(ctx, l.nodes)
	if err != nil {
		return sample{}, err
	}
	return l.sum(elapsed, after.since(before)), nil
}

func (c *caller) run(ctx context.Context, engine engines.Engine, until time.Time) {
	now := time.Now()
	for i := 0; now.Before(until) && ctx.Err() == nil; i++ {
		err := engine.Pair(ctx, c.names[i%len(c.names)])
		then := now
		now = time.Now()
		if err != nil {
			c.failures++
			c.failure = err
			continue
		}
		c.latencies = append(c.latencies, now.Sub(then))
	}
}

func (l *load) sum(elapsed time.Duration, used usage) sample {
	s := sample{elapsed: elapsed, used: used}
	var all []time.Duration
	for _, c := range l.callers {
		all = append(all, c.latencies...)
		s.failures += c.failures
		if c.failure != nil {
			s.failure = c.failure
		}
	}
	slices.Sort(all)
	s.ops = len(all)
	s.p50, s.p99 = stat.Percentile(all, 0.5), stat.Percentile(all, 0.99)
	return s
}
