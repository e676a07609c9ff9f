package lockengine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// Each test of this file is a mistake that a known lock library makes or made.
// The letter and number is the row of the table in the design; rows that need a
// proxy between the engine and its nodes are in the module prooftest.

// A1: an extension that hangs was believed with the end it would have brought.
func TestA1ALeaseEndsAtItsOldValidityWhileAnExtendHangs(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 3 * time.Second})
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 400 * time.Millisecond})
	old := lease.ValidUntil()
	r.stop(t, all(3)...)
	extended := make(chan error, 1)
	go func() { extended <- lease.Extend(t.Context(), 30*time.Second) }()
	<-lease.Context().Done()
	if lease.ValidUntil() != old || lease.Valid() {
		t.Error("the pending extension was believed")
	}
	if late := time.Since(old); late > 2*time.Second {
		t.Errorf("ended %s late: waited for the extension", late)
	}
	if err := <-extended; !errors.Is(err, lockengine.ErrExpired) {
		t.Errorf("extend: %v", err)
	}
	r.resume(t, all(3)...)
	eventually(t, "what the late extension prolonged is taken back", func() bool { return r.empty(t) })
}

// A2: extending set the key again where it was gone, although another may have
// held the lock in between.
func TestA2ExtendNeverRecreatesNorTakesFromAnother(t *testing.T) {
	r := newRig(t, 5, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	r.set(t, "thief", time.Minute, 0, 1)
	r.clients[2].Del(t.Context(), name)
	if err := lease.Extend(t.Context(), 20*time.Second); !errors.Is(err, lockengine.ErrLost) {
		t.Fatalf("got %v", err)
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrLost) {
		t.Errorf("the context ended with %v", cause)
	}
	eventually(t, "only the thief's keys are left", func() bool {
		return slices.Equal(r.holders(t), []string{"thief", "thief", "", "", ""})
	})
	if left := pttl(t, r.clients[0]); left < 50*time.Second {
		t.Errorf("the thief's lease is %s", left)
	}
}

// A2, the other side: where a quorum still holds the token, a node that lost it
// gets it back.
func TestA2AfterAQuorumExtendedTheNodeThatLostTheKeyIsHealed(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	r.clients[1].Del(t.Context(), name)
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node holds the token again", func() bool { return r.holders(t)[1] == lease.Token() })
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the release reaches the healed node", func() bool { return r.empty(t) })
}

// A3: leases were handed out whose validity was over, or below zero.
func TestA3ALeaseWhoseTimeIsUpIsNotHandedOut(t *testing.T) {
	r := newRig(t, 3, patient)
	r.stop(t, all(3)...)
	wake := time.AfterFunc(150*time.Millisecond, func() { r.resume(t, all(3)...) })
	defer wake.Stop()
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 100 * time.Millisecond})
	var slow *lockengine.TooSlowError
	if !errors.As(err, &slow) || slow.Validity > 0 {
		t.Fatalf("got %v", err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// A5: a unit was applied again with each retry, so that the lease grew a
// thousandfold.
func TestA5RetriesAskForTheSameLease(t *testing.T) {
	const ttl = 7 * time.Second
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryCount: 50, RetryDelay: 5 * time.Millisecond})
	r.set(t, "red", 200*time.Millisecond, 0)
	r.set(t, "green", 200*time.Millisecond, 1)
	start := time.Now()
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: ttl, Wait: time.Minute})
	if took := lease.AcquiredAt().Sub(start); took < 100*time.Millisecond {
		t.Fatalf("there was no retry, it took %s", took)
	}
	if lease.TTL() != ttl || lease.ValidUntil().After(lease.AcquiredAt().Add(ttl)) {
		t.Errorf("the lease is %s, valid for %s", lease.TTL(), lease.ValidUntil().Sub(lease.AcquiredAt()))
	}
	for i, c := range r.clients {
		if left := pttl(t, c); left > ttl {
			t.Errorf("node %d holds it for %s", i, left)
		}
	}
}

