package embedded

import (
	"sync"
	"testing"
	"time"
)

// A handClock goes when a test moves it.
type handClock struct {
	mu    sync.Mutex // guards everything below
	now   time.Time
	plans map[int]plan
	last  int
}

// A plan is what is to be called when.
type plan struct {
	at time.Time
	f  func()
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) At(t time.Time, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	id := c.last
	if !t.After(c.now) {
		go f()
	} else {
		c.plans[id] = plan{t, f}
	}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waits := c.plans[id]
		delete(c.plans, id)
		return waits
	}
}

// move lets time pass.
func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for id, due := range c.plans {
		if !due.at.After(c.now) {
			delete(c.plans, id)
			due.f()
		}
	}
}

func TestANodeLivesByTheClockThatItIsGiven(t *testing.T) {
	clock := &handClock{now: time.Unix(1000, 0), plans: make(map[int]plan)}
	n := startNode(t, Config{Clock: clock})
	w, sub := dial(t, n.Addr()), dial(t, n.Addr())
	w.do("CONFIG", "SET", "notify-keyspace-events", "Ex")
	sub.do("SUBSCRIBE", "__keyevent@0__:expired")
	if got := w.do("TIME").items[0].text; got != "1000" {
		t.Errorf("TIME is %s, want 1000", got)
	}
	w.do("SET", "k", "v", "PX", "3600000")
	clock.move(time.Hour)
	if left := w.do("PTTL", "k").text; left != "0" {
		t.Errorf("PTTL at the last millisecond of an hour: %s", left)
	}
	clock.move(time.Millisecond)
	if got := sub.receive(); got.items[2].text != "k" {
		t.Errorf("got %s", got)
	}
}
