package lockengine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// This file goes through the text that describes Redlock,
// https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/,
// from its first normative sentence to its last: one test for each, in its
// order. The comment above a test says in our words what the sentence demands.

// Safety: at any moment at most one client holds a lock.
func TestSpecAtMostOneClientHoldsALockAtAnyMoment(t *testing.T) {
	busy := patient
	busy.RetryDelay, busy.RetryJitter = 5*time.Millisecond, 4*time.Millisecond
	r := newRig(t, 3, busy)
	engines := []*lockengine.Engine{r.Engine, r.engine(t, busy)}
	var inside, entered atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				lease, err := engines[i%2].Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) > 1 {
					t.Error("two holders at once")
				}
				entered.Add(1)
				inside.Add(-1)
				if err := lease.Release(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := entered.Load(); n != 40 {
		t.Errorf("entered %d times", n)
	}
}

// Liveness: a lock can be had in the end although its holder crashed or was
// cut off.
func TestSpecALockWhoseHolderCrashedCanBeHadInTheEnd(t *testing.T) {
	r := newRig(t, 3, patient)
	r.set(t, "a client that will never come back", 300*time.Millisecond, all(3)...)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{Wait: time.Minute})
	if !lease.Valid() {
		t.Error("the lease is not valid")
	}
}

// Liveness: while most nodes are up, clients can lock and unlock.
func TestSpecWhileMostNodesAreUpLocksAreTakenAndReleased(t *testing.T) {
	r := newRig(t, 5, patient)
	r.servers[3].Kill()
	r.servers[4].Kill()
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// One instance: the key is set only where there is none, and with an expiry.
func TestSpecTheKeyIsSetOnlyWhereThereIsNoneAndExpires(t *testing.T) {
	r := newRig(t, 1, patient)
	r.set(t, "somebody", time.Minute, 0)
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var held *lockengine.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("got %v", err)
	}
	if r.holders(t)[0] != "somebody" {
		t.Error("the key was overwritten")
	}
	r.clients[0].Del(t.Context(), name)
	acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 20 * time.Second})
	if left := r.clients[0].PTTL(t.Context(), name).Val(); left <= 15*time.Second || left > 20*time.Second {
		t.Errorf("it expires in %s", left)
	}
}

// One instance: the value is unique among all clients and all requests, and
// cannot be guessed.
func TestSpecEveryRequestHasAValueOfItsOwn(t *testing.T) {
	r := newRig(t, 1, patient)
	seen := make(map[string]bool)
	for range 200 {
		lease := acquire(t, r.Engine, lockengine.AcquireOptions{Owner: "alice"})
		random := strings.Split(lease.Token(), ":")[2]
		if seen[lease.Token()] || seen[random] || len(random) < 22 {
			t.Fatalf("%q came twice, or is short of 128 bits", random)
		}
		seen[lease.Token()], seen[random] = true, true
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// One instance: the key is deleted only if it holds the value that is expected,
// so that a client that was away too long does not delete another's lock.
func TestSpecAClientThatWasAwayTooLongDoesNotDeleteTheLockOfTheNext(t *testing.T) {
	r := newRig(t, 1, patient)
	late := acquire(t, r.Engine, lockengine.AcquireOptions{})
	r.set(t, "the next", time.Minute, 0)
	if err := late.Release(t.Context()); !errors.Is(err, lockengine.ErrLost) {
		t.Errorf("release: %v", err)
	}
	if r.holders(t)[0] != "the next" {
		t.Error("the next holder's lock was deleted")
	}
}

// Redlock: the nodes are independent masters, of which most must agree; with
// five that is three.
func TestSpecMostOfTheMastersMustAgree(t *testing.T) {
	r := newServers(t, 7)
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4, 7: 4} {
		var urls []string
		for _, s := range r.servers[:n] {
			urls = append(urls, s.URL())
		}
		if got := engineAt(t, patient, urls...).Quorum(); got != want {
			t.Errorf("%d nodes need %d, want %d", n, got, want)
		}
	}
}

// Step 1: the time is taken before the first node is asked.
func TestSpecTheTimeIsTakenBeforeTheFirstNodeIsAsked(t *testing.T) {
	r := newRig(t, 3, patient)
	before := time.Now()
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 10 * time.Second})
	drift := 100*time.Millisecond + lockengine.DefaultClockDrift
	if earliest := before.Add(10*time.Second - drift); lease.ValidUntil().Before(earliest) {
		t.Errorf("valid until %s before the earliest possible end", earliest.Sub(lease.ValidUntil()))
	}
	if latest := time.Now().Add(10*time.Second - drift); lease.ValidUntil().After(latest) {
		t.Error("validity was counted from the end of the attempt")
	}
}

