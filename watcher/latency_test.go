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

// BenchmarkFromNodeToBoard measures the time from just before a SET is sent to
// one of five real nodes until the Board shows it, the same for DEL, and from
// the end of a key, by when it was set, until the Board ends it.
func BenchmarkFromNodeToBoard(b *testing.B) {
	servers := redistest.StartAll(b, 5)
	board := watch(b, servers, Config{}, NotificationsLive).Board()
	node := clientOf(b, servers[0])
	sub := board.Subscribe()
	defer sub.Close()
	ctx := b.Context()
	took := make(map[string][]time.Duration)
	set := func(name string, ttl time.Duration) time.Time {
		began := time.Now()
		must(b, node.SetArgs(ctx, name, "v", redis.SetArgs{Mode: "NX", TTL: ttl}).Err())
		await(b, board, sub, name, StateResidue)
		took["set"] = append(took["set"], time.Since(began))
		return began
	}
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprint("lock:", i%100)
		set(name, time.Minute)
		began := time.Now()
		must(b, node.Del(ctx, name).Err())
		await(b, board, sub, name, StateFree)
		took["del"] = append(took["del"], time.Since(began))
		const ttl = 30 * time.Millisecond
		end := set(name, ttl).Add(ttl)
		await(b, board, sub, name, StateFree)
		took["expiry"] = append(took["expiry"], time.Since(end))
	}
	for what, times := range took {
		slices.Sort(times)
		n := len(times)
		b.ReportMetric(times[n/2].Seconds()*1000, what+"-p50-ms")
		b.ReportMetric(times[n*99/100].Seconds()*1000, what+"-p99-ms")
		b.ReportMetric(times[n-1].Seconds()*1000, what+"-max-ms")
	}
}
