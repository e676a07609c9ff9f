package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

// A state collects how things are at the moment it is asked.
type state struct {
	board  *watcher.Board
	engine *lockengine.Engine // nil where no lock can be taken

	locks, up, trusted, rtt, clock, keys, findings *prometheus.Desc
	overlaps, gaps, missed, operations, bytes      *prometheus.Desc
	polling, budget                                *prometheus.Desc
}

// RegisterState makes the numbers of locks, and how the nodes are, readable.
// engine may be nil.
func RegisterState(r prometheus.Registerer, board *watcher.Board, engine *lockengine.Engine) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("lockscope_"+name, help, labels, nil)
	}
	r.MustRegister(&state{
		board: board, engine: engine,
		locks:      desc("locks", "Lock names on the nodes, whoever took them, by state.", "state"),
		up:         desc("node_up", "1 while the node answers.", "node"),
		trusted:    desc("node_votes", "1 while the votes of the node count.", "node"),
		rtt:        desc("node_rtt_seconds", "Last round trip of a ping, 0 while it is down.", "node"),
		clock:      desc("node_clock_offset_seconds", "How far the clock of the node is ahead of this process.", "node"),
		keys:       desc("node_keys", "Watched names with a live key on the node.", "node"),
		findings:   desc("node_findings", "What an operator should mend on the node.", "node", "grave"),
		overlaps:   desc("overlaps_total", "How often two holders of one lock were seen at the same time."),
		gaps:       desc("watch_gaps_total", "How often the subscription to a node's events was interrupted.", "node"),
		operations: desc("watch_operations_total", "Operations that watching cost the node.", "node"),
		bytes:      desc("watch_bytes_total", "Bytes that watching cost the node, in from it or out to it.", "node", "direction"),
		polling:    desc("node_polling", "1 while no events tell what changes on the node, so that it is scanned again and again.", "node"),
		budget:     desc("watch_budget_operations", "How many operations a second watching may cost the node.", "node"),
		missed:     desc("watch_missed_total", "Changes on a node that no event told although events arrive.", "node"),
	})
}

// Describe implements prometheus.Collector.
func (s *state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.locks, s.up, s.trusted, s.rtt, s.clock, s.keys, s.findings, s.overlaps, s.gaps, s.missed, s.operations, s.bytes, s.polling, s.budget} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	counter(s.overlaps, s.board.Overlaps())
	counts := s.board.Counts()
	for name, n := range map[watcher.State]int{
		watcher.StateHeld: counts.Held, watcher.StateExpiring: counts.Expiring, watcher.StateContested: counts.Contested,
		watcher.StateResidue: counts.Residue, watcher.StateUnknown: counts.Unknown, watcher.StateFree: counts.Free,
	} {
		gauge(s.locks, float64(n), string(name))
	}
	for _, n := range s.board.Nodes() {
		gauge(s.up, number(n.Up), n.ID)
		gauge(s.rtt, n.RTT.Seconds(), n.ID)
		gauge(s.keys, float64(n.Keys), n.ID)
		gauge(s.polling, number(n.Notifications == watcher.NotificationsPolling), n.ID)
		gauge(s.budget, float64(n.Cost.Budget), n.ID)
		counter(s.gaps, n.Gaps, n.ID)
		counter(s.missed, n.Missed, n.ID)
		counter(s.operations, n.Cost.Operations, n.ID)
		counter(s.bytes, n.Cost.BytesIn, n.ID, "in")
		counter(s.bytes, n.Cost.BytesOut, n.ID, "out")
	}
	if s.engine == nil {
		return
	}
	for _, n := range s.engine.Status() {
		gauge(s.trusted, number(n.Votes), n.ID)
		if n.ClockKnown {
			gauge(s.clock, n.Clock.Seconds(), n.ID)
		}
		grave := 0
		for _, f := range n.Findings {
			if f.Grave {
				grave++
			}
		}
		gauge(s.findings, float64(grave), n.ID, "true")
		gauge(s.findings, float64(len(n.Findings)-grave), n.ID, "false")
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