// A7: the renewal went on after the release.
func TestA7NothingIsRenewedAfterTheRelease(t *testing.T) {
	const ttl = 600 * time.Millisecond
	r := newRig(t, 1, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: ttl, Renew: true})
	until := lease.ValidUntil()
	eventually(t, "a renewal", func() bool { return lease.ValidUntil().After(until) })
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := r.calls(t, 0, "evalsha")
	// Another name's lease measures a time in which three renewals were due.
	clock, err := r.Acquire(t.Context(), "another", lockengine.AcquireOptions{TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	<-clock.Context().Done()
	if after := r.calls(t, 0, "evalsha"); after != before {
		t.Errorf("the node was asked %d times after the release", after-before)
	}
}

// A8: a lease said that it was held as long as nobody had released it.
func TestA8ALeaseIsValidOnlyUntilItsTimeIsUp(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 200 * time.Millisecond})
	if !lease.Valid() {
		t.Error("a new lease is not valid")
	}
	eventually(t, "the validity ends", func() bool { return !time.Now().Before(lease.ValidUntil()) })
	if lease.Valid() {
		t.Error("it is valid after its end")
	}
	<-lease.Context().Done()
	if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrExpired) || !errors.Is(cause, lockengine.ErrLost) {
		t.Errorf("the context ended with %v", cause)
	}
	if err := lease.Extend(t.Context(), time.Second); !errors.Is(err, lockengine.ErrLost) {
		t.Errorf("extend: %v", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("release: %v", err)
	}
}

// A10: a quorum was more than half of the nodes that could be reached.
func TestA10AQuorumIsCountedOverTheConfiguredNodes(t *testing.T) {
	r := newRig(t, 5, patient)
	for _, i := range []int{2, 3, 4} {
		r.servers[i].Kill()
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) || none.Quorum != 3 {
		t.Fatalf("got %v", err)
	}
	for _, node := range []string{"c", "d", "e"} {
		if v := voteOf(t, none.Votes, node); v.Vote != lockengine.VoteDown || v.Reason == "" {
			t.Errorf("node %s: %+v", node, v)
		}
	}
	for i := range 2 {
		eventually(t, "no residue on the nodes that live", func() bool {
			return r.clients[i].Exists(t.Context(), name).Val() == 0
		})
	}
}

// A11: a node that came back empty voted as if nothing had happened.
func TestA11ANodeThatComesBackEmptyDoesNotVote(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, patient)
	acquire(t, r.Engine, lockengine.AcquireOptions{})
	r.restart(t, 0)
	eventually(t, "the restart is noticed", func() bool { return !r.Status()[0].Votes && r.Status()[0].OutWhy != "" })
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if v := votesOf(t, err)[0]; v.Vote != lockengine.VoteQuarantined || v.Reason == "" {
		t.Errorf("voted %+v", v)
	}
}

// B1: one hung node held up everything for seconds.
func TestB1AHungNodeCostsNoTimeWhenTheOthersAgree(t *testing.T) {
	r := newRig(t, 5, lockengine.Config{Fresh: true, NodeTimeout: 20 * time.Second})
	r.stop(t, 0)
	start := time.Now()
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s: waited for the hung node", took)
	}
	r.resume(t, 0)
	eventually(t, "the late vote is taken back", func() bool { return r.empty(t) })
}

