package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/bench/stat"
)

// A goalRow is one entry of goals.json: what was set out to reach, what the
// engine must not fall short of, and what was measured.
type goalRow struct {
	What     string  `json:"what"`
	Measured float64 `json:"measured"`
	Goal     float64 `json:"goal"`
	Limit    float64 `json:"limit"`
	// AtMost is true where less is better.
	AtMost bool `json:"atMost"`
}

// verdict says in a word how it came out.
func (g goalRow) verdict() string {
	better := func(a, b float64) bool { return a >= b && !g.AtMost || a <= b && g.AtMost }
	switch {
	case better(g.Measured, g.Goal):
		return "reached"
	case better(g.Measured, g.Limit):
		return "within the limit"
	}
	return "MISSED"
}

// lockGoals are the goals that the table of locks tells of, where it was
// measured.
func lockGoals(s samples) []goalRow {
	var goals []goalRow
	add := func(c cell, g goalRow, versus string, number func(sample) float64) {
		if len(s[c]) == 0 || len(s[cell{c.nodes, c.callers, versus}]) == 0 {
			return
		}
		g.Measured = stat.Round(s.ratio(c, versus, number), 3)
		goals = append(goals, g)
	}
	for _, callers := range []int{64, 256} {
		c := cell{5, callers, engines.Ours}
		add(c, goalRow{What: fmt.Sprintf("5 nodes, %d callers: locks/s to redsync's", callers), Goal: 7, Limit: 6},
			engines.RedsyncName, sample.perSecond)
		add(c, goalRow{What: fmt.Sprintf("5 nodes, %d callers: locks/s to the ceiling's", callers), Goal: 0.75, Limit: 0.6},
			engines.CeilingName, sample.perSecond)
	}
	add(cell{5, 1, engines.Ours}, goalRow{What: "5 nodes, 1 caller: p50 to redsync's", Goal: 0.5, Limit: 0.55, AtMost: true},
		engines.RedsyncName, p50)
	add(cell{1, 64, engines.Ours}, goalRow{What: "1 node, 64 callers: locks/s to rueidislock's", Goal: 1.3, Limit: 1},
		engines.RueidislockName, sample.perSecond)
	add(cell{5, 64, engines.Ours}, goalRow{What: "5 nodes, 64 callers: allocations to redsync's", Goal: 0.333, Limit: 0.5, AtMost: true},
		engines.RedsyncName, allocs)
	return goals
}

// handoverGoals are the goals for waiters.
func handoverGoals(rows []handoverRow) []goalRow {
	var goals []goalRow
	for _, r := range rows {
		if r.Engine != engines.Ours {
			continue
		}
		g := goalRow{What: "hand-over in the same process, round trips p50", Measured: r.P50Trips, Goal: 2, Limit: 3, AtMost: true}
		if r.Processes > 1 {
			g.What, g.Goal, g.Limit = "hand-over to another process, round trips p50", 4, 6
		}
		goals = append(goals, g)
	}
	return goals
}

// hungGoals is the goal for a node that hangs: the operation that it delays
// most.
func hungGoals(rows []hungRow) []goalRow {
	var added []float64
	for _, r := range rows {
		if r.Engine == engines.Ours {
			added = append(added, r.AddedP99Micros)
		}
	}
	if len(added) == 0 {
		return nil
	}
	milli := float64(time.Millisecond / time.Microsecond)
	return []goalRow{{What: "one node of 5 hung: added to p99, ms", Measured: stat.Round(slices.Max(added)/milli, 3), Goal: 1, Limit: 3, AtMost: true}}
}

func goalTable(goals []goalRow) *table {
	t := &table{
		title: "Lockscope against its goals",
		head:  []string{"", "measured", "goal", "limit", ""},
	}
	for _, g := range goals {
		sign := "≥ "
		if g.AtMost {
			sign = "≤ "
		}
		t.add(g.What, fmt.Sprintf("%.2f", g.Measured), fmt.Sprintf("%s%.2f", sign, g.Goal), fmt.Sprintf("%s%.2f", sign, g.Limit), g.verdict())
	}
	return t
}

// reportGoals prints how what was measured compares with the goals.
func (b *bench) reportGoals() error {
	if len(b.goals) == 0 {
		return nil
	}
	goalTable(b.goals).print(b.stdout)
	return b.write("goals.json", b.goals)
}
