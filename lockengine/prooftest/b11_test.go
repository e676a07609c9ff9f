package prooftest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-redsync/redsync/v4"
	redsyncpool "github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// B11: callers that wait ask again at random moments, and the lock lies idle
// meanwhile. Eight workers do ten times a millisecond of work each under one
// lock; the work alone takes 80 ms. Both totals are printed, and only the order
// of the best of three is asserted.
func TestB11WorkersThatWaitForOneLockAreFasterThanWithRedsync(t *testing.T) {
	const workers, times, work = 8, 10, time.Millisecond
	r := newRig(t, 5)

	// under runs the work under a lock, and fails if two workers meet there.
	total := func(under func(do func()) error) time.Duration {
		var inside atomic.Int32
		var wg sync.WaitGroup
		start := time.Now()
		for range workers {
			wg.Go(func() {
				for range times {
					err := under(func() {
						if inside.Add(1) != 1 {
							t.Error("two workers at once")
						}
						<-time.After(work)
						inside.Add(-1)
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}

	e := r.direct(t, patient)
	release(t, acquire(t, e, lockengine.AcquireOptions{}))
	ours := func(do func()) error {
		lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
		if err != nil {
			return err
		}
		do()
		return lease.Release(t.Context())
	}

	var pools []redsyncpool.Pool
	for _, c := range r.clients {
		pools = append(pools, goredis.NewPool(c))
	}
	rs := redsync.New(pools...)
	theirs := func(do func()) error {
		m := rs.NewMutex(name + ":redsync")
		var err error
		for { // by default it gives up after 32 tries
			err = m.LockContext(t.Context())
			var taken *redsync.ErrTaken
			if err == nil || !errors.Is(err, redsync.ErrFailed) && !errors.As(err, &taken) {
				break
			}
		}
		if err != nil {
			return err
		}
		do()
		_, err = m.UnlockContext(t.Context())
		return err
	}

	best := [2]time.Duration{time.Hour, time.Hour}
	for range 3 {
		a, b := total(ours), total(theirs)
		t.Logf("%d workers, %d times %s of work each, one lock on 5 nodes: ours %s, redsync %s",
			workers, times, work, a.Round(time.Millisecond), b.Round(time.Millisecond))
		best[0], best[1] = min(best[0], a), min(best[1], b)
	}
	if best[0] >= best[1] {
		t.Errorf("ours took %.2f times as long", float64(best[0])/float64(best[1]))
	}
}
