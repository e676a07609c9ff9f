package watcher

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

// fill puts names keys with an expiry on every node, as a lock library would.
func fill(tb testing.TB, nodes []*redis.Client, names int) {
	eachNode(tb, nodes, func(ctx context.Context, node *redis.Client) error {
		for from := 0; from < names; from += 1000 {
			_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
				for i := from; i < min(from+1000, names); i++ {
					p.Set(ctx, lockName(i), fmt.Sprintf("%022dAA==", i), time.Hour)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func lockName(i int) string { return fmt.Sprintf("lock:order:%06d", i) }

// eachNode does f on all nodes at once, and returns how long it took.
func eachNode(tb testing.TB, nodes []*redis.Client, f func(context.Context, *redis.Client) error) time.Duration {
	tb.Helper()
	began := time.Now()
	var wg sync.WaitGroup
	for _, node := range nodes {
		wg.Go(func() {
			if err := f(tb.Context(), node); err != nil {
				tb.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// bareRead is the least that reading all locks of a node takes: SCAN, and PTTL
// and GET in pipelines. It keeps nothing.
func bareRead(ctx context.Context, node *redis.Client) error {
	for cursor := uint64(0); ; {
		page, next, err := node.Scan(ctx, cursor, "lock:*", maxStep).Result()
		if err != nil {
			return err
		}
		_, err = node.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, name := range page {
				p.PTTL(ctx, name)
				p.Get(ctx, name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// firstView runs a watcher until it has read every node, and returns it with the
// time that it took.
func firstView(tb testing.TB, servers []*spawnServer, budget int) (*Watcher, time.Duration) {
	tb.Helper()
	w, err := New(sourcesOf(servers), Config{
		Budget: budget, Logger: slog.New(slog.DiscardHandler),
		FreeRetention: time.Second, // so that the Board is soon quiet
	})
	must(tb, err)
	began := time.Now()
	runWatcher(tb, w)
	patient(tb, time.Minute, "every node is read", func() bool {
		return !slices.ContainsFunc(w.Board().Nodes(), func(n NodeStatus) bool { return n.Synced.IsZero() })
	})
	return w, time.Since(began)
}

// patient waits for what takes its time.
func patient(tb testing.TB, patience time.Duration, what string, holds func() bool) {
	tb.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline.C:
			tb.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// heapInUse returns how much memory is in use after a collection.
func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// blowing lets rate events a second happen on every node for so long, on names
// that are taken, extended and released in turn, and returns how many there
// were.
func blowing(tb testing.TB, nodes []*redis.Client, names, rate int, length time.Duration) int {
	const step = 10 * time.Millisecond
	var mu sync.Mutex
	total := 0
	eachNode(tb, nodes, func(ctx context.Context, node *redis.Client) error {
		tick := time.NewTicker(step)
		defer tick.Stop()
		events := 0
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			total += events
		}()
		began := time.Now()
		for i := 0; time.Since(began) < length; {
			<-tick.C
			due := int(time.Since(began).Seconds()*float64(rate)) - events
			_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
				for n := 0; n < due; i++ {
					name := lockName(i * 7919 % names)
					switch i % 4 {
					case 0:
						p.Del(ctx, name)
						n++
					case 1:
						p.PExpire(ctx, name, time.Hour)
						n++
					default: // "set" and "expire"
						p.Set(ctx, name, fmt.Sprint("v", i), time.Hour)
						n += 2
					}
				}
				events += due
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return total
}

// sameView reports whether the Board shows what all nodes hold.
func sameView(tb testing.TB, b *Board, nodes []*redis.Client) bool {
	shown := make([]map[string]string, len(nodes))
	for i := range shown {
		shown[i] = make(map[string]string)
	}
	for _, l := range b.Window(Query{}).Locks {
		for i, v := range l.Votes {
			if v.Fingerprint != "" {
				shown[i][l.Name] = v.Fingerprint
			}
		}
	}
	same := make([]bool, len(nodes))
	var wg sync.WaitGroup
	for i, node := range nodes {
		wg.Go(func() {
			held, err := bareValues(tb.Context(), node)
			if err != nil {
				tb.Error(err)
			}
			same[i] = equal(held, shown[i])
		})
	}
	wg.Wait()
	return !slices.Contains(same, false)
}

// bareValues returns the fingerprints of all locks on a node.
func bareValues(ctx context.Context, node *redis.Client) (map[string]string, error) {
	held := make(map[string]string)
	for cursor := uint64(0); ; {
		page, next, err := node.Scan(ctx, cursor, "lock:*", maxStep).Result()
		if err != nil {
			return nil, err
		}
		commands, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, name := range page {
				p.Get(ctx, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for i, command := range commands {
			held[page[i]] = lockengine.Fingerprint(command.(*redis.StringCmd).Val())
		}
		if cursor = next; cursor == 0 {
			return held, nil
		}
	}
}

func TestManyNamesAndEventsEndInAViewThatIsRight(t *testing.T) {
	const names = 3000
	servers := redistest.StartAll(t, 3)
	nodes := clientsOf(t, servers)
	fill(t, nodes, names)
	before := heapInUse()
	w, _ := firstView(t, servers, 0)
	b := w.Board()
	if n := b.Counts().Held; n != names {
		t.Errorf("%d names are held, want %d", n, names)
	}
	if each := (heapInUse() - before) / names; each > 2048 {
		t.Errorf("%d bytes a name", each)
	}
	if events := blowing(t, nodes, names, 2000, 2*time.Second); events < 3*2000 {
		t.Errorf("only %d events", events)
	}
	patient(t, patience, "the view is right", func() bool { return sameView(t, b, nodes) })
	for _, n := range b.Nodes() {
		if n.Notifications != NotificationsLive || n.Missed != 0 || n.Gaps != 0 {
			t.Errorf("got %+v", n)
		}
	}
}

// BenchmarkScale prints what a hundred thousand names on five nodes cost. It
// takes two minutes.
func BenchmarkScale(b *testing.B) {
	const names, nodeCount, rate = 100_000, 5, 10_000
	servers := redistest.StartAll(b, nodeCount)
	nodes := clientsOf(b, servers)
	fill(b, nodes, names)
	bare := eachNode(b, nodes, bareRead)
	before := heapInUse()
	w, took := firstView(b, servers, 0)
	board := w.Board()
	each := (heapInUse() - before) / names
	cost := board.Nodes()[0].Cost
	b.Logf("%d names x %d nodes: bare SCAN+PTTL+GET %s, first complete view %s (%.1f times), %d bytes a name, %.2f operations a name and node",
		names, nodeCount, bare.Round(time.Millisecond), took.Round(time.Millisecond), took.Seconds()/bare.Seconds(), each,
		float64(cost.Operations)/names)

	began := time.Now()
	events := blowing(b, nodes, names, rate, time.Minute)
	length := time.Since(began)
	patient(b, 3*time.Minute, "the view is that of the nodes", func() bool { return sameView(b, board, nodes) })
	b.Logf("%d events in %s, %.0f a second and node; the view was found to be that of the nodes %s later, most of which is the comparison", events, length.Round(time.Second),
		float64(events)/length.Seconds()/nodeCount, time.Since(began.Add(length)).Round(time.Millisecond))
	for _, n := range board.Nodes() {
		b.Logf("node %s: %s, %d gaps, %d missed, %d operations", n.ID, n.Notifications, n.Gaps, n.Missed, n.Cost.Operations-cost.Operations)
	}
	b.ReportMetric(took.Seconds(), "first-view-s")
	b.ReportMetric(took.Seconds()/bare.Seconds(), "times-bare")
	b.ReportMetric(float64(each), "B/name")
}
