package watcher

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine/target"
)

// quietLog keeps the client library's own remarks on lost connections, which
// these tests cause on purpose, out of their output.
type quietLog struct{}

func (quietLog) Printf(context.Context, string, ...any) {}

// together is how many tests run at a time: they mostly wait, for servers, ends of
// leases and the next look at a node.
const together = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", together); err != nil {
		panic(err)
	}
	redis.SetLogger(quietLog{})
	if os.Getenv("WATCHER_TEST_LOG") == "" {
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what has to happen.
const patience = 10 * time.Second

// eventually waits until what holds, looking again after every change of the
// Board and now and then in between.
func eventually(t testing.TB, b *Board, what string, holds func() bool) {
	t.Helper()
	sub := b.Subscribe()
	defer sub.Close()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-sub.C():
			sub.Take()
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s\nthe Board: %+v\nnodes: %+v", patience, what, b.Window(Query{Limit: 3}).Locks, b.Nodes())
		}
	}
}

// stateOf returns the state of name, empty when it is not on the Board.
func stateOf(b *Board, name string) State {
	l, _ := b.Lock(name)
	return l.State
}

// awaitState waits until name is in the state.
func awaitState(t testing.TB, b *Board, name string, want State) Lock {
	t.Helper()
	eventually(t, b, name+" is "+string(want), func() bool { return stateOf(b, name) == want })
	l, _ := b.Lock(name)
	return l
}

// sourcesOf returns the servers as sources a, b, c, ...
func sourcesOf(servers []*spawn.Server) []Source {
	sources := make([]Source, len(servers))
	for i, s := range servers {
		sources[i] = Source{
			ID: string(rune('a' + i)), Target: target.Server(&redis.Options{Addr: s.Addr()}),
		}
	}
	return sources
}

// clientOf returns a client for the test's own commands.
func clientOf(t testing.TB, s *spawn.Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	return c
}

func clientsOf(t testing.TB, servers []*spawn.Server) []*redis.Client {
	t.Helper()
	clients := make([]*redis.Client, len(servers))
	for i, s := range servers {
		clients[i] = clientOf(t, s)
	}
	return clients
}

// watch runs a Watcher of the servers for the length of the test, and returns
// it when every node has been read and says how it sends changes.
func watch(t testing.TB, servers []*spawn.Server, cfg Config, want Notifications) *Watcher {
	t.Helper()
	w, err := New(sourcesOf(servers), cfg)
	if err != nil {
		t.Fatal(err)
	}
	runWatcher(t, w)
	eventually(t, w.Board(), "every node is read and "+string(want), func() bool {
		for _, n := range w.Board().Nodes() {
			if n.Synced.IsZero() || n.Notifications != want {
				return false
			}
		}
		return true
	})
	return w
}

// runWatcher runs w until the test ends.
func runWatcher(t testing.TB, w *Watcher) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// must fails the test for an error of a command of its own.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// setOn takes a lock by hand on some nodes.
func setOn(t testing.TB, clients []*redis.Client, name, value string, ttl time.Duration) {
	t.Helper()
	for _, c := range clients {
		must(t, c.SetArgs(t.Context(), name, value, redis.SetArgs{Mode: "NX", TTL: ttl}).Err())
	}
}

// Shorter names for what nearly every test passes on.
type (
	spawnServer  = spawn.Server
	redisClients = []*redis.Client
)

func contains(s, part string) bool { return strings.Contains(s, part) }
