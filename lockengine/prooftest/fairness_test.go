package prooftest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher"
)

// A lease that is released goes to the next caller of the same process at once.
// Another process, which first has to hear of it, must not wait for ever.
func TestTwoEnginesThatWantOneLockAllTheTimeBothGetIt(t *testing.T) {
	const workers, each = 4, 150
	r := newRig(t, 3)
	var engines []*lockengine.Engine
	for range 2 {
		cfg := patient
		cfg.Wake = r.watch(t)
		engines = append(engines, r.direct(t, cfg))
	}
	var left atomic.Int64
	left.Store(2 * workers * each)
	var got [2]atomic.Int64
	var inside atomic.Int32
	var wg sync.WaitGroup
	for i, e := range engines {
		for range workers {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
					if err != nil {
						t.Error(err)
						return
					}
					if inside.Add(1) != 1 {
						t.Error("two holders at once")
					}
					got[i].Add(1)
					inside.Add(-1)
					if err := lease.Release(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	a, b := got[0].Load(), got[1].Load()
	t.Logf("of %d leases one engine had %d, the other %d", a+b, a, b)
	if fair := int64(workers * each / 5); min(a, b) < fair {
		t.Errorf("one engine had %d, the other %d, want at least %d each", a, b, fair)
	}
}

// watch returns what an engine of the dashboard is woken by.
func (r *rig) watch(t *testing.T) lockengine.Waker {
	t.Helper()
	var sources []watcher.Source
	for i, s := range r.servers {
		opts, err := redisnode.ParseURL(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, watcher.Source{ID: string(rune('a' + i)), Target: target.Server(opts)})
	}
	w, err := watcher.New(sources, watcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "the watcher has seen the nodes", w.Synced)
	return w.Board()
}
