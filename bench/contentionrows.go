package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockscope/lockscope/bench/stat"
)

// A contentionRow is one entry of contention.json. Everyone asks again at once.
// A wait is from asking for the lock to having it, or to the end of the run; a
// hand-over is from the call of the release to the return of another caller's
// acquire.
type contentionRow struct {
	Nodes             int     `json:"nodes"`
	Waiters           int     `json:"waiters"`
	Callers           int     `json:"callers"`
	WorkMicros        int64   `json:"workMicros"`
	Processes         int     `json:"processes"`
	Engine            string  `json:"engine"`
	HoldsPerSec       float64 `json:"holdsPerSec"`
	WaitP50Micros     float64 `json:"waitP50Micros"`
	WaitP99Micros     float64 `json:"waitP99Micros"`
	HandoverP50Micros float64 `json:"handoverP50Micros"`
	HandoverP99Micros float64 `json:"handoverP99Micros"`
	HandoverP50Trips  float64 `json:"handoverP50Trips"`
	HandoverP99Trips  float64 `json:"handoverP99Trips"`
	// AgainShare is how often the caller that gave the lock back was the next,
	// and AcrossShare how often the other process was.
	AgainShare      float64   `json:"againShare"`
	AcrossShare     float64   `json:"acrossShare"`
	AcrossP50Micros float64   `json:"acrossP50Micros"`
	ProcessShares   []float64 `json:"processShares"`
	// LeastCaller and MostCaller are how often the least and the most lucky
	// caller had the lock, where 1 is an equal share.
	LeastCaller     float64 `json:"leastCaller"`
	MostCaller      float64 `json:"mostCaller"`
	LongestStreak   int     `json:"longestStreak"` // in a row in one process
	TwoAtOnce       int     `json:"twoAtOnce"`
	Failures        int     `json:"failures"`
	RoundTripMicros float64 `json:"roundTripMicros"`
}

func (b *bench) contentionRows(contests map[struggle][]contest) []contentionRow {
	rows := []contentionRow{}
	for _, s := range b.struggles() {
		rounds := contests[s]
		median := func(of func(contest) float64, decimals int) float64 {
			var values []float64
			for _, c := range rounds {
				values = append(values, of(c))
			}
			return stat.Round(stat.Median(values), decimals)
		}
		micros := func(of func(contest) time.Duration) float64 {
			return median(func(c contest) float64 { return stat.Micros(of(c)) }, 1)
		}
		trips := func(of func(contest) time.Duration) float64 {
			return median(func(c contest) float64 { return c.trips(of(c)) }, 2)
		}
		row := contentionRow{
			Nodes: slices.Max(b.nodes), Waiters: s.waiters, Callers: s.callersEach() * s.processes,
			WorkMicros: s.work.Microseconds(), Processes: s.processes, Engine: s.engine,
			HoldsPerSec:       median(contest.perSecond, 1),
			HandoverP50Micros: micros(contest.p50),
			HandoverP99Micros: micros(contest.p99),
			HandoverP50Trips:  trips(contest.p50),
			HandoverP99Trips:  trips(contest.p99),
			WaitP50Micros:     micros(contest.waitP50),
			WaitP99Micros:     micros(contest.waitP99),
			AgainShare:        median(func(c contest) float64 { return c.share(c.again) }, 3),
			AcrossShare:       median(func(c contest) float64 { return c.share(len(c.across)) }, 3),
			AcrossP50Micros:   micros(contest.acrossP50),
			LeastCaller:       median(func(c contest) float64 { least, _ := spread(c.callers); return least }, 3),
			MostCaller:        median(func(c contest) float64 { _, most := spread(c.callers); return most }, 3),
			RoundTripMicros:   micros(func(c contest) time.Duration { return c.trip }),
		}
		for p := range s.processes {
			row.ProcessShares = append(row.ProcessShares,
				median(func(c contest) float64 { return float64(c.processes[p]) / float64(max(c.holds, 1)) }, 3))
		}
		for _, c := range rounds {
			row.LongestStreak = max(row.LongestStreak, c.streak)
			row.TwoAtOnce += c.together
			row.Failures += c.failures
		}
		rows = append(rows, row)
	}
	return rows
}

func contentionTable(rows []contentionRow) *table {
	t := &table{
		title: "Callers that want the same lock, each again as soon as it gave it back",
		head: []string{"processes", "waiters", "work", "engine", "holds/s", "wait p50 ms", "p99 ms", "hand-over p50 µs", "p99 µs",
			"p50 trips", "same again", "other process", "processes", "streak", "callers"},
		notes: []string{
			"Waiters are besides the holder, over all processes. A wait ends with the lock, or with the run. A hand-over is to",
			"another caller. Same again: the caller that gave it back was the next. A streak is how often in a row one process",
			"had it. Callers: the least and the most that one had it, 1 is an equal share.",
		},
	}
	for _, r := range rows {
		t.notes = append(t.notes, troubles(r.Engine, r.TwoAtOnce, r.Failures)...)
		shares, streak, across := "-", "-", "-"
		if r.Processes > 1 {
			var parts []string
			for _, share := range r.ProcessShares {
				parts = append(parts, fmt.Sprintf("%.0f", 100*share))
			}
			shares, streak, across = strings.Join(parts, ":"), fmt.Sprint(r.LongestStreak), percent(r.AcrossShare)
		}
		t.add(fmt.Sprint(r.Processes), fmt.Sprint(r.Waiters), (time.Duration(r.WorkMicros) * time.Microsecond).String(), r.Engine,
			number(r.HoldsPerSec, 0), number(r.WaitP50Micros/1000, 2), number(r.WaitP99Micros/1000, 1),
			number(r.HandoverP50Micros, 0), number(r.HandoverP99Micros, 0), number(r.HandoverP50Trips, 1),
			percent(r.AgainShare), across, shares, streak, fmt.Sprintf("%.2f-%.2f", r.LeastCaller, r.MostCaller))
	}
	return t
}

// percent is a share in hundredths.
func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) }

// troubles are the notes of what went wrong.
func troubles(engine string, twoAtOnce, failures int) (notes []string) {
	if twoAtOnce > 0 {
		notes = append(notes, fmt.Sprintf("%s: TWO HOLDERS AT ONCE %d times.", engine, twoAtOnce))
	}
	if failures > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d calls failed.", engine, failures))
	}
	return notes
}
