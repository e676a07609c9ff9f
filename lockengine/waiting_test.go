package lockengine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// idle asks again so seldom that a test fails unless something else wakes a
// waiting caller.
var idle = lockengine.Config{
	Fresh: true, NodeTimeout: 2 * time.Second, RetryCount: -1, RetryDelay: time.Hour, RetryJitter: -1,
	TTL: time.Hour, MaxTTL: time.Hour,
}

// A place is where a waiting caller stands, as it was told last.
type place struct{ position, of atomic.Int32 }

func (p *place) moved(position, of int) {
	p.position.Store(int32(position))
	p.of.Store(int32(of))
}

// A result is what a caller got that waited.
type result struct {
	lease *lockengine.Lease
	err   error
}

// served waits for what a waiting caller gets.
func served(t *testing.T, got <-chan result) result {
	t.Helper()
	timer := time.NewTimer(15 * time.Second)
	defer timer.Stop()
	select {
	case res := <-got:
		return res
	case <-timer.C:
		t.Fatal("the caller waits for ever")
		panic("unreachable")
	}
}

// wait has a caller wait for the lock, and returns when it stands in the queue.
func wait(t *testing.T, ctx context.Context, e *lockengine.Engine, opts lockengine.AcquireOptions) (*place, <-chan result) {
	t.Helper()
	p, got := &place{}, make(chan result, 1)
	opts.Moved = p.moved
	if opts.Wait == 0 {
		opts.Wait = time.Minute
	}
	go func() {
		lease, err := e.Acquire(ctx, name, opts)
		got <- result{lease, err}
	}()
	eventually(t, "a place in the queue", func() bool { return p.position.Load() > 0 })
	return p, got
}

