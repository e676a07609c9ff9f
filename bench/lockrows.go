package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/bench/stat"
)

// A lockRow is one entry of latest.json. A ratio is 0 where the engine to
// compare with did not run.
type lockRow struct {
	Nodes          int     `json:"nodes"`
	Callers        int     `json:"callers"`
	Engine         string  `json:"engine"`
	OpsPerSec      float64 `json:"opsPerSec"`
	P50Micros      float64 `json:"p50Micros"`
	P99Micros      float64 `json:"p99Micros"`
	AllocsPerOp    float64 `json:"allocsPerOp"`
	RatioToRedsync float64 `json:"ratioToRedsync"`
	RatioToCeiling float64 `json:"ratioToCeiling"`
}

// A costRow is one entry of cpu.json: what one pair of lock and unlock costs.
type costRow struct {
	Nodes           int     `json:"nodes"`
	Callers         int     `json:"callers"`
	Engine          string  `json:"engine"`
	ClientCPUMicros float64 `json:"clientCPUMicros"`
	// ServerCPUMicros is that of all nodes together.
	ServerCPUMicros float64 `json:"serverCPUMicros"`
	// CommandsPerNode are those that a node carried out, in scripts too, and
	// ReadsPerNode from how many reads of its connections they came.
	CommandsPerNode float64 `json:"commandsPerNode"`
	ReadsPerNode    float64 `json:"readsPerNode"`
}

// cells are in the order of the tables: nodes, callers, engine.
func (s samples) cells() []cell {
	order := make(map[string]int)
	for i, spec := range engines.All() {
		order[spec.Name] = i
	}
	var cells []cell
	for c := range s {
		cells = append(cells, c)
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.nodes, b.nodes), cmp.Compare(a.callers, b.callers),
			cmp.Compare(order[a.engine], order[b.engine]))
	})
	return cells
}

// each is a number of every round of a cell.
func (s samples) each(c cell, number func(sample) float64) []float64 {
	var out []float64
	for _, one := range s[c] {
		out = append(out, number(one))
	}
	return out
}

// median is the median of a number over the rounds.
func (s samples) median(c cell, number func(sample) float64) float64 {
	return stat.Median(s.each(c, number))
}

// ratio compares a cell with another engine of the same rounds.
func (s samples) ratio(c cell, engine string, number func(sample) float64) float64 {
	other := cell{c.nodes, c.callers, engine}
	return stat.Median(stat.Ratios(s.each(c, number), s.each(other, number)))
}

func p50(s sample) float64    { return stat.Micros(s.p50) }
func p99(s sample) float64    { return stat.Micros(s.p99) }
func allocs(s sample) float64 { return s.perOp(float64(s.used.allocs)) }

// troubles says in which cells calls failed.
func (s samples) troubles() (notes []string) {
	for _, c := range s.cells() {
		for _, one := range s[c] {
			if one.failures > 0 {
				notes = append(notes, fmt.Sprintf("%s, nodes %d, callers %d: %d calls FAILED beside %d locks, such as: %v",
					c.engine, c.nodes, c.callers, one.failures, one.ops, one.failure))
			}
		}
	}
	return notes
}

func (s samples) lockRows() []lockRow {
	rows := []lockRow{}
	for _, c := range s.cells() {
		rows = append(rows, lockRow{
			Nodes: c.nodes, Callers: c.callers, Engine: c.engine,
			OpsPerSec:      stat.Round(s.median(c, sample.perSecond), 1),
			P50Micros:      stat.Round(s.median(c, p50), 1),
			P99Micros:      stat.Round(s.median(c, p99), 1),
			AllocsPerOp:    stat.Round(s.median(c, allocs), 1),
			RatioToRedsync: stat.Round(s.ratio(c, engines.RedsyncName, sample.perSecond), 3),
			RatioToCeiling: stat.Round(s.ratio(c, engines.CeilingName, sample.perSecond), 3),
		})
	}
	return rows
}

func (s samples) costRows() []costRow {
	rows := []costRow{}
	for _, c := range s.cells() {
		micros := func(of func(usage) time.Duration) float64 {
			return stat.Round(s.median(c, func(one sample) float64 { return one.perOp(stat.Micros(of(one.used))) }), 1)
		}
		perNode := func(of func(usage) int64) float64 {
			return stat.Round(s.median(c, func(one sample) float64 { return one.perOp(float64(of(one.used)) / float64(c.nodes)) }), 2)
		}
		rows = append(rows, costRow{
			Nodes: c.nodes, Callers: c.callers, Engine: c.engine,
			ClientCPUMicros: micros(func(u usage) time.Duration { return u.cpu }),
			ServerCPUMicros: micros(func(u usage) time.Duration { return u.servers.cpu }),
			CommandsPerNode: perNode(func(u usage) int64 { return u.servers.commands }),
			ReadsPerNode:    perNode(func(u usage) int64 { return u.servers.reads }),
		})
	}
	return rows
}