// B2: a caller that gave up during the round was handed the lease all the same,
// and nobody released it.
func TestB2ACallerThatGaveUpDuringTheRoundGetsNoLease(t *testing.T) {
	ctx, giveUp := context.WithCancelCause(t.Context())
	gone := errors.New("the caller gave up")
	cfg := patient
	cfg.Observer = &recorder{then: func(e lockengine.Event) {
		if e.Kind == lockengine.EventAttempt {
			giveUp(gone) // the attempt has begun, and every node will say yes
		}
	}}
	r := newRig(t, 3, cfg)
	lease, err := r.Acquire(ctx, name, lockengine.AcquireOptions{TTL: time.Minute})
	if lease != nil || !errors.Is(err, gone) {
		t.Fatalf("got %v, %v", lease, err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// B3: what an attempt had left was taken back on the caller's context, which
// had ended.
func TestB3TheUndoOutlivesTheCallersContext(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 5 * time.Second})
	r.stop(t, all(3)...)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Acquire(ctx, name, lockengine.AcquireOptions{TTL: time.Minute}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	r.resume(t, all(3)...)
	eventually(t, "the nodes carried out the attempt", func() bool {
		return !slices.ContainsFunc(all(3), func(i int) bool { return r.calls(t, i, "set") == 0 })
	})
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// B4: the undo overtook the attempt that it was to take back.
func TestB4TheUndoNeverOvertakesTheAttempt(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 300 * time.Millisecond, RetryCount: -1})
	r.stop(t, all(3)...)
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute})
	for _, v := range votesOf(t, err) {
		if v.Vote != lockengine.VoteTimeout {
			t.Errorf("node %s: %s", v.Node, v.Vote)
		}
	}
	r.resume(t, all(3)...)
	eventually(t, "the nodes carried out the attempt", func() bool {
		return !slices.ContainsFunc(all(3), func(i int) bool { return r.calls(t, i, "set") == 0 })
	})
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// B5: a retry found what an attempt before had left, and said that the lock was
// taken; the row with lost replies is in prooftest.
func TestB5AKeyThatIsBeingTakenBackIsNobodysLock(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 100 * time.Millisecond, RetryCount: 300, RetryDelay: 10 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	r.stop(t, all(3)...)
	gaveUp := make(chan error, 1)
	go func() {
		_, err := r.Acquire(ctx, name, lockengine.AcquireOptions{TTL: time.Minute})
		gaveUp <- err
	}()
	// The connections are given up, and with them the undo behind the attempt.
	eventually(t, "the nodes are given up", func() bool {
		return !slices.ContainsFunc(r.Status(), func(s lockengine.NodeStatus) bool { return s.Up })
	})
	cancel()
	<-gaveUp
	r.resume(t, all(3)...)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute})
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// B6: every retry used the token of the first attempt, so that a late answer
// counted for another round.
func TestB6EveryAttemptHasAFreshToken(t *testing.T) {
	events := &recorder{}
	cfg := patient
	cfg.RetryCount, cfg.RetryDelay, cfg.Observer = 5, time.Millisecond, events
	r := newRig(t, 3, cfg)
	r.set(t, "red", time.Minute, 0)
	r.set(t, "green", time.Minute, 1)
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); err == nil {
		t.Fatal("got a lock that nobody can have")
	}
	seen := make(map[string]bool)
	for _, e := range events.of(lockengine.EventAttempt) {
		seen[e.Fingerprint] = true
	}
	if len(seen) != 6 {
		t.Errorf("6 attempts used %d tokens", len(seen))
	}
}

// B7: when the votes were split evenly, each side waited for the other's keys
// to expire.
func TestB7AnEvenSplitIsGivenUpAsSoonAsItIsCertain(t *testing.T) {
	r := newRig(t, 4, lockengine.Config{Fresh: true, NodeTimeout: 20 * time.Second, RetryCount: -1})
	r.set(t, "red", time.Minute, 0, 1)
	start := time.Now()
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); err == nil {
		t.Fatal("got a lock with half of the nodes")
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	eventually(t, "the other half is free", func() bool {
		return slices.Equal(r.holders(t), []string{"red", "red", "", ""})
	})
}

// B7, the outcome: rivals over an even number of nodes all come through.
func TestB7RivalsOverAnEvenNumberOfNodesAllComeThrough(t *testing.T) {
	cfg := patient
	cfg.RetryDelay, cfg.RetryJitter = 5*time.Millisecond, 4*time.Millisecond
	r := newRig(t, 4, cfg)
	done := make(chan error)
	const rivals = 3
	for range rivals {
		e := r.engine(t, cfg)
		go func() {
			lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
			if err == nil {
				err = lease.Release(t.Context())
			}
			done <- err
		}()
	}
	for range rivals {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// B8: the error of a minority made a won round a failure, and what had been won
// was left on the nodes.
func TestB8TheErrorsOfAMinorityAreOnlyWarnings(t *testing.T) {
	r := newRig(t, 5, patient)
	for _, i := range []int{1, 3} {
		if err := r.clients[i].ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
			t.Fatal(err)
		}
	}
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	eventually(t, "the votes of the minority with their reasons", func() bool {
		b, d := voteOf(t, lease.Votes(), "b"), voteOf(t, lease.Votes(), "d")
		return b.Vote == lockengine.VoteUnknown && b.Reason != "" && d.Vote == lockengine.VoteUnknown && d.Reason != ""
	})
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}
