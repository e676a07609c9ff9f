package prooftest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// The rows of the table of pitfalls that need a proxy between the engine and
// its nodes; the others are in the engine's own tests.

// A1: a holder that was cut off from the nodes while it extended went on for as
// long as the extension would have brought, beside the next holder.
func TestA1AHolderThatIsCutOffStopsBeforeTheNextOneStarts(t *testing.T) {
	r := newRig(t, 5)
	cfg := patient
	cfg.NodeTimeout = 200 * time.Millisecond
	here, there := r.proxied(t, cfg), r.direct(t, cfg)
	a := acquire(t, here, lockengine.AcquireOptions{TTL: 1500 * time.Millisecond, Renew: true})
	first := a.ValidUntil()
	eventually(t, "a renewal", func() bool { return a.ValidUntil().After(first) })
	r.add(t, "upstream", "timeout", map[string]int{"timeout": 0}, all(5)...)
	b := acquire(t, there, lockengine.AcquireOptions{Wait: time.Minute})
	if a.Valid() || a.Context().Err() == nil {
		t.Errorf("two holders: A until %s, B since %s", a.ValidUntil(), b.AcquiredAt())
	}
	if b.Fence() <= a.Fence() {
		t.Errorf("fence %d after %d", b.Fence(), a.Fence())
	}
	r.heal(all(5)...)
}

// A1, one direction only: the nodes carry out the extension and the holder
// never hears of it. It must stop at the validity that it knows.
func TestA1AHolderThatHearsNothingStopsAtTheValidityItKnows(t *testing.T) {
	r := newRig(t, 3)
	e := r.proxied(t, patient)
	lease := acquire(t, e, lockengine.AcquireOptions{TTL: 700 * time.Millisecond})
	known := lease.ValidUntil()
	r.add(t, "downstream", "timeout", map[string]int{"timeout": 0}, all(3)...)
	if err := lease.Extend(t.Context(), 20*time.Second); !errors.Is(err, lockengine.ErrExpired) {
		t.Errorf("extend: %v", err)
	}
	if lease.ValidUntil() != known || lease.Valid() {
		t.Error("the extension was believed")
	}
	r.heal(all(3)...)
	eventually(t, "what the extension prolonged is taken back", func() bool { return r.empty(t) })
}

// A3: slow nodes ate up the lease, which was handed out all the same.
func TestA3SlowNodesThatEatUpTheLeaseGiveNone(t *testing.T) {
	r := newRig(t, 3)
	e := r.proxied(t, patient)
	r.add(t, "downstream", "latency", map[string]int{"latency": 300}, all(3)...)
	_, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 250 * time.Millisecond})
	var slow *lockengine.TooSlowError
	if !errors.As(err, &slow) || slow.Validity > 0 {
		t.Fatalf("got %v", err)
	}
	r.heal(all(3)...)
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// B1: everything took as long as the slowest node.
func TestB1TwoSlowNodesOfFiveAreNotWaitedFor(t *testing.T) {
	const slow = 20 * time.Second
	r := newRig(t, 5)
	cfg := patient
	cfg.NodeTimeout = slow
	e := r.proxied(t, cfg)
	r.add(t, "downstream", "latency", map[string]int{"latency": int(slow.Milliseconds())}, 1, 3)
	start := time.Now()
	lease := acquire(t, e, lockengine.AcquireOptions{})
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	release(t, lease)
	if took := time.Since(start); took > slow/2 {
		t.Errorf("took %s", took)
	}
	r.heal(1, 3)
}

// B4: the undo took another connection and overtook the attempt that was still
// on its way.
func TestB4AnUndoOnASlowLinkNeverOvertakesTheAttempt(t *testing.T) {
	r := newRig(t, 3)
	cfg := patient
	cfg.NodeTimeout = 200 * time.Millisecond
	e := r.proxied(t, cfg)
	var before []int
	for _, c := range r.clients {
		before = append(before, calls(t, c, "set"))
	}
	r.add(t, "upstream", "latency", map[string]int{"latency": 600, "jitter": 100}, all(3)...)
	_, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
	eventually(t, "the attempt arrives", func() bool {
		return !slices.ContainsFunc(all(3), func(i int) bool { return calls(t, r.clients[i], "set") == before[i] })
	})
	eventually(t, "no residue", func() bool { return r.empty(t) })
	r.heal(all(3)...)
}

// B5: a reply got lost, and the retry found its own key and said that the lock
// was taken.
func TestB5ARetryAfterLostRepliesIsNotRefusedByItsOwnKey(t *testing.T) {
	r := newRig(t, 3)
	cfg := patient
	cfg.NodeTimeout, cfg.RetryCount, cfg.RetryDelay = 200*time.Millisecond, 200, 20*time.Millisecond
	e := r.proxied(t, cfg)
	var before []int
	for _, c := range r.clients {
		before = append(before, calls(t, c, "set"))
	}
	r.add(t, "downstream", "timeout", map[string]int{"timeout": 0}, all(3)...)
	type result struct {
		lease *lockengine.Lease
		err   error
	}
	got := make(chan result, 1)
	start := time.Now()
	go func() {
		lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute})
		got <- result{lease, err}
	}()
	eventually(t, "the attempt arrives", func() bool {
		return !slices.ContainsFunc(all(3), func(i int) bool { return calls(t, r.clients[i], "set") == before[i] })
	})
	r.heal(all(3)...) // and cuts the connections, with what was behind the attempt
	res := <-got
	if res.err != nil {
		t.Fatalf("after %s: %v", time.Since(start), res.err)
	}
	eventually(t, "the release", func() bool { return res.lease.Release(t.Context()) == nil })
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

// B8: connections that broke on a minority made a won round a failure.
func TestB8ConnectionsThatBreakOnAMinorityAreOnlyWarnings(t *testing.T) {
	for what, fault := range map[string]struct {
		stream, kind string
		attributes   map[string]int
	}{
		"they are reset":                   {"downstream", "reset_peer", map[string]int{"timeout": 0}},
		"they end in the middle of a line": {"downstream", "limit_data", map[string]int{"bytes": 3}},
		"they come in pieces":              {"downstream", "slicer", map[string]int{"average_size": 1, "delay": 100}},
		"they are cut before the request":  {"upstream", "limit_data", map[string]int{"bytes": 10}},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRig(t, 5)
			e := r.proxied(t, patient)
			r.add(t, fault.stream, fault.kind, fault.attributes, 0, 4)
			for range 5 {
				lease := acquire(t, e, lockengine.AcquireOptions{})
				if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
					t.Error(err)
				}
				release(t, lease)
			}
			r.heal(0, 4)
			eventually(t, "no residue", func() bool { return r.empty(t) })
		})
	}
}
