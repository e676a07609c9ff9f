package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/lockscope/lockscope/bench/stat"
)

// A contest is what came of several callers wanting one lock.
type contest struct {
	holds    int
	elapsed  time.Duration
	trip     time.Duration   // the bare round trip to a majority of the nodes
	handover []time.Duration // sorted: from the release of one caller to the acquire of another
	across   []time.Duration // those of them that went to another process
	waits    []time.Duration // sorted: from asking to having it, or to the end
	again    int             // how often the caller that gave it back was the next
	// processes are how often each process had the lock, and callers how often
	// each caller had.
	processes []int
	callers   []int
	// streak is how often in a row one process had it while another wanted it.
	streak int
	// together is how often two had it at once, which must not be.
	together int
	failures int // calls that failed
	failure  string
}

// judge puts together what the processes held, each of which had so many
// callers.
func judge(processes []*part, callersEach int, elapsed time.Duration) contest {
	c := contest{elapsed: elapsed, processes: make([]int, len(processes)), callers: make([]int, len(processes)*callersEach)}
	type turn struct {
		hold
		process int
	}
	var turns []turn
	for p, had := range processes {
		c.processes[p] = len(had.Holds)
		c.waits = append(c.waits, had.Waits...)
		if c.failures += had.Failures; had.Failures > 0 {
			c.failure = had.Failure
		}
		for _, h := range had.Holds {
			turns = append(turns, turn{h, p})
			c.waits = append(c.waits, time.Duration(h.Acquired-h.Asked))
			c.callers[p*callersEach+h.Caller]++
		}
	}
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Compare(a.Acquired, b.Acquired) })
	c.holds = len(turns)
	streak := 0
	for i, t := range turns {
		if i > 0 && turns[i-1].process == t.process {
			streak++
		} else {
			streak = 1
		}
		c.streak = max(c.streak, streak)
		if i == 0 {
			continue
		}
		before := turns[i-1]
		took := time.Duration(t.Acquired - before.Released)
		if took < 0 {
			c.together++
		}
		if before.process == t.process && before.Caller == t.Caller {
			c.again++
			continue
		}
		c.handover = append(c.handover, took)
		if before.process != t.process {
			c.across = append(c.across, took)
		}
	}
	slices.Sort(c.waits)
	slices.Sort(c.handover)
	slices.Sort(c.across)
	return c
}

// perSecond is how often the lock was had per second.
func (c contest) perSecond() float64 { return float64(c.holds) / c.elapsed.Seconds() }

// trips is d in bare round trips.
func (c contest) trips(d time.Duration) float64 {
	if c.trip <= 0 {
		return 0
	}
	return float64(d) / float64(c.trip)
}

// spread is the least and the most that anyone had, where 1 is an equal share.
func spread(counts []int) (least, most float64) {
	total := 0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return 0, 0
	}
	equal := float64(total) / float64(len(counts))
	return float64(slices.Min(counts)) / equal, float64(slices.Max(counts)) / equal
}

// share is n of all times that the lock changed hands or not.
func (c contest) share(n int) float64 { return float64(n) / float64(max(c.holds-1, 1)) }

func (c contest) waitP50() time.Duration   { return stat.Percentile(c.waits, 0.5) }
func (c contest) waitP99() time.Duration   { return stat.Percentile(c.waits, 0.99) }
func (c contest) p50() time.Duration       { return stat.Percentile(c.handover, 0.5) }
func (c contest) p99() time.Duration       { return stat.Percentile(c.handover, 0.99) }
func (c contest) acrossP50() time.Duration { return stat.Percentile(c.across, 0.5) }
