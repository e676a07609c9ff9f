package metrics

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher"
)

func TestHowANodeIsWatchedAndWhatThatCostsIsTold(t *testing.T) {
	server := redistest.Start(t)
	for mode, polling := range map[watcher.Mode]string{watcher.ModeAuto: "0", watcher.ModeOff: "1"} {
		w, err := watcher.New([]watcher.Source{{ID: "a", Target: target.Server(&redis.Options{Addr: server.Addr()})}},
			watcher.Config{Notifications: mode})
		if err != nil {
			t.Fatal(err)
		}
		r := prometheus.NewRegistry()
		RegisterState(r, w.Board(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		sub := w.Board().Subscribe()
		defer sub.Close()
		deadline := time.After(10 * time.Second)
		for n := w.Board().Nodes()[0]; n.Synced.IsZero() || n.Cost.Operations == 0; n = w.Board().Nodes()[0] {
			select {
			case <-sub.C():
				sub.Take()
			case <-deadline:
				t.Fatalf("%s: not read: %+v", mode, n)
			}
		}
		want := `
# HELP lockscope_node_polling 1 while no events tell what changes on the node, so that it is scanned again and again.
# TYPE lockscope_node_polling gauge
lockscope_node_polling{node="a"} ` + polling + `
# HELP lockscope_watch_budget_operations How many operations a second watching may cost the node.
# TYPE lockscope_watch_budget_operations gauge
lockscope_watch_budget_operations{node="a"} 60000
`
		if err := testutil.GatherAndCompare(r, strings.NewReader(want), "lockscope_node_polling", "lockscope_watch_budget_operations"); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		for _, name := range []string{"lockscope_watch_operations_total", "lockscope_watch_bytes_total", "lockscope_watch_missed_total", "lockscope_watch_gaps_total"} {
			if n, err := testutil.GatherAndCount(r, name); n == 0 || err != nil {
				t.Errorf("%s is not told: %v", name, err)
			}
		}
	}
}
