package watcher

import (
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"

	"github.com/lockscope/lockscope/internal/embedded"
)

// watchEmbedded runs a Watcher of nodes whose clocks can be moved, and returns
// clients of them.
func watchEmbedded(t *testing.T, n int, cfg Config) ([]*embedded.Node, redisClients, *Board) {
	t.Helper()
	nodes, err := embedded.StartAll(n, embedded.Config{})
	must(t, err)
	t.Cleanup(func() { embedded.StopAll(nodes) })
	var clients redisClients
	var sources []Source
	for i, node := range nodes {
		options := &redis.Options{Addr: node.Addr(), Protocol: 2, DisableIdentity: true}
		c := redis.NewClient(options)
		t.Cleanup(func() { c.Close() })
		clients = append(clients, c)
		sources = append(sources, Source{ID: string(rune('a' + i)), Target: target.Server(options)})
	}
	w, err := New(sources, cfg)
	must(t, err)
	runWatcher(t, w)
	eventually(t, w.Board(), "all are live", func() bool {
		return !slices.ContainsFunc(w.Board().Nodes(), func(n NodeStatus) bool {
			return n.Notifications != NotificationsLive || n.Synced.IsZero()
		})
	})
	return nodes, clients, w.Board()
}

func TestClocksThatDifferDoNotMatter(t *testing.T) {
	t.Parallel()
	nodes, clients, b := watchEmbedded(t, 3, Config{ClockDrift: time.Minute})
	for i, by := range []time.Duration{-time.Hour, 0, 30 * time.Hour} {
		nodes[i].ShiftClock(by)
	}
	setOn(t, clients, "lock:x", "v", 20*time.Second)
	l := awaitState(t, b, "lock:x", StateHeld)
	eventually(t, b, "three votes", func() bool {
		l, _ = b.Lock("lock:x")
		return !slices.ContainsFunc(l.Votes, func(v Vote) bool { return v.Vote != yes })
	})
	if left := time.Until(l.ExpiresAt); left > 20*time.Second || left < 10*time.Second || len(l.Flags) != 0 {
		t.Errorf("%s left, flags %v", left, l.Flags)
	}
}

func TestClocksThatJumpEndALeaseEarlyAndASecondHolderIsAnOverlap(t *testing.T) {
	t.Parallel()
	nodes, clients, b := watchEmbedded(t, 3, Config{Resync: 300 * time.Millisecond})
	setOn(t, clients, "lock:x", "v", 30*time.Second)
	awaitState(t, b, "lock:x", StateHeld)
	for _, n := range nodes[:2] {
		n.ShiftClock(time.Minute)
	}
	eventually(t, b, "lost", func() bool { return slices.Equal(endingsOf(b, "lock:x"), []Ending{EndedLost}) })
	setOn(t, clients[:2], "lock:x", "w", time.Minute)
	awaitOverlap(t, b, "lock:x")
}
