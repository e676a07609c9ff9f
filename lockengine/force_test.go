package lockengine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

func TestALeaseThatIsReleasedByForceEndsAtItsHolder(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Second, Renew: true})
	votes, ours := r.ForceRelease(t.Context(), name, lease.Fingerprint())
	if !ours || len(votes) != 3 {
		t.Fatalf("got %v, %v", votes, ours)
	}
	for _, v := range votes {
		if v.Vote != lockengine.VoteGranted {
			t.Errorf("node %s: %s %s", v.Node, v.Vote, v.Reason)
		}
	}
	<-lease.Context().Done()
	if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrForced) || !errors.Is(cause, lockengine.ErrLost) {
		t.Errorf("the context ended with %v", cause)
	}
	if err := lease.Extend(t.Context(), time.Second); !errors.Is(err, lockengine.ErrForced) {
		t.Errorf("extend: %v", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("release: %v", err)
	}
	next := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 20 * time.Second})
	if _, ours := r.ForceRelease(t.Context(), name, lease.Fingerprint()); ours || !next.Valid() {
		t.Error("the token of the one before released the next one")
	}
	if _, ours := r.ForceRelease(t.Context(), name+"y", next.Fingerprint()); ours {
		t.Error("a lease of another name was released")
	}
}

func TestAReleaseByForceIsRepeatedOnANodeThatHangs(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 200 * time.Millisecond, RetryCount: -1})
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute})
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	r.stop(t, 2)
	votes, ours := r.ForceRelease(t.Context(), name, lease.Fingerprint())
	if !ours || votes[0].Vote != lockengine.VoteGranted || votes[2].Vote != lockengine.VoteTimeout {
		t.Errorf("got %v, %v", votes, ours)
	}
	r.resume(t, 2)
	eventually(t, "the token is gone everywhere", func() bool { return r.empty(t) })
}

func TestWhoWaitsIsLetInByAReleaseByForce(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute})
	got := make(chan error, 1)
	waits := make(chan struct{})
	go func() {
		next, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute, Moved: func(position, _ int) {
			if position == 1 {
				close(waits)
			}
		}})
		if err == nil {
			err = next.Release(context.Background())
		}
		got <- err
	}()
	<-waits
	if _, ours := r.ForceRelease(t.Context(), name, lease.Fingerprint()); !ours {
		t.Fatal("it was not ours")
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}
