package watcher

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
)

// await waits until the Board says of name what is wanted, on changes alone.
func await(tb testing.TB, b *Board, sub *Subscription, name string, want State) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for stateOf(b, name) != want {
		select {
		case <-sub.C():
			sub.Take()
		case <-deadline.C:
			tb.Fatalf("%s is not %s within %s", name, want, patience)
		}
	}
}

// BenchmarkFromSetToBoard measures the time from just before a SET is sent to
// one of five real nodes until the Board shows it, and the same for DEL.
func BenchmarkFromSetToBoard(b *testing.B) {
	servers := redistest.StartAll(b, 5)
	board := watch(b, servers, Config{}, NotificationsLive).Board()
	node := clientOf(b, servers[0])
	sub := board.Subscribe()
	defer sub.Close()
	ctx := b.Context()
	var set, del []time.Duration
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprint("lock:", i%100)
		began := time.Now()
		must(b, node.SetArgs(ctx, name, "v", redis.SetArgs{Mode: "NX", TTL: time.Minute}).Err())
		await(b, board, sub, name, StateResidue)
		set = append(set, time.Since(began))
		began = time.Now()
		must(b, node.Del(ctx, name).Err())
		await(b, board, sub, name, StateFree)
		del = append(del, time.Since(began))
	}
	for _, m := range []struct {
		name string
		took []time.Duration
	}{{"set", set}, {"del", del}} {
		slices.Sort(m.took)
		n := len(m.took)
		b.ReportMetric(m.took[n/2].Seconds()*1000, m.name+"-p50-ms")
		b.ReportMetric(m.took[n*99/100].Seconds()*1000, m.name+"-p99-ms")
		b.ReportMetric(m.took[n-1].Seconds()*1000, m.name+"-max-ms")
	}
}