// Step 2: the same key and the same value on every node.
func TestSpecEveryNodeGetsTheSameKeyAndTheSameValue(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5} {
		t.Run(fmt.Sprint(n, " nodes"), func(t *testing.T) {
			r := newRig(t, n, patient)
			lease := acquire(t, r.Engine, lockengine.AcquireOptions{Owner: "alice"})
			eventually(t, "the token on every node", func() bool { return !slices.Contains(r.holders(t), "") })
			for i, v := range r.holders(t) {
				if v != lease.Token() {
					t.Errorf("node %d holds %q", i, lockengine.Fingerprint(v))
				}
			}
		})
	}
}

// Step 2: a node may take a small part of the lease to answer, so that one that
// is down does not hold up the attempt, and the next node is asked at once.
func TestSpecNodesThatDoNotAnswerHoldUpAnAttemptOnlyALittle(t *testing.T) {
	if lockengine.DefaultNodeTimeout > lockengine.DefaultTTL/100 {
		t.Errorf("a node may take %s of a lease of %s", lockengine.DefaultNodeTimeout, lockengine.DefaultTTL)
	}
	r := newRig(t, 5, lockengine.Config{Fresh: true, RetryCount: -1})
	r.stop(t, 0, 1, 2)
	start := time.Now()
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(start); took > lockengine.DefaultTTL/4 {
		t.Errorf("took %s", took)
	}
}

// Step 3: the lock is had only if most nodes said yes...
func TestSpecWithoutAMajorityThereIsNoLock(t *testing.T) {
	r := newRig(t, 5, patient)
	r.set(t, "red", time.Minute, 0, 1)
	r.set(t, "green", time.Minute, 2)
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) || none.Quorum != 3 || len(none.Votes) != 5 {
		t.Fatalf("got %v", err)
	}
	r.clients[2].Del(t.Context(), name)
	eventually(t, "what the attempt left is gone", func() bool {
		return slices.Equal(r.holders(t), []string{"red", "red", "", "", ""})
	})
	acquire(t, r.Engine, lockengine.AcquireOptions{})
}

// ...and if that took less than the lease lasts.
func TestSpecAnAttemptThatTookAsLongAsTheLeaseIsNoLock(t *testing.T) {
	cfg := patient
	cfg.MinValidity = 150 * time.Millisecond
	r := newRig(t, 3, cfg)
	r.stop(t, all(3)...)
	wake := time.AfterFunc(120*time.Millisecond, func() { r.resume(t, all(3)...) })
	defer wake.Stop()
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 200 * time.Millisecond})
	var slow *lockengine.TooSlowError
	if !errors.As(err, &slow) || slow.Validity >= slow.Minimum {
		t.Fatalf("got %v", err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// Step 4: the validity is the lease less the time that it took.
func TestSpecTheValidityIsTheLeaseLessTheTimeItTook(t *testing.T) {
	const away = 150 * time.Millisecond
	r := newRig(t, 3, patient)
	r.stop(t, all(3)...)
	start := time.Now()
	wake := time.AfterFunc(away, func() { r.resume(t, all(3)...) })
	defer wake.Stop()
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 10 * time.Second})
	if time.Since(start) < away {
		t.Fatal("the nodes were not away")
	}
	if left := time.Until(lease.ValidUntil()); left > 10*time.Second-away {
		t.Errorf("%s are left of 10s after %s", left, time.Since(start))
	}
}

// Step 5: after a failure all nodes are unlocked, also those that are believed
// not to have been locked.
func TestSpecAfterAFailureAllNodesAreUnlocked(t *testing.T) {
	r := newRig(t, 5, patient)
	r.set(t, "red", time.Minute, 0, 1, 2)
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); err == nil {
		t.Fatal("got a lock that a majority refused")
	}
	for i := range 5 {
		eventually(t, fmt.Sprintf("node %d is told to unlock", i), func() bool { return r.calls(t, i, "evalsha") > 0 })
	}
	if want := []string{"red", "red", "red", "", ""}; !slices.Equal(r.holders(t), want) {
		t.Error("the undo touched another's keys, or left its own")
	}
}

