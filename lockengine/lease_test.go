package lockengine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

func TestALeaseTellsWhatItIs(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 20 * time.Second, Owner: "alice"})
	eventually(t, "a vote from every node", func() bool {
		return !slices.ContainsFunc(lease.Votes(), func(v lockengine.NodeVote) bool {
			return v.Vote != lockengine.VoteGranted || v.RTT <= 0
		})
	})
	if lease.Name() != name || lease.Owner() != "alice" || lease.TTL() != 20*time.Second || !lease.Valid() {
		t.Errorf("%s of %s for %s", lease.Name(), lease.Owner(), lease.TTL())
	}
	parts, ok := lockengine.ParseToken(lease.Token())
	if !ok || parts.Owner != "alice" || parts.At().Sub(lease.AcquiredAt()).Abs() > time.Minute {
		t.Errorf("the token tells %+v, %v", parts, ok)
	}
	if lease.Fingerprint() != lockengine.Fingerprint(lease.Token()) {
		t.Errorf("fingerprint %s", lease.Fingerprint())
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrReleased) || lease.Valid() {
		t.Errorf("the context ended with %v", cause)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("a second release: %v", err)
	}
	if err := lease.Extend(t.Context(), time.Second); !errors.Is(err, lockengine.ErrReleased) {
		t.Errorf("extend: %v", err)
	}
	lease.Renew(0) // does nothing, and does not bring it back
	if lease.Valid() {
		t.Error("it came back")
	}
}

func TestExtendNeverShortens(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 30 * time.Second})
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	before := lease.ValidUntil()
	if err := lease.Extend(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if lease.ValidUntil().Before(before) {
		t.Error("validity was shortened")
	}
	if left := pttl(t, r.clients[0]); left < 20*time.Second {
		t.Errorf("the node's lease is %s", left)
	}
}

func TestAnExtensionThatNobodyAnsweredChangesNothingAndMayBeRepeated(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 500 * time.Millisecond})
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 30 * time.Second})
	until := lease.ValidUntil()
	r.stop(t, 0, 1)
	var none *lockengine.NoQuorumError
	if err := lease.Extend(t.Context(), time.Minute); !errors.As(err, &none) || none.Kind != lockengine.KindExtend {
		t.Errorf("got %v", err)
	}
	if !lease.Valid() || lease.ValidUntil() != until {
		t.Error("the failed extension changed the lease")
	}
	r.resume(t, 0, 1)
	eventually(t, "a repeated extension", func() bool { return lease.Extend(t.Context(), time.Minute) == nil })
	if !lease.ValidUntil().After(until) {
		t.Error("the extension changed nothing")
	}
}

func TestARenewedLeaseOutlastsItsTTLWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	const ttl = 2 * time.Second
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: ttl, Renew: true})
	for i := range 3 {
		r.stop(t, i)
		until := lease.ValidUntil()
		eventually(t, "two renewals without the node", func() bool { return lease.ValidUntil().Sub(until) > ttl/2 })
		r.resume(t, i)
	}
	if err := lease.Context().Err(); err != nil || !lease.Valid() {
		t.Errorf("the lease ended: %v", context.Cause(lease.Context()))
	}
}

func TestReleaseDuringARenewalWaitsForItAndIsTheLastWord(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	r := newRig(t, 1, cfg)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 3 * time.Second, Renew: true})
	r.stop(t, 0)
	// The renewal at a third of the lease hangs in the node; so will the release.
	released := make(chan error, 1)
	wake := time.AfterFunc(1500*time.Millisecond, func() { r.resume(t, 0) })
	defer wake.Stop()
	release := time.AfterFunc(1300*time.Millisecond, func() { released <- lease.Release(t.Context()) })
	defer release.Stop()
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
	extended := len(events.of(lockengine.EventExtended))
	if ended := events.of(lockengine.EventReleased); len(ended) != 1 || lease.Valid() {
		t.Errorf("released %d times", len(ended))
	}
	clock, err := r.Acquire(t.Context(), "another", lockengine.AcquireOptions{TTL: 400 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	<-clock.Context().Done()
	if n := len(events.of(lockengine.EventExtended)); n != extended || !r.empty(t) {
		t.Errorf("it was extended %d times after the release", n-extended)
	}
}

func TestReleaseOfAnExpiredLeaseIsQuickAndQuiet(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 20 * time.Second})
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 200 * time.Millisecond})
	r.stop(t, all(3)...)
	<-lease.Context().Done()
	start := time.Now()
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestReleaseGoesOnInTheBackgroundWhenItsCallerGivesUp(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute})
	r.stop(t, all(3)...)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := lease.Release(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if lease.Valid() {
		t.Error("the lease goes on")
	}
	r.resume(t, all(3)...)
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

func TestReleaseOfALockThatWasTakenAwaySaysLostAndTouchesNothing(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	r.set(t, "thief", time.Minute, all(3)...)
	if err := lease.Release(t.Context()); !errors.Is(err, lockengine.ErrLost) {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(r.holders(t), []string{"thief", "thief", "thief"}) {
		t.Error("release deleted another's key")
	}
}
