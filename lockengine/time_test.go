package lockengine_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A handClock goes when a test moves it.
type handClock struct {
	mu     sync.Mutex // guards everything below
	now    time.Time
	timers map[*handTimer]struct{}
}

type handTimer struct {
	clock *handClock
	at    time.Time
	f     func()
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) lockengine.Timer {
	t := &handTimer{clock: c, f: f}
	t.Reset(d)
	return t
}

func (t *handTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, waits := t.clock.timers[t]
	delete(t.clock.timers, t)
	return waits
}

func (t *handTimer) Reset(d time.Duration) bool {
	waited := t.Stop()
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if d <= 0 {
		go t.f()
		return waited
	}
	t.at = t.clock.now.Add(d)
	t.clock.timers[t] = struct{}{}
	return waited
}

// move lets time pass and calls what has become due.
func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for t := range c.timers {
		if !t.at.After(c.now) {
			delete(c.timers, t)
			go t.f()
		}
	}
}

func TestTheTimeOfAnEngineIsThatOfItsClock(t *testing.T) {
	// Ahead of the machine's, so that nothing is too late to be sent.
	clock := &handClock{now: time.Now().Add(time.Hour), timers: make(map[*handTimer]struct{})}
	r := newServers(t, 3)
	e := r.unmet(t, lockengine.Config{Fresh: true, RetryCount: -1, Clock: clock})
	eventually(t, "the first contact with every node", func() bool {
		for _, s := range e.Status() {
			if !s.ClockKnown {
				return false
			}
		}
		return true
	})
	lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if want := clock.Now().Add(time.Minute - 605*time.Millisecond); !lease.ValidUntil().Equal(want) {
		t.Errorf("valid until %s, want %s", lease.ValidUntil(), want)
	}
	clock.move(59 * time.Second)
	if !lease.Valid() {
		t.Error("the lease is over before its time")
	}
	clock.move(time.Second)
	<-lease.Context().Done()
	if cause := context.Cause(lease.Context()); lease.Valid() || !errors.Is(cause, lockengine.ErrExpired) {
		t.Errorf("after its time the lease is valid: %t, its context ended with %v", lease.Valid(), cause)
	}
}
