package watcher

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

// served returns how many commands of these the node has done, by its own
// count.
func served(t *testing.T, node *redis.Client, commands ...string) uint64 {
	t.Helper()
	text, err := node.Info(t.Context(), "commandstats").Result()
	must(t, err)
	sum := uint64(0)
	for line := range strings.Lines(text) {
		for _, command := range commands {
			if rest, ok := strings.CutPrefix(line, "cmdstat_"+command+":calls="); ok {
				calls, _, _ := strings.Cut(rest, ",")
				n, err := strconv.ParseUint(calls, 10, 64)
				must(t, err)
				sum += n
			}
		}
	}
	return sum
}

// ours are the commands of the watcher that no test sends.
var ours = []string{"getrange", "pttl", "type", "strlen", "get", "scan", "ping", "dbsize", "psubscribe", "config|get", "config|set"}

func TestAStormOnOneNameCostsOneReadPerFlush(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()
	before := served(t, node, "getrange")
	began := time.Now()
	const events = 50_000
	for i := range events / 1000 {
		_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
			for j := range 1000 {
				p.Set(ctx, "lock:x", fmt.Sprint(i, " ", j), time.Minute)
			}
			return nil
		})
		must(t, err)
	}
	must(t, node.Set(ctx, "lock:x", "last", time.Minute).Err())
	eventually(t, b, "the view is that of the node", func() bool {
		held, err := bareScan(ctx, node)
		must(t, err)
		return equal(held, shown(b, 0))
	})
	flushes := uint64(time.Since(began)/flushPause) + 2
	if reads := served(t, node, "getrange") - before; reads > flushes || reads < 1 {
		t.Errorf("%d events cost %d reads in the time of %d flushes", events, reads, flushes)
	}
}

func TestTheBudgetIsKeptInEverySecondAndTheViewIsRightInTheEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	const budget, names = 500, 400
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour, Budget: budget}, NotificationsLive).Board()

	most := busiest(t, node)
	for round := range 4 {
		_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range names {
				p.Set(ctx, fmt.Sprint("lock:", i), round, time.Minute)
			}
			return nil
		})
		must(t, err)
	}
	last := lockengine.Fingerprint("3")
	eventually(t, b, "the view is that of the node", func() bool {
		view := b.Window(Query{Text: last}) // a scan by the test would count
		return view.Total == names
	})
	if done := most(); done > budget {
		t.Errorf("%d operations in one second, want at most %d", done, budget)
	}
}

// A scan that only makes sure takes a tenth of the budget, and events that come
// meanwhile do not wait for its end.
func TestAScanThatOnlyMakesSureTakesItsTimeAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	const budget, names = 10_000, 1500
	fill(t, redisClients{node}, names)
	b := watch(t, []*spawnServer{server}, Config{Resync: 100 * time.Millisecond, Budget: budget}, NotificationsLive).Board()
	first := b.Nodes()[0]
	most := busiest(t, node)
	asked := func() uint64 { return served(t, node, "getrange") }
	began := asked()
	eventually(t, b, "a scan began", func() bool { return asked() > began+10 })
	must(t, node.Set(t.Context(), "lock:new", "v", time.Minute).Err())
	awaitState(t, b, "lock:new", StateHeld)
	if n := b.Nodes()[0]; !n.Synced.Equal(first.Synced) {
		t.Error("a change waited for the end of the scan")
	}
	eventually(t, b, "the scan ended", func() bool { return !b.Nodes()[0].Synced.Equal(first.Synced) })
	// A page is read at once, and the time that it may take passes afterwards.
	const page, checks = 1000, 20
	if done := most(); done > budget/auditShare+page+checks || done < budget/auditShare/2 {
		t.Errorf("%d operations in one second, want about %d", done, budget/auditShare)
	}
	// Where events are found missing there is something to find.
	must(t, node.ConfigSet(t.Context(), notifySetting, "").Err())
	must(t, node.Del(t.Context(), lockName(1)).Err())
	awaitState(t, b, lockName(1), StateFree)
}

// busiest watches what a node does for the watcher. The function that it returns
// says how many operations there were in any second.
func busiest(t *testing.T, node *redis.Client) (most func() uint64) {
	t.Helper()
	stop := make(chan struct{})
	watched := make(chan uint64)
	go func() { // the most that the node did for us in any second
		type sample struct {
			from, to time.Time // when it was asked and had answered
			done     uint64
		}
		var samples []sample
		most := uint64(0)
		look := time.NewTicker(20 * time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-stop:
				watched <- most
				return
			case <-look.C:
			}
			now := sample{from: time.Now(), done: served(t, node, ours...)}
			now.to = time.Now()
			samples = append(samples, now)
			for len(samples) > 0 && now.to.Sub(samples[0].from) > time.Second {
				samples = samples[1:]
			}
			if len(samples) > 0 {
				most = max(most, now.done-samples[0].done)
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-watched
	}
}

func TestWhatTheWatcherCostsIsWhatTheNodeCounts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	w := watch(t, []*spawnServer{server}, Config{}, NotificationsLive)
	b := w.Board()
	for i := range 100 {
		must(t, node.Set(t.Context(), fmt.Sprint("lock:", i), "v", time.Minute).Err())
	}
	eventually(t, b, "all are read and the rates are known", func() bool {
		n := b.Nodes()[0]
		return n.Keys == 100 && n.Cost.OperationsPerSecond > 0 && n.Cost.BytesPerSecond > 0
	})
	asked := uint64(0)
	eventually(t, b, "the counts are the same", func() bool {
		const greeting = 1 // of the test
		counted := w.nodes[0].meter.operations.Load()
		done := served(t, node, append(ours, "hello", "info")...) - greeting - asked
		asked++ // for this, the test asks for INFO, too
		return counted == done
	})
	c := b.Nodes()[0].Cost
	if c.BytesIn < 100*30 || c.BytesOut < 100*50 || c.Budget != DefaultBudget {
		t.Errorf("got %+v", c)
	}
}
