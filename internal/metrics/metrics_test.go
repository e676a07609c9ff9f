package metrics

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher"
)

func TestWhatAnEngineDoesIsCountedWithoutNamesAndOwners(t *testing.T) {
	server := redistest.Start(t)
	opts := &redis.Options{Addr: server.Addr()}
	watch, err := watcher.New([]watcher.Source{{ID: "a", Target: target.Server(opts)}}, watcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := prometheus.NewRegistry()
	node := redisnode.New("a", opts)
	defer node.Close()
	engine, err := lockengine.New([]lockengine.Node{node}, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, Observer: NewEngine(r)})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(context.Background())
	RegisterState(r, watch.Board(), engine)

	lease, err := engine.Acquire(t.Context(), "lock:secret", lockengine.AcquireOptions{Owner: "nobody-knows"})
	if err != nil {
		t.Fatal(err)
	}
	var held *lockengine.HeldError
	if _, err := engine.Acquire(t.Context(), "lock:secret", lockengine.AcquireOptions{}); !errors.As(err, &held) {
		t.Fatal(err)
	}
	want := func(text string, names ...string) {
		t.Helper()
		if err := testutil.GatherAndCompare(r, strings.NewReader(text), names...); err != nil {
			t.Error(err)
		}
	}
	want(`
# HELP lockscope_attempts_total Attempts to take a lock, by how they ended: acquired, held, no_quorum, too_slow, cancelled or closed.
# TYPE lockscope_attempts_total counter
lockscope_attempts_total{outcome="acquired"} 1
lockscope_attempts_total{outcome="held"} 1
# HELP lockscope_leases Leases that this process holds.
# TYPE lockscope_leases gauge
lockscope_leases 1
# HELP lockscope_votes_total Answers of nodes to attempts, by what they said.
# TYPE lockscope_votes_total counter
lockscope_votes_total{node="a",vote="granted"} 1
lockscope_votes_total{node="a",vote="other"} 1
# HELP lockscope_node_votes 1 while the votes of the node count.
# TYPE lockscope_node_votes gauge
lockscope_node_votes{node="a"} 1
`, "lockscope_attempts_total", "lockscope_leases", "lockscope_votes_total", "lockscope_node_votes")

	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(`
# HELP lockscope_leases Leases that this process holds.
# TYPE lockscope_leases gauge
lockscope_leases 0
# HELP lockscope_leases_ended_total Leases that ended, by how: released, lost or forced.
# TYPE lockscope_leases_ended_total counter
lockscope_leases_ended_total{how="released"} 1
`, "lockscope_leases", "lockscope_leases_ended_total")

	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if text := f.String(); strings.Contains(text, "secret") || strings.Contains(text, "nobody") || strings.Contains(text, lease.Token()) {
			t.Errorf("told: %s", text)
		}
	}
}