// There is no common clock: the holder must stop before the validity ends, and
// that is the lease less the drift of the clocks.
func TestSpecTheHolderIsToldToStopBeforeTheLeaseEndsOnTheNodes(t *testing.T) {
	cfg := patient
	cfg.DriftFactor = 0.3
	r := newRig(t, 3, cfg)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Second})
	<-lease.Context().Done()
	if !errors.Is(context.Cause(lease.Context()), lockengine.ErrExpired) {
		t.Errorf("ended with %v", context.Cause(lease.Context()))
	}
	if early := lease.AcquiredAt().Add(time.Second).Sub(lease.ValidUntil()); early < 300*time.Millisecond {
		t.Errorf("valid until %s before the lease ends", early)
	}
}

// Retry on failure: after a random delay, so that clients that wanted the same
// lock at the same time do not do so again.
func TestSpecAFailedAttemptIsRepeatedAfterARandomDelay(t *testing.T) {
	const delay, jitter, count = 20 * time.Millisecond, 15 * time.Millisecond, 3
	var draws atomic.Uint64
	events := &recorder{}
	r := newRig(t, 5, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, Observer: events,
		RetryCount: count, RetryDelay: delay, RetryJitter: jitter,
		Random: func() uint64 { return draws.Add(1) * uint64(jitter) / 2 }})
	r.set(t, "red", time.Minute, 0, 1)
	r.set(t, "green", time.Minute, 2, 3)
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); err == nil {
		t.Fatal("got a lock that a majority refused")
	}
	attempts := events.of(lockengine.EventAttempt)
	if len(attempts) != count+1 || draws.Load() != count {
		t.Fatalf("%d attempts and %d draws", len(attempts), draws.Load())
	}
	for i := range count {
		pause := attempts[i+1].At.Sub(attempts[i].At)
		if drawn := delay - jitter + time.Duration(i+1)*jitter/2; pause < drawn {
			t.Errorf("pause %d was %s, drawn were %s", i+1, pause, drawn)
		}
	}
}

// Retry on failure: all nodes are asked at the same time.
func TestSpecAllNodesAreAskedAtTheSameTime(t *testing.T) {
	r := newRig(t, 5, patient)
	r.stop(t, 0, 1)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if took := time.Until(lease.ValidUntil()); took <= 0 {
		t.Error("the lease is not valid")
	}
	r.resume(t, 0, 1)
	eventually(t, "the two nodes carry out what they were sent with the others", func() bool {
		return !slices.Contains(r.holders(t), "")
	})
}

// Retry on failure: what was locked without a majority is unlocked at once, and
// nobody has to wait until it expires.
func TestSpecWhatWasLockedInVainIsUnlockedAtOnce(t *testing.T) {
	r := newRig(t, 5, patient)
	r.set(t, "red", time.Minute, 0, 1, 2)
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute}); err == nil {
		t.Fatal("got a lock that a majority refused")
	}
	eventually(t, "nodes d and e are free", func() bool { return slices.Equal(r.holders(t)[3:], []string{"", ""}) })
}

// Releasing: all nodes are unlocked, whether or not the client believes that it
// locked them.
func TestSpecAllNodesAreUnlockedAlsoThoseThatRefused(t *testing.T) {
	r := newRig(t, 5, patient)
	r.set(t, "red", time.Minute, 0, 1)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		eventually(t, fmt.Sprintf("node %d is told to unlock", i), func() bool { return r.calls(t, i, "evalsha") > 0 })
	}
}

// Safety argument: while most nodes hold the key, nobody else can take it.
func TestSpecWhileMostNodesHoldTheKeyNobodyElseGetsTheLock(t *testing.T) {
	r := newRig(t, 5, patient)
	other := r.engine(t, patient)
	lease := acquire(t, other, lockengine.AcquireOptions{TTL: 20 * time.Second, Owner: "bob"})
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	for _, i := range []int{3, 4} {
		r.clients[i].Del(t.Context(), name)
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "alice"})
	var held *lockengine.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("got %v", err)
	}
	if held.Owner != "bob" || held.Fingerprint != lease.Fingerprint() || held.Name != name {
		t.Errorf("told %+v", held)
	}
	if held.TTL <= 15*time.Second || held.TTL > 20*time.Second {
		t.Errorf("told a TTL of %s", held.TTL)
	}
}

// Liveness argument: keys expire, so that locks become available again.
func TestSpecKeysExpireByThemselves(t *testing.T) {
	r := newRig(t, 3, patient)
	acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 250 * time.Millisecond})
	eventually(t, "no key is left", func() bool { return r.empty(t) })
}

// Liveness argument: clients remove their locks, so that nobody has to wait for
// the expiry.
func TestSpecAReleasedLockIsFreeAtOnce(t *testing.T) {
	r := newRig(t, 5, patient)
	other := r.engine(t, patient)
	for range 5 {
		if err := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute}).Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := acquire(t, other, lockengine.AcquireOptions{TTL: time.Minute}).Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Liveness argument: a partition costs as much time as the lease lasts, and
