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

// relayWork is how long a caller keeps the lock in a relay: long enough for the
// other one to have asked and to be waiting.
const relayWork = 10 * time.Millisecond

// A handoverRow is one entry of handover.json: how long a lock lies idle that
// somebody waits for. Two callers hand it to and fro; a trip is a bare round
// trip to a majority of the nodes.
type handoverRow struct {
	Nodes           int     `json:"nodes"`
	Processes       int     `json:"processes"`
	Engine          string  `json:"engine"`
	Handovers       int     `json:"handovers"`
	P50Micros       float64 `json:"p50Micros"`
	P99Micros       float64 `json:"p99Micros"`
	P50Trips        float64 `json:"p50Trips"`
	P99Trips        float64 `json:"p99Trips"`
	RoundTripMicros float64 `json:"roundTripMicros"`
	TwoAtOnce       int     `json:"twoAtOnce"`
	Failures        int     `json:"failures"`
}

// relays measures how long a lock lies idle between two callers, in one process
// and in two. The hand-overs of all rounds are taken together, since an engine
// that polls does few.
func (b *bench) relays(ctx context.Context, servers *nodes, bare *ceiling.Locks) ([]handoverRow, error) {
	rows := []handoverRow{}
	rounds := b.fewRounds()
	for _, processes := range []int{1, 2} {
		for _, engine := range b.among(engines.Ours, engines.RedsyncName) {
			var all contest
			var trips []float64
			for round := range rounds {
				trip, err := roundTrip(bare, 40, relayWork)
				if err != nil {
					return nil, err
				}
				c, err := compete(ctx, order{Engine: engine, Addrs: servers.addrs, Callers: 2 / processes, Relay: true, Work: relayWork,
					Name: fmt.Sprintf("lock:bench:relay:%s:%d:%d", engine, processes, round), During: b.relay()}, processes)
				if err != nil {
					return nil, fmt.Errorf("relay of %s, processes %d: %w", engine, processes, err)
				}
				trips = append(trips, stat.Micros(trip))
				all.handover = append(all.handover, c.handover...)
				all.together += c.together
				all.failures += c.failures
				b.progress.cell("relay, processes %d, %-9s round %d: %d hand-overs, p50 %s, p99 %s%s", processes, engine, round+1,
					len(c.handover), short(c.p50()), short(c.p99()), trouble(c))
			}
			slices.Sort(all.handover)
			trip := stat.Median(trips)
			p50, p99 := stat.Micros(all.p50()), stat.Micros(all.p99())
			rows = append(rows, handoverRow{
				Nodes: len(servers.addrs), Processes: processes, Engine: engine,
				Handovers: len(all.handover), TwoAtOnce: all.together, Failures: all.failures, RoundTripMicros: stat.Round(trip, 1),
				P50Micros: stat.Round(p50, 1), P99Micros: stat.Round(p99, 1),
				P50Trips: stat.Round(p50/trip, 2), P99Trips: stat.Round(p99/trip, 2),
			})
		}
	}
	return rows, nil
}

func handoverTable(rows []handoverRow) *table {
	t := &table{
		title: "A lock handed to and fro between two callers, of which one always waits",
		head:  []string{"nodes", "processes", "engine", "hand-overs", "p50 µs", "p99 µs", "p50 trips", "p99 trips", "trip µs"},
		notes: []string{
			"From the call of the release to the return of the other's acquire. A trip is the bare round trip to a majority",
			"of the nodes, measured right before and as seldom.",
		},
	}
	for _, r := range rows {
		t.notes = append(t.notes, troubles(r.Engine, r.TwoAtOnce, r.Failures)...)
		t.add(fmt.Sprint(r.Nodes), fmt.Sprint(r.Processes), r.Engine, fmt.Sprint(r.Handovers), number(r.P50Micros, 0),
			number(r.P99Micros, 0), number(r.P50Trips, 1), number(r.P99Trips, 1), number(r.RoundTripMicros, 0))
	}
	return t
}

// reportContention measures and prints both forms of contention.
func (b *bench) reportContention(ctx context.Context) error {
	servers, err := startNodes(ctx, slices.Max(b.nodes))
	if err != nil {
		return err
	}
	defer servers.stop()
	bare, err := ceiling.Dial(ctx, servers.addrs, engines.TTL)
	if err != nil {
		return err
	}
	defer bare.Close()
	names := b.among(engines.Ours, engines.RedsyncName)
	b.progress.expect((2*len(names) + len(b.struggles())) * b.fewRounds())

	handovers, err := b.relays(ctx, servers, bare)
	if err != nil {
		return err
	}
	handoverTable(handovers).print(b.stdout)
	b.goals = append(b.goals, handoverGoals(handovers)...)
	contests, err := b.contention(ctx, servers, bare)
	if err != nil {
		return err
	}
	rows := b.contentionRows(contests)
	contentionTable(rows).print(b.stdout)
	return errors.Join(b.write("handover.json", handovers), b.write("contention.json", rows))
}
