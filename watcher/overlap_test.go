package watcher

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// A logBook gathers what was logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// kindsOf returns what happened to name, in order.
func kindsOf(b *Board, name string) []ActivityKind {
	var kinds []ActivityKind
	for _, a := range b.Activity(0, maxActivity).Events {
		if a.Name == name {
			kinds = append(kinds, a.Kind)
		}
	}
	return kinds
}

// endingsOf returns how the past holders of name ended, the last one first.
func endingsOf(b *Board, name string) []Ending {
	var hows []Ending
	for _, h := range b.History(name) {
		if !h.To.IsZero() {
			hows = append(hows, h.How)
		}
	}
	return hows
}

// awaitOverlap waits until name is flagged for two holders.
func awaitOverlap(t *testing.T, b *Board, name string) {
	t.Helper()
	eventually(t, b, name+" overlaps", func() bool {
		l, _ := b.Lock(name)
		return slices.Contains(l.Flags, "overlap")
	})
	if b.Overlaps() == 0 || b.Counts().Overlapping == 0 {
		t.Error("not counted")
	}
	if kinds := kindsOf(b, name); !slices.Contains(kinds, ActivityOverlap) {
		t.Errorf("what happened: %v", kinds)
	}
}

// engineOf returns an engine on the servers that tells observer what it does.
func engineOf(t *testing.T, servers []*spawnServer, observer lockengine.Observer) *lockengine.Engine {
	t.Helper()
	nodes := make([]lockengine.Node, len(servers))
	for i, s := range servers {
		node := redisnode.New(string(rune('a'+i)), &redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true})
		t.Cleanup(func() { node.Close() })
		nodes[i] = node
	}
	engine, err := lockengine.New(nodes, lockengine.Config{
		NodeTimeout: time.Second, Fresh: true, NoQuarantine: true, Observer: observer,
	})
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		engine.Close(ctx)
	})
	return engine
}

func TestAMajorityThatForgetsALockAndGivesItAwayIsAnOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	logs := &logBook{}
	b := watch(t, servers, Config{Logger: slog.New(slog.NewTextHandler(logs, nil))}, NotificationsLive).Board()
	setOn(t, nodes, "lock:x", "first-secret", time.Minute)
	eventually(t, b, "five votes", func() bool {
		l, _ := b.Lock("lock:x")
		return l.State == StateHeld && !slices.ContainsFunc(l.Votes, func(v Vote) bool { return v.Vote != yes })
	})
	for _, n := range nodes[:3] {
		must(t, n.FlushAll(t.Context()).Err())
	}
	setOn(t, nodes[:3], "lock:x", "second-secret", time.Minute)
	awaitOverlap(t, b, "lock:x")

	first, second := lockengine.Fingerprint("first-secret"), lockengine.Fingerprint("second-secret")
	holds := b.History("lock:x")
	if len(holds) != 2 || holds[0].Fingerprint != second || !holds[0].To.IsZero() ||
		holds[1].Fingerprint != first || holds[1].How != EndedOverlapped {
		t.Errorf("history %+v", holds)
	}
	if want := []ActivityKind{ActivityAcquired, ActivityLost, ActivityAcquired, ActivityOverlap}; !sameSet(kindsOf(b, "lock:x"), want) {
		t.Errorf("what happened: %v, want %v", kindsOf(b, "lock:x"), want)
	}
	eventually(t, b, "a line in the log", func() bool { return contains(logs.String(), "two holders") })
	text := logs.String()
	if !contains(text, first) || !contains(text, second) || contains(text, "secret") || strings.Count(text, "two holders") != 1 {
		t.Errorf("the log says %s", text)
	}
	if b.Overlaps() != 1 {
		t.Errorf("counted %d times", b.Overlaps())
	}
}

func sameSet(x, y []ActivityKind) bool {
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	return slices.Equal(x, y)
}

func TestNodesThatRestartEmptyAndGiveALockAwayAreAnOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	setOn(t, nodes, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	for _, s := range servers[:2] {
		s.Kill()
		must(t, s.Restart(t.Context()))
	}
	setOn(t, clientsOf(t, servers[:2]), "lock:x", "w", time.Minute)
	awaitOverlap(t, b, "lock:x")
}