// then the lock is to be had again.
func TestSpecAfterAPartitionTheLockIsBackWithinTheLease(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 400 * time.Millisecond})
	r.stop(t, 0, 1)
	<-lease.Context().Done()
	r.resume(t, 0, 1)
	acquire(t, r.Engine, lockengine.AcquireOptions{Wait: time.Minute})
}

// Crash recovery: a node that restarts without its keys stays out until every
// lease that it may have given has ended. Here the third vote would otherwise
// give a lock that is held on a, b and c to a second client on c, d and e.
func TestSpecARestartedNodeStaysOutUntilTheLongestLeaseHasEnded(t *testing.T) {
	t.Parallel()
	cfg := patient
	cfg.TTL, cfg.MaxTTL = 2*time.Second, 2*time.Second
	r := newRig(t, 5, cfg)
	other := r.engine(t, cfg)
	r.set(t, "held elsewhere", time.Minute, 3, 4)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	for _, i := range []int{3, 4} {
		r.clients[i].Del(t.Context(), name)
	}
	r.restart(t, 2)
	for lease.Valid() {
		if second, err := other.Acquire(t.Context(), name, lockengine.AcquireOptions{}); err == nil && lease.Valid() {
			t.Fatalf("two clients hold the lock, the second with %+v", second.Votes())
		}
	}
	acquire(t, other, lockengine.AcquireOptions{Wait: time.Minute})
}

// Crash recovery: a node that writes every answer to disk before it is given
// remembers its locks, and need not stay out.
func TestSpecANodeThatSyncsEveryWriteVotesAtOnceAfterARestart(t *testing.T) {
	r := newServers(t, 1, "--appendonly", "yes", "--appendfsync", "always")
	e := r.engine(t, patient)
	lease := acquire(t, e, lockengine.AcquireOptions{TTL: time.Minute})
	r.restart(t, 0)
	if got := r.holders(t)[0]; got != lease.Token() {
		t.Fatalf("it holds %q", got)
	}
	eventually(t, "the node confirms the lease", func() bool { return lease.Extend(t.Context(), time.Minute) == nil })
	if status := e.Status()[0]; !status.Votes {
		t.Errorf("it sits out: %s", status.OutWhy)
	}
}

// Extension: by a script that prolongs the key where it still holds the value,
// believed only if most nodes did so within the validity.
func TestSpecOnlyTheHolderExtendsItsLockAndOnlyWithAMajority(t *testing.T) {
	r := newRig(t, 5, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 5 * time.Second})
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	r.set(t, "red", 5*time.Second, 0, 1)
	if err := lease.Extend(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	for i, c := range r.clients {
		if left := pttl(t, c); (left > 20*time.Second) != (i > 1) {
			t.Errorf("node %d: %s are left", i, left)
		}
	}
	r.set(t, "red", 5*time.Second, 2)
	until := lease.ValidUntil()
	if err := lease.Extend(t.Context(), 30*time.Second); !errors.Is(err, lockengine.ErrLost) {
		t.Errorf("without a majority: %v", err)
	}
	if lease.ValidUntil().After(until) || lease.Valid() {
		t.Error("the lease goes on without a majority")
	}
}

// Extension: there is a limit, or a client could keep others out for ever.
func TestSpecAnExtendedLockEndsAtItsLimit(t *testing.T) {
	t.Parallel()
	const ttl, limit = time.Second, 3 * time.Second
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: ttl, Renew: true, MaxHold: limit})
	<-lease.Context().Done()
	held := lease.ValidUntil().Sub(lease.AcquiredAt())
	if held <= ttl || held > limit+20*time.Millisecond {
		t.Errorf("held for %s with a limit of %s", held, limit)
	}
	acquire(t, r.Engine, lockengine.AcquireOptions{Wait: time.Minute})
}

// Consistency: the resource itself can refuse a holder that is late, by a
// number that grows from holder to holder.
func TestSpecEveryHolderHasAHigherNumberThanAllBefore(t *testing.T) {
	r := newRig(t, 5, patient)
	engines := []*lockengine.Engine{r.Engine, r.engine(t, patient)}
	var last int64
	for i := range 20 {
		lease := acquire(t, engines[i%2], lockengine.AcquireOptions{})
		if lease.Fence() <= last {
			t.Fatalf("holder %d has %d after %d", i, lease.Fence(), last)
		}
		last = lease.Fence()
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
