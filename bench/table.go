package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// A table is text in columns, aligned to the right.
type table struct {
	title string
	notes []string
	head  []string
	rows  [][]string
}

func (t *table) add(fields ...string) { t.rows = append(t.rows, fields) }

// print writes the table with an empty line before it.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n\n", t.title)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintln(out, strings.Join(row, "\t")+"\t")
	}
	_ = out.Flush()
	for _, note := range t.notes {
		fmt.Fprintln(w, note)
	}
}

// number is v with the given decimals, a dash for 0: nothing was measured.
func number(v float64, decimals int) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, v)
}

// times is a ratio.
func times(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", v)
}

func lockTable(rows []lockRow) *table {
	t := &table{
		title: "Lock and unlock, every caller with names of its own",
		head:  []string{"nodes", "callers", "engine", "locks/s", "p50 µs", "p99 µs", "allocs", "to redsync", "to ceiling"},
		notes: []string{
			"A lock is a lock and its unlock, and p50 and p99 are of both together. Ratios are of locks/s.",
			"redsync, redislock: one go-redis client per node with the default pool. rueidislock: one key per lock.",
			"Autopipeline and ceiling are no locks: SET NX PX and a compare-and-delete script, without fence, validity or timeouts.",
		},
	}
	for _, r := range rows {
		t.add(fmt.Sprint(r.Nodes), fmt.Sprint(r.Callers), r.Engine, number(r.OpsPerSec, 0), number(r.P50Micros, 0),
			number(r.P99Micros, 0), number(r.AllocsPerOp, 0), times(r.RatioToRedsync), times(r.RatioToCeiling))
	}
	return t
}

func costTable(rows []costRow) *table {
	t := &table{
		title: "What a lock and its unlock cost",
		head:  []string{"nodes", "callers", "engine", "client CPU µs", "servers' CPU µs", "commands/node", "reads/node"},
		notes: []string{"The servers' time is that of all nodes together. A read of a connection may bring many commands."},
	}
	for _, r := range rows {
		t.add(fmt.Sprint(r.Nodes), fmt.Sprint(r.Callers), r.Engine, number(r.ClientCPUMicros, 1),
			number(r.ServerCPUMicros, 1), number(r.CommandsPerNode, 2), number(r.ReadsPerNode, 2))
	}
	return t
}
