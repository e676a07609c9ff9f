package formattest

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/watcher"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // what happens to connections when servers stop
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		for _, f := range atEnd {
			f()
		}
		os.Exit(code)
	}))
}

// atEnd is what has to be done when all tests are over.
var atEnd []func()

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// A rig is a number of real servers and a watcher that looks at all names on
// them.
type rig struct {
	servers []*spawn.Server
	clients []*redis.Client
	board   *watcher.Board
}

func newRig(t *testing.T, n int) *rig {
	t.Helper()
	r := &rig{servers: redistest.StartAll(t, n)}
	var sources []watcher.Source
	for i, s := range r.servers {
		opts := &redis.Options{Addr: s.Addr(), MaxRetries: -1}
		client := redis.NewClient(opts)
		t.Cleanup(func() { _ = client.Close() })
		r.clients = append(r.clients, client)
		sources = append(sources, watcher.Source{ID: string(rune('a' + i)), Target: target.Server(opts)})
	}
	w, err := watcher.New(sources, watcher.Config{
		Patterns: []string{"*"}, Resync: 300 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
	r.board = w.Board()
	eventually(t, "every node is read", func() bool {
		return !slices.ContainsFunc(r.board.Nodes(), func(n watcher.NodeStatus) bool {
			return n.Synced.IsZero() || n.Notifications != watcher.NotificationsLive
		})
	})
	return r
}

// await waits until the lock is as it should be, and returns it.
func (r *rig) await(t *testing.T, name, what string, is func(watcher.Lock) bool) watcher.Lock {
	t.Helper()
	var l watcher.Lock
	eventually(t, name+" "+what, func() bool {
		l, _ = r.board.Lock(name)
		return is(l)
	})
	return l
}

// scanned waits until every node was scanned again, so that whatever a scan
// would find is shown.
func (r *rig) scanned(t *testing.T) {
	t.Helper()
	now := time.Now()
	eventually(t, "a scan of every node", func() bool {
		return !slices.ContainsFunc(r.board.Nodes(), func(n watcher.NodeStatus) bool { return !n.Synced.After(now) })
	})
}

// shown returns the names of the locks that are not free.
func (r *rig) shown() []string {
	var names []string
	for _, l := range r.board.Window(watcher.Query{}).Locks {
		if l.State != watcher.StateFree {
			names = append(names, l.Name)
		}
	}
	return names
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