func TestWaitingCallersAreServedInTheOrderInWhichTheyCame(t *testing.T) {
	r := newRig(t, 3, idle)
	first := acquire(t, r.Engine, lockengine.AcquireOptions{})
	const waiters = 6
	var places [waiters]*place
	var results [waiters]<-chan result
	for i := range waiters {
		places[i], results[i] = wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{})
		if p := places[i].position.Load(); int(p) != i+1 {
			t.Errorf("caller %d stands at %d", i+1, p)
		}
	}
	if of := places[0].of.Load(); of != waiters {
		t.Errorf("the first was told of %d", of)
	}
	lease := first
	for i := range waiters {
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := served(t, results[i])
		if got.err != nil {
			t.Fatal(got.err)
		}
		lease = got.lease
		for j := i + 1; j < waiters; j++ {
			eventually(t, "the others move up", func() bool { return int(places[j].position.Load()) == j-i })
			select {
			case <-results[j]:
				t.Fatalf("caller %d was served with caller %d", j+1, i+1)
			default:
			}
		}
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	cfg := idle
	cfg.MaxWaiters = 2
	r := newRig(t, 1, cfg)
	r.set(t, "somebody", 0, 0)
	ctx, cancel := context.WithCancel(t.Context())
	var waiting []<-chan result
	for range 3 { // one that asks, and two that may wait behind it
		_, got := wait(t, ctx, r.Engine, lockengine.AcquireOptions{})
		waiting = append(waiting, got)
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
	var full *lockengine.QueueFullError
	if !errors.As(err, &full) || full.Waiters != 2 || full.Name != name {
		t.Errorf("got %v", err)
	}
	cancel()
	for _, got := range waiting {
		if res := served(t, got); !errors.Is(res.err, context.Canceled) {
			t.Errorf("got %v", res.err)
		}
	}
}

func TestACallerThatGivesUpPassesItsTurnOn(t *testing.T) {
	r := newRig(t, 3, idle)
	first := acquire(t, r.Engine, lockengine.AcquireOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	_, head := wait(t, ctx, r.Engine, lockengine.AcquireOptions{})
	next, tail := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{})
	cancel()
	var held *lockengine.HeldError
	if res := served(t, head); !errors.Is(res.err, context.Canceled) || !errors.As(res.err, &held) {
		t.Errorf("got %v", res.err)
	}
	eventually(t, "the next moves up", func() bool { return next.position.Load() == 1 })
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if res := served(t, tail); res.err != nil || !res.lease.Valid() {
		t.Errorf("got %+v", res)
	}
}

func TestCallersThatGiveUpAtAnyMomentLeaveNothing(t *testing.T) {
	cfg := idle
	cfg.RetryDelay = 2 * time.Millisecond
	events := &recorder{}
	cfg.Observer = events
	r := newRig(t, 3, cfg)
	var wg sync.WaitGroup
	for range 60 {
		patience := time.Duration(rand.Int64N(int64(60 * time.Millisecond)))
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			lease, err := r.Acquire(ctx, name, lockengine.AcquireOptions{TTL: time.Minute, Wait: time.Minute})
			switch {
			case err == nil:
				if err := lease.Release(t.Context()); err != nil {
					t.Error(err)
				}
			case !errors.Is(err, context.DeadlineExceeded):
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	eventually(t, "no residue", func() bool { return r.empty(t) })
	if told := events.of(lockengine.EventWaiting); len(told) > 0 && told[len(told)-1].Waiters != 0 {
		t.Errorf("the queue ends with %+v", told[len(told)-1])
	}
	acquire(t, r.Engine, lockengine.AcquireOptions{})
}

func TestACallerThatDoesNotWaitIsToldAtOnceThatOthersDo(t *testing.T) {
	cfg := idle
	cfg.NodeTimeout = 500 * time.Millisecond
	r := newRig(t, 1, cfg)
	r.set(t, "somebody", 0, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, head := wait(t, ctx, r.Engine, lockengine.AcquireOptions{})
	_, second := wait(t, ctx, r.Engine, lockengine.AcquireOptions{})
	start := time.Now()
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var held *lockengine.HeldError
	if !errors.As(err, &held) || held.Queued != 2 || held.Fingerprint != lockengine.Fingerprint("somebody") {
		t.Errorf("got %#v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	cancel()
	<-head
	<-second
}

// A bell is a Waker in a test's hand.
type bell struct {
	live    bool
	rings   chan struct{}
	stopped atomic.Int32
	asked   chan string
}

func newBell(live bool) *bell {
	return &bell{live: live, rings: make(chan struct{}, 1), asked: make(chan string, 16)}
}

func (b *bell) Free(name string) (<-chan struct{}, func() bool, func()) {
	b.asked <- name
	return b.rings, func() bool { return b.live }, func() { b.stopped.Add(1) }
}

func TestAWaitingCallerIsWokenWhenTheNodesReportTheNameFree(t *testing.T) {
	for what, live := range map[string]bool{"changes are noticed at once": true, "changes may be missed": false} {
		t.Run(what, func(t *testing.T) {
			b := newBell(live)
			cfg := idle
			cfg.Wake = b
			r := newRig(t, 1, cfg)
			r.set(t, "another process", 0, 0)
			p, got := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{Wait: time.Hour})
			if asked := <-b.asked; asked != name {
				t.Errorf("asked for %q", asked)
			}
			r.clients[0].Del(t.Context(), name)
			b.rings <- struct{}{}
			if res := served(t, got); res.err != nil {
				t.Fatal(res.err)
			}
			if b.stopped.Load() != 1 || p.position.Load() != 1 {
				t.Errorf("its interest was ended %d times", b.stopped.Load())
			}
		})
	}
}

func TestAWakeUpThatWasFalseIsNoLock(t *testing.T) {
	b := newBell(true)
	cfg := idle
	cfg.Wake = b
	events := &recorder{}
	cfg.Observer = events
	r := newRig(t, 1, cfg)
	r.set(t, "another process", 0, 0)
	_, got := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{Wait: time.Hour})
	<-b.asked
	attempts := len(events.of(lockengine.EventAttempt))
	b.rings <- struct{}{}
	eventually(t, "another attempt", func() bool { return len(events.of(lockengine.EventAttempt)) > attempts })
	select {
	case res := <-got:
		t.Fatalf("got %+v", res)
	default:
	}
	r.clients[0].Del(t.Context(), name)
	b.rings <- struct{}{}
	if res := served(t, got); res.err != nil {
		t.Fatal(res.err)
	}
}

func TestAWaitingCallerAsksAgainWhenTheHoldersLeaseShouldHaveEnded(t *testing.T) {
	r := newRig(t, 3, idle)
	r.set(t, "a client that crashed", 300*time.Millisecond, all(3)...)
	acquire(t, r.Engine, lockengine.AcquireOptions{Wait: time.Hour})
}

func TestWithoutNotificationsAWaitingCallerAsksAgainAndAgain(t *testing.T) {
	cfg := idle
	cfg.RetryDelay = 10 * time.Millisecond
	r := newRig(t, 3, cfg)
	r.set(t, "another process", 0, all(3)...)
	_, got := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{Wait: time.Hour})
	for _, c := range r.clients {
		c.Del(t.Context(), name)
	}
	if res := served(t, got); res.err != nil {
		t.Fatal(res.err)
	}
}

func TestAWaitThatEndsTellsTheHolder(t *testing.T) {
	r := newRig(t, 1, patient)
	r.set(t, "somebody", time.Minute, 0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := r.Acquire(ctx, name, lockengine.AcquireOptions{Wait: time.Minute})
	var held *lockengine.HeldError
	if !errors.As(err, &held) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	_, err = r.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: 50 * time.Millisecond})
	if !errors.As(err, &held) || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func TestTheObserverIsToldOfTheQueue(t *testing.T) {
	events := &recorder{}
	cfg := idle
	cfg.Observer = events
	r := newRig(t, 1, cfg)
	first := acquire(t, r.Engine, lockengine.AcquireOptions{})
	_, one := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{})
	_, two := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{})
	told := events.of(lockengine.EventWaiting)
	if last := told[len(told)-1]; last.Waiters != 2 || last.OldestSince.IsZero() || last.Name != name {
		t.Errorf("told %+v", last)
	}
	_ = first.Release(t.Context())
	_ = served(t, one).lease.Release(t.Context())
	_ = served(t, two).lease.Release(t.Context())
	told = events.of(lockengine.EventWaiting)
	if last := told[len(told)-1]; last.Waiters != 0 || last.Waited <= 0 {
		t.Errorf("told %+v", last)
	}
	if !slices.ContainsFunc(told, func(e lockengine.Event) bool { return e.Waiters == 1 }) {
		t.Error("never told of one waiter")
	}
}

func TestClosingTheEngineEndsTheWaiting(t *testing.T) {
	r := newRig(t, 1, idle)
	r.set(t, "somebody", 0, 0)
	_, one := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{})
	_, two := wait(t, t.Context(), r.Engine, lockengine.AcquireOptions{})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, got := range []<-chan result{one, two} {
		if res := served(t, got); !errors.Is(res.err, lockengine.ErrClosed) {
			t.Errorf("got %v", res.err)
		}
	}
}

func TestACallerBehindOneThatIsStillAskingStandsSecond(t *testing.T) {
	asking := make(chan struct{}, 1)
	cfg := idle
	cfg.Observer = &recorder{then: func(e lockengine.Event) {
		if e.Kind == lockengine.EventAttempt {
			asking <- struct{}{}
		}
	}}
	r := newRig(t, 1, cfg)
	r.stop(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := make(chan result, 1)
	go func() {
		// It waits, so that it is still there when the node has been given up.
		lease, err := r.Acquire(ctx, name, lockengine.AcquireOptions{Wait: time.Hour})
		first <- result{lease, err}
	}()
	<-asking
	p, second := wait(t, ctx, r.Engine, lockengine.AcquireOptions{})
	if p.position.Load() != 2 || p.of.Load() != 2 {
		t.Errorf("it stands at %d of %d", p.position.Load(), p.of.Load())
	}
	cancel()
	for _, got := range []<-chan result{first, second} {
		if res := served(t, got); !errors.Is(res.err, context.Canceled) {
			t.Errorf("got %v", res.err)
		}
	}
}