func TestAPlainSetOverALockOnOneNodeIsAnOverlap(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{}, NotificationsLive).Board()
	must(t, node.Set(t.Context(), "lock:x", "v", time.Minute).Err())
	awaitState(t, b, "lock:x", StateHeld)
	must(t, node.Set(t.Context(), "lock:x", "w", time.Minute).Err())
	awaitOverlap(t, b, "lock:x")
	if got := endingsOf(b, "lock:x"); !slices.Equal(got, []Ending{EndedOverlapped}) {
		t.Errorf("ended %v", got)
	}
}

func TestAClientThatRenewsWhatFewNodesGaveItIsAnOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	// The first yes was enough for the first client; the rest went to another.
	setOn(t, nodes[:1], "lock:x", "first yes", time.Minute)
	setOn(t, nodes[1:], "lock:x", "quorum", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	renew := time.NewTicker(20 * time.Millisecond)
	defer renew.Stop()
	ttl := time.Minute
	eventually(t, b, "an overlap", func() bool {
		<-renew.C
		ttl += time.Second
		must(t, nodes[0].PExpire(t.Context(), "lock:x", ttl).Err())
		return b.Overlaps() == 1
	})
	awaitOverlap(t, b, "lock:x")
}

// The class that texts about Redlock show takes one yes for a lock.
func TestTwoClientsThatGoByTheirFirstYesOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	until := time.Now().Add(time.Minute).UnixMilli()
	values := []string{
		fmt.Sprintf("6f1d1b1c-3a0e-4b7e-9d55-0c6f6d3b8a11:%d", until),
		fmt.Sprintf("0b8c4c56-8b0f-4b58-a2a4-4d8f4f0a9b22:%d", until),
	}
	// Both ask all nodes at once, and the votes are split.
	for i, n := range nodes {
		setOn(t, redisClients{n}, "lock:x", values[i%2], time.Minute)
	}
	awaitOverlap(t, b, "lock:x")
}

func TestEnginesThatTrustNodesWithoutMemoryOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	first, second := engineOf(t, servers, b), engineOf(t, servers, nil)
	_, err := first.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{Owner: "alice"})
	must(t, err)
	eventually(t, b, "five votes", func() bool {
		l, _ := b.Lock("lock:x")
		return l.Holder.Managed && !slices.ContainsFunc(l.Votes, func(v Vote) bool { return v.Vote != yes })
	})
	for _, n := range nodes[:3] {
		must(t, n.FlushAll(t.Context()).Err())
	}
	_, err = second.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{Owner: "bob"})
	must(t, err)
	awaitOverlap(t, b, "lock:x")
	holds := b.History("lock:x")
	if len(holds) != 2 || holds[0].Owner != "bob" || holds[0].Managed || holds[1].Owner != "alice" ||
		!holds[1].Managed || holds[1].Fence == 0 || holds[1].How != EndedOverlapped {
		t.Errorf("history %+v", holds)
	}
}

func TestALeaseThatIsDeletedUnderItsHolderAndGivenAwayOverlaps(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	engine := engineOf(t, servers, b)
	lease, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{Owner: "alice"})
	must(t, err)
	eventually(t, b, "three votes", func() bool {
		l, _ := b.Lock("lock:x")
		return l.Holder.Managed && !slices.ContainsFunc(l.Votes, func(v Vote) bool { return v.Vote != yes })
	})
	for _, n := range nodes {
		must(t, n.Del(t.Context(), "lock:x").Err())
	}
	awaitState(t, b, "lock:x", StateFree)
	if got := endingsOf(b, "lock:x"); !slices.Equal(got, []Ending{EndedForced}) {
		t.Errorf("ended %v", got)
	}
	if b.Overlaps() != 0 {
		t.Error("an overlap without a second holder")
	}
	setOn(t, nodes, "lock:x", "w", time.Minute)
	awaitOverlap(t, b, "lock:x")
	_ = lease.Release(t.Context()) // says that it was lost
}

// handOver releases as a lock library does, by compare-and-delete.
var handOver = redis.NewScript(`if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`)

func TestHandingALockOverIsNoOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	const rounds = 300
	for i := range rounds {
		value := fmt.Sprint("v", i)
		setOn(t, nodes, "lock:x", value, time.Minute)
		if i%50 == 0 {
			eventually(t, b, "it is seen", func() bool {
				l, _ := b.Lock("lock:x")
				return l.Holder.Fingerprint == lockengine.Fingerprint(value) && l.State == StateHeld
			})
		}
		for j := range nodes {
			// Not always in the same order of nodes, as networks have it.
			must(t, handOver.Run(t.Context(), nodes[(i+j)%3], []string{"lock:x"}, value).Err())
		}
	}
	awaitState(t, b, "lock:x", StateFree)
	wantNoOverlap(t, b, "lock:x", EndedReleased)
}

// wantNoOverlap fails the test if there was one, or if a holder that was seen
// ended in another way.
func wantNoOverlap(t *testing.T, b *Board, name string, want Ending) {
	t.Helper()
	eventually(t, b, "all endings are known", func() bool { return !slices.Contains(endingsOf(b, name), "") })
	hows := endingsOf(b, name)
	if len(hows) == 0 {
		t.Error("no holder was seen")
	}
	for _, how := range hows {
		if how != want {
			t.Errorf("ended %v, want %s", hows, want)
		}
	}
	if n := b.Overlaps(); n != 0 {
		t.Errorf("%d overlaps: %+v", n, b.Activity(0, maxActivity).Events)
	}
}

func TestALockThatIsTakenTheMomentItExpiresIsNoOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	ctx := t.Context()
	for i := range 20 {
		for _, n := range nodes {
			for taken := false; !taken; {
				var err error
				taken, err = n.SetNX(ctx, "lock:x", fmt.Sprint("v", i), 60*time.Millisecond).Result()
				must(t, err)
			}
		}
	}
	awaitState(t, b, "lock:x", StateFree)
	wantNoOverlap(t, b, "lock:x", EndedExpired)
}

func TestWhatALostAttemptLeftBehindIsNoOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{Resync: 200 * time.Millisecond}, NotificationsLive).Board()
	setOn(t, nodes[:2], "lock:x", "lost", 1500*time.Millisecond)
	setOn(t, nodes[2:], "lock:x", "won", 1500*time.Millisecond)
	awaitState(t, b, "lock:x", StateHeld)
	awaitState(t, b, "lock:x", StateFree)
	wantNoOverlap(t, b, "lock:x", EndedExpired)
	kinds := slices.DeleteFunc(kindsOf(b, "lock:x"), func(k ActivityKind) bool {
		return k == ActivityContested // when the test is slow
	})
	if !slices.Equal(kinds, []ActivityKind{ActivityAcquired, ActivityExpired}) {
		t.Errorf("what happened: %v", kinds)
	}
}

func TestManyEnginesOnOneLockDoNotOverlap(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	engines := []*lockengine.Engine{engineOf(t, servers, b), engineOf(t, servers, nil), engineOf(t, servers, nil)}
	var wg sync.WaitGroup
	for _, engine := range engines {
		for range 2 {
			wg.Go(func() {
				for range 20 {
					lease, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{Wait: patience})
					if err != nil {
						t.Error(err)
						return
					}
					if err := lease.Release(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	awaitState(t, b, "lock:x", StateFree)
	wantNoOverlap(t, b, "lock:x", EndedReleased)
}

func TestAHolderThatIsNotWatchedEndsInAnUnknownWay(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Notifications: ModeOff}, NotificationsPolling).Board()
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	must(t, node.Set(t.Context(), "lock:x", "w", time.Minute).Err())
	eventually(t, b, "the other token", func() bool {
		l, _ := b.Lock("lock:x")
		return l.Holder.Fingerprint == lockengine.Fingerprint("w")
	})
	if got := endingsOf(b, "lock:x"); !slices.Equal(got, []Ending{EndedUnknown}) {
		t.Errorf("ended %v", got)
	}
}

func TestAMissedFlushIsALossAndNoReleaseAtAll(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{}, NotificationsLive).Board()
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	must(t, node.FlushAll(t.Context()).Err())
	eventually(t, b, "lost", func() bool { return slices.Equal(endingsOf(b, "lock:x"), []Ending{EndedLost}) })
	if b.Overlaps() != 0 {
		t.Error("an overlap without a second holder")
	}
}
