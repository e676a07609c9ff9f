package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lockscope/lockscope/bench/stat"
	"github.com/lockscope/lockscope/watcher"
)

// A watchRow is one entry of watcher.json.
type watchRow struct {
	Nodes     int     `json:"nodes"`
	Callers   int     `json:"callers"`
	Names     int     `json:"names"` // known besides those that are locked
	Mode      string  `json:"mode"`
	OpsPerSec float64 `json:"opsPerSec"`
	P50Micros float64 `json:"p50Micros"`
	P99Micros float64 `json:"p99Micros"`
	// RatioToOff compares with the same round without events.
	RatioToOff      float64 `json:"ratioToOff"`
	ClientCPUMicros float64 `json:"clientCPUMicros"`
	ServerCPUMicros float64 `json:"serverCPUMicros"` // of all nodes together
}

func (b *bench) watchRows(measured watched) []watchRow {
	rows := []watchRow{}
	for _, names := range b.names {
		off := measured.each(watchCell{names, modeOff}, sample.perSecond)
		for _, mode := range watchModes {
			c := watchCell{names, mode}
			median := func(number func(sample) float64, decimals int) float64 {
				return stat.Round(stat.Median(measured.each(c, number)), decimals)
			}
			micros := func(of func(usage) time.Duration) float64 {
				return median(func(s sample) float64 { return s.perOp(stat.Micros(of(s.used))) }, 1)
			}
			rows = append(rows, watchRow{
				Nodes: slices.Max(b.nodes), Callers: watchCallers, Names: names, Mode: mode,
				OpsPerSec: median(sample.perSecond, 1), P50Micros: median(p50, 1), P99Micros: median(p99, 1),
				RatioToOff:      stat.Round(stat.Median(stat.Ratios(measured.each(c, sample.perSecond), off)), 3),
				ClientCPUMicros: micros(func(u usage) time.Duration { return u.cpu }),
				ServerCPUMicros: micros(func(u usage) time.Duration { return u.servers.cpu }),
			})
		}
	}
	return rows
}

// each is a number of every round of a line.
func (w watched) each(c watchCell, number func(sample) float64) []float64 {
	var out []float64
	for _, s := range w[c] {
		out = append(out, number(s))
	}
	return out
}

func watchTable(rows []watchRow) *table {
	t := &table{
		title: fmt.Sprintf("Lockscope with keyspace events and with its watcher in the same process, %d callers", watchCallers),
		head: []string{"nodes", "other names", "", "locks/s", "p50 µs", "p99 µs", "to events off", "client CPU µs",
			"servers' CPU µs"},
		notes: []string{
			"Other names are held by somebody else the whole time, and the watcher has read them before it counts.",
			fmt.Sprintf("Watched: the watcher as it is, which scans a node that sends more than %d events a second instead of following it.", watcher.DefaultEvents),
		},
	}
	for _, r := range rows {
		t.add(fmt.Sprint(r.Nodes), fmt.Sprint(r.Names), r.Mode, number(r.OpsPerSec, 0), number(r.P50Micros, 0), number(r.P99Micros, 0),
			times(r.RatioToOff), number(r.ClientCPUMicros, 1), number(r.ServerCPUMicros, 1))
	}
	return t
}

func (b *bench) reportWatcher(ctx context.Context) error {
	measured, err := b.watch(ctx)
	if err != nil {
		return err
	}
	rows := b.watchRows(measured)
	watchTable(rows).print(b.stdout)
	return b.write("watcher.json", rows)
}
