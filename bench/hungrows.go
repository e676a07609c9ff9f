package main

import (
	"context"
	"fmt"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/bench/stat"
)

// A hungRow is one entry of hung.json: what a node that hangs adds to one
// operation.
type hungRow struct {
	Nodes            int     `json:"nodes"`
	Callers          int     `json:"callers"`
	Engine           string  `json:"engine"`
	Operation        string  `json:"operation"`
	HealthyP50Micros float64 `json:"healthyP50Micros"`
	HealthyP99Micros float64 `json:"healthyP99Micros"`
	HungP50Micros    float64 `json:"hungP50Micros"`
	HungP99Micros    float64 `json:"hungP99Micros"`
	AddedP50Micros   float64 `json:"addedP50Micros"`
	AddedP99Micros   float64 `json:"addedP99Micros"`
	Samples          int     `json:"samples"` // with the hung node, of all rounds
	Failures         int     `json:"failures"`
}

func (b *bench) hungRows(measured hangups) []hungRow {
	rows := []hungRow{}
	for _, engine := range b.among(engines.Ours, engines.RedsyncName, engines.RedsyncFailFast) {
		for op, operation := range operations {
			row := hungRow{Nodes: hungNodes, Callers: hungCallers, Engine: engine, Operation: operation}
			median := func(of func([2]timings) float64) float64 {
				var values []float64
				for _, both := range measured[engine] {
					values = append(values, of(both))
				}
				return stat.Round(stat.Median(values), 1)
			}
			micros := func(hang int, p float64) float64 {
				return median(func(both [2]timings) float64 { return stat.Micros(both[hang].percentile(op, p)) })
			}
			added := func(p float64) float64 {
				return median(func(both [2]timings) float64 {
					return stat.Micros(both[1].percentile(op, p) - both[0].percentile(op, p))
				})
			}
			row.HealthyP50Micros, row.HealthyP99Micros = micros(0, 0.5), micros(0, 0.99)
			row.HungP50Micros, row.HungP99Micros = micros(1, 0.5), micros(1, 0.99)
			row.AddedP50Micros, row.AddedP99Micros = added(0.5), added(0.99)
			for _, both := range measured[engine] {
				row.Samples += len(both[1].took[op])
				row.Failures += both[1].failures[op]
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func hungTable(rows []hungRow) *table {
	t := &table{
		title: fmt.Sprintf("One node of %d hangs (SIGSTOP), %d callers with names of their own", hungNodes, hungCallers),
		head: []string{"engine", "operation", "healthy p50 µs", "p99 µs", "hung p50 µs", "p99 µs", "added p50 µs", "p99 µs",
			"operations", "failed"},
	}
	for _, r := range rows {
		t.add(r.Engine, r.Operation, number(r.HealthyP50Micros, 0), number(r.HealthyP99Micros, 0), number(r.HungP50Micros, 0),
			number(r.HungP99Micros, 0), number(r.AddedP50Micros, 0), number(r.AddedP99Micros, 0), fmt.Sprint(r.Samples), fmt.Sprint(r.Failures))
	}
	return t
}

func (b *bench) reportHung(ctx context.Context) error {
	measured, err := b.hung(ctx)
	if err != nil {
		return err
	}
	rows := b.hungRows(measured)
	hungTable(rows).print(b.stdout)
	b.goals = append(b.goals, hungGoals(rows)...)
	return b.write("hung.json", rows)
}
