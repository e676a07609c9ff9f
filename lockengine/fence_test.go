package lockengine_test

import (
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

const fencesKey = "lockscope:fences"

// ahead puts a fence on nodes as another process does whose clock is ahead, and
// returns it.
func (r *rig) ahead(t *testing.T, by time.Duration, nodes ...int) int64 {
	t.Helper()
	fence := time.Now().Add(by).UnixMicro()
	for _, i := range nodes {
		if err := r.clients[i].ZAdd(t.Context(), fencesKey, redis.Z{Score: float64(fence), Member: name}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return fence
}

// version is the candidate with which a lease was asked for.
func version(t *testing.T, l *lockengine.Lease) int64 {
	t.Helper()
	parts, ok := lockengine.ParseToken(l.Token())
	if !ok {
		t.Fatal("a token that is none of ours")
	}
	return parts.Version
}

func TestFencesGrowInTheOrderOfTheHoldersWhoeverTheyAre(t *testing.T) {
	cfg := patient
	cfg.RetryDelay, cfg.RetryJitter = 3*time.Millisecond, 2*time.Millisecond
	r := newServers(t, 5)
	var mu sync.Mutex // guards fences
	var fences []int64
	var wg sync.WaitGroup
	for range 4 {
		e := r.engine(t, cfg)
		for range 2 {
			wg.Go(func() {
				for range 8 {
					lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					fences = append(fences, lease.Fence())
					mu.Unlock()
					if err := lease.Release(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	for i := 1; i < len(fences); i++ {
		if fences[i] <= fences[i-1] {
			t.Fatalf("holder %d has %d after %d", i, fences[i], fences[i-1])
		}
	}
	if len(fences) != 64 {
		t.Errorf("%d holders", len(fences))
	}
}

func TestWhereNobodyInterferesTheFenceIsTheCandidateAndCostsNoRound(t *testing.T) {
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	r := newRig(t, 5, cfg)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if lease.Fence() != version(t, lease) || len(events.of(lockengine.EventRaised)) != 0 {
		t.Errorf("the fence is %d of the candidate %d", lease.Fence(), version(t, lease))
	}
	if off := time.Since(time.UnixMicro(lease.Fence())).Abs(); off > time.Minute {
		t.Errorf("the candidate is %s off the time", off)
	}
}

// The candidate alone would repeat, or fall behind, what another process has
// given out.
func TestAFenceBehindAnotherProcessIsRaisedAboveIt(t *testing.T) {
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	r := newRig(t, 5, cfg)
	given := r.ahead(t, time.Hour, 0, 1, 2)
	r.ahead(t, 2*time.Hour, 1)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if version(t, lease) >= given {
		t.Fatal("the candidate was not behind")
	}
	raised := events.of(lockengine.EventRaised)
	if lease.Fence() <= given || len(raised) != 1 || raised[0].Fence != lease.Fence() {
		t.Errorf("fence %d after %d, %d times raised", lease.Fence(), given, len(raised))
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := lease.Fence()
	for range 3 {
		lease := acquire(t, r.engine(t, patient), lockengine.AcquireOptions{})
		if lease.Fence() <= last {
			t.Fatalf("%d after %d", lease.Fence(), last)
		}
		last = lease.Fence()
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheFenceOutlivesTheLossOfAMinority(t *testing.T) {
	r := newRig(t, 5, patient)
	r.ahead(t, time.Hour, all(5)...)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1} {
		r.clients[i].FlushAll(t.Context())
	}
	e := r.engine(t, patient)
	for _, node := range []string{"a", "b"} { // what they forgot is over; let them vote
		if err := e.Admit(t.Context(), node); err != nil {
			t.Fatal(err)
		}
	}
	voting(t, e, 0)
	voting(t, e, 1)
	if next := acquire(t, e, lockengine.AcquireOptions{}); next.Fence() <= lease.Fence() {
		t.Errorf("%d after %d", next.Fence(), lease.Fence())
	}
}
