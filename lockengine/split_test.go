package lockengine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// alwaysFree says all the time that a lock has just become free, as nodes do
// while rivals take back what they got of a split vote.
type alwaysFree struct{ free chan struct{} }

func newAlwaysFree() alwaysFree {
	free := make(chan struct{})
	close(free)
	return alwaysFree{free}
}

func (w alwaysFree) Free(string) (<-chan struct{}, func() bool, func()) {
	return w.free, func() bool { return true }, func() {}
}

// attempts notes when an engine asks.
type attempts struct {
	mu sync.Mutex // guards at
	at []time.Time
}

func (a *attempts) Observe(e lockengine.Event) {
	if e.Kind == lockengine.EventAttempt {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.at = append(a.at, e.At)
	}
}

// splitVotes has rivals hold the lock on all nodes, none of them on a majority.
func splitVotes(t *testing.T) *rig {
	t.Helper()
	r := newServers(t, 3)
	for i, c := range r.clients {
		if err := c.Set(t.Context(), name, "rival "+string(rune('1'+i)), time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestRivalsThatSplitTheVotesDoNotWakeEachOther(t *testing.T) {
	t.Parallel()
	r := splitVotes(t)
	const pause = 60 * time.Millisecond
	seen := &attempts{}
	e := r.engine(t, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryCount: 2, RetryDelay: pause,
		RetryJitter: -1, Wake: newAlwaysFree(), Observer: seen})
	_, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var split *lockengine.NoQuorumError
	if !errors.As(err, &split) || len(seen.at) != 3 {
		t.Fatalf("after %d attempts: %v", len(seen.at), err)
	}
	for i := 1; i < len(seen.at); i++ {
		if gap := seen.at[i].Sub(seen.at[i-1]); gap < pause {
			t.Errorf("attempt %d follows after %s, want a pause of %s", i+1, gap, pause)
		}
	}
}

func TestWhoWaitsTriesAgainSoonAfterASplitVote(t *testing.T) {
	t.Parallel()
	r := splitVotes(t)
	seen := &attempts{}
	e := r.engine(t, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryDelay: time.Hour, Wake: newAlwaysFree(), Observer: seen})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := e.Acquire(ctx, name, lockengine.AcquireOptions{Wait: time.Hour})
		done <- err
	}()
	eventually(t, "a third attempt, long before the pause is over", func() bool {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		return len(seen.at) > 2
	})
	cancel()
	if err := <-done; err == nil {
		t.Error("it got a lock that others hold")
	}
}
