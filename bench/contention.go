package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lockscope/lockscope/bench/ceiling"
	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/bench/stat"
)

// A struggle is one line of the table of contention.
type struggle struct {
	waiters   int // besides the one that has the lock
	work      time.Duration
	processes int
	engine    string
}

// callersEach is how many callers each process has, the same in all of them.
func (s struggle) callersEach() int { return (s.waiters + s.processes) / s.processes }

// struggles are the lines of the table, in its order.
func (b *bench) struggles() []struggle {
	var all []struggle
	for _, processes := range []int{1, 2} {
		for _, work := range []time.Duration{0, time.Millisecond} {
			for _, waiters := range b.waiters {
				for _, engine := range b.among(engines.Ours, engines.RedsyncName) {
					all = append(all, struggle{waiters, work, processes, engine})
				}
			}
		}
	}
	return all
}

// among returns those of the engines that were asked for, or all.
func (b *bench) among(names ...string) []string {
	if len(b.engines) == 0 {
		return names
	}
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(b.engines, name) })
}

// contention measures callers that want the same lock. A hand-over of an engine
// that polls takes long, so a cell lasts five times as long as elsewhere and
// there are fewer rounds.
func (b *bench) contention(ctx context.Context, servers *nodes, bare *ceiling.Locks) (map[struggle][]contest, error) {
	all, rounds := b.struggles(), b.fewRounds()
	out := make(map[struggle][]contest)
	for round := range rounds {
		for i, s := range all {
			trip, err := roundTrip(bare, 200, 0)
			if err != nil {
				return nil, err
			}
			c, err := s.run(ctx, servers.addrs, fmt.Sprintf("lock:bench:contention:%d:%d", round, i), b.longer())
			if err != nil {
				return nil, fmt.Errorf("%s, waiters %d, processes %d: %w", s.engine, s.waiters, s.processes, err)
			}
			c.trip = trip
			out[s] = append(out[s], c)
			b.progress.cell("processes %d, waiters %2d, work %3s, %-9s round %d: %5.0f/s, hand-over p50 %s, p99 %s%s", s.processes,
				s.waiters, s.work, s.engine, round+1, c.perSecond(), short(c.p50()), short(c.p99()), trouble(c))
		}
	}
	return out, nil
}

// trouble says what went wrong, nothing when nothing did.
func trouble(c contest) string {
	text := ""
	if c.together > 0 {
		text = fmt.Sprintf(", TWO HOLDERS AT ONCE %d times", c.together)
	}
	if c.failures > 0 {
		text += fmt.Sprintf(", %d FAILED, such as: %s", c.failures, c.failure)
	}
	return text
}

// roundTrip is the median time from a command to all nodes to the answers of a
// majority, with nothing else going on. A pause between the commands lets
// everything fall asleep again, as it does where locks are held for a while.
func roundTrip(bare *ceiling.Locks, times int, pause time.Duration) (time.Duration, error) {
	trips := make([]time.Duration, times)
	for i := range trips {
		if pause > 0 {
			<-time.After(pause)
		}
		start := time.Now()
		if !bare.Ping() {
			return 0, errors.Join(errors.New("no majority answers a PING"), bare.Err())
		}
		trips[i] = time.Since(start)
	}
	slices.Sort(trips)
	return stat.Percentile(trips, 0.5), nil
}

// run lets the callers of one process or of two want the lock called name.
func (s struggle) run(ctx context.Context, addrs []string, name string, during time.Duration) (contest, error) {
	return compete(ctx, order{Engine: s.engine, Addrs: addrs, Name: name, Callers: s.callersEach(), Work: s.work, During: during},
		s.processes)
}

// compete carries out an order in this process, and in a second one where there
// are two. In a relay this process begins.
func compete(ctx context.Context, o order, processes int) (contest, error) {
	var other *child
	var b *baton
	if processes > 1 {
		var err error
		if other, err = startChild(ctx, o); err != nil {
			return contest{}, err
		}
		b = other.baton()
		other.haveIt <- struct{}{}
	}
	own, err := contend(ctx, o, b, func() (time.Time, error) {
		start := time.Now().Add(20 * time.Millisecond)
		if other == nil {
			return start, nil
		}
		return start, other.start(start)
	})
	parts := []*part{own}
	if other != nil {
		if err == nil {
			var theirs *part
			theirs, err = other.part()
			parts = append(parts, theirs)
		}
		err = errors.Join(err, other.close())
	}
	if err != nil {
		return contest{}, err
	}
	return judge(parts, max(o.Callers, 1), o.During), nil
}
