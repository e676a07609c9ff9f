package pace

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, speed Speed) *Clock {
	t.Helper()
	c := New(time.Unix(1, 0), nil)
	t.Cleanup(c.Close)
	c.SetSpeed(speed)
	return c
}

var fastest = Speed{Rate: Fastest}

// await waits for a channel to be closed or to receive.
func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("in vain: %s", what)
	}
	return v
}

func TestAnHourPassesAtOnceAndInOrder(t *testing.T) {
	t.Parallel()
	c := start(t, fastest)
	var order []time.Duration
	done := make(chan struct{})
	note := func() { order = append(order, c.Elapsed()) }
	c.After(time.Hour, func() { note(); close(done) })
	c.After(time.Second, func() {
		note()
		c.After(time.Minute, note) // planned on the way
	})
	c.After(2*time.Second, note)
	c.Resume()
	await(t, "an hour", done)
	want := []time.Duration{time.Second, 2 * time.Second, 61 * time.Second, time.Hour}
	if len(order) != len(want) {
		t.Fatalf("got %v, want %v", order, want)
	}
	for i := range want {
		if order[i] != want[i] {
			t.Errorf("got %v, want %v", order, want)
		}
	}
}

func TestTheClockDoesNotRunPastSomebodyWhoIsAboutToAct(t *testing.T) {
	t.Parallel()
	c := start(t, fastest)
	// A chain of goroutines, each woken by the one before, that plans its next
	// step only then. Beside it something that is far off.
	acted := make(chan time.Duration, 1)
	c.After(time.Minute, func() {})
	c.AfterFunc(time.Millisecond, func() {
		first, second := make(chan struct{}), make(chan struct{})
		go func() { <-first; close(second) }()
		close(first)
		<-second
		c.AfterFunc(time.Millisecond, func() { acted <- c.Elapsed() })
	})
	c.Resume()
	if got := await(t, "the chain", acted); got >= time.Minute {
		t.Errorf("the second step was made after %s", got)
	}
}

func TestTimeStandsWhileSomebodyHoldsTheClock(t *testing.T) {
	t.Parallel()
	c := start(t, Speed{Rate: 1000, Even: true})
	called := make(chan struct{})
	c.Resume()
	release := c.Hold()
	before := c.Elapsed()
	c.After(time.Millisecond, func() { close(called) })
	again := c.Hold()
	release()
	release() // once is enough
	select {
	case <-called:
		t.Error("a call was made while the clock was held")
	case <-time.After(20 * time.Millisecond):
	}
	if after := c.Elapsed(); after != before {
		t.Errorf("the clock went from %s to %s", before, after)
	}
	again()
	await(t, "the call", called)
}

func TestAPausedClockStandsAndGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	c := start(t, Speed{Rate: 50, Even: true})
	called := make(chan struct{})
	c.After(2*time.Second, func() { close(called) })
	c.Resume()
	await(t, "some time", tick(c, 10*time.Millisecond))
	c.Pause()
	before := c.Read()
	if !before.Paused || before.Rate != 0 || before.Elapsed < 10*time.Millisecond || before.Elapsed > 2*time.Second {
		t.Errorf("got %+v", before)
	}
	if after := c.Elapsed(); after != before.Elapsed {
		t.Errorf("a paused clock went from %s to %s", before.Elapsed, after)
	}
	c.Resume()
	await(t, "the call", called)
}

// tick tells when d has passed.
func tick(c *Clock, d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	c.After(d, func() { close(done) })
	return done
}

func TestAStepEndsWithTheNextThingThatCanBeSeen(t *testing.T) {
	t.Parallel()
	c := New(time.Unix(1, 0), nil)
	t.Cleanup(c.Close)
	c.SetSpeed(fastest)
	seen := make(chan string, 4)
	c.After(time.Millisecond, func() {})
	c.Show(2*time.Millisecond, func() { seen <- "a" })
	c.Show(2*time.Millisecond, func() { seen <- "b" })
	c.Show(3*time.Millisecond, func() { seen <- "c" })
	for _, want := range []struct {
		names string
		at    time.Duration
	}{{"ab", 2 * time.Millisecond}, {"c", 3 * time.Millisecond}} {
		c.Step()
		for _, name := range want.names {
			if got := await(t, "a step", seen); got != string(name) {
				t.Errorf("got %s, want %c", got, name)
			}
		}
		waitPaused(t, c)
		if got := c.Elapsed(); got != want.at {
			t.Errorf("the step ended at %s, want %s", got, want.at)
		}
	}
}

func waitPaused(t *testing.T, c *Clock) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for range 10_000 {
		if c.Read().Paused {
			return
		}
		<-again.C
	}
	t.Fatal("the clock never paused")
}

func TestACallCanBeCalledOffAndMoved(t *testing.T) {
	t.Parallel()
	c := start(t, fastest)
	off := c.After(time.Second, func() { t.Error("a call that was called off was made") })
	at := make(chan time.Duration, 1)
	moved := c.After(time.Second, func() { at <- c.Elapsed() })
	if !off.Stop() || off.Stop() || !moved.Reset(time.Minute) {
		t.Error("the calls were not said to be still to come")
	}
	c.Resume()
	if got := await(t, "the moved call", at); got != time.Minute {
		t.Errorf("it was made after %s", got)
	}
	if moved.Reset(time.Second) {
		t.Error("a call that was made was said to be still to come")
	}
	if got := await(t, "the call once more", at); got != 61*time.Second {
		t.Errorf("it was made after %s", got)
	}
	c.At(time.Unix(1, 0), func() { at <- c.Elapsed() }) // long past
	if got := await(t, "a call in the past", at); got != 61*time.Second {
		t.Errorf("it was made at %s", got)
	}
}

func TestALingeringPaceIsSlowForMessagesAndQuickForLeases(t *testing.T) {
	t.Parallel()
	const slow = 0.01
	last := 0.0
	for _, gap := range []time.Duration{time.Millisecond, 4 * time.Millisecond, 50 * time.Millisecond, time.Second, 10 * time.Second, time.Hour} {
		rate := Linger(slow, gap)
		if rate < last || rate > hurry {
			t.Errorf("%s is passed at %g, less at %g", gap, rate, last)
		}
		last = rate
	}
	if got := Linger(slow, time.Millisecond); got != slow {
		t.Errorf("a message is shown at %g, want %g", got, slow)
	}
	if shown := 10 / Linger(slow, 10*time.Second); shown > 5 || shown < 2 {
		t.Errorf("ten seconds of waiting are shown for %.1f s", shown)
	}
	if got := Linger(1, 10*time.Millisecond); got < 1 || got > hurry {
		t.Errorf("life itself is shown at %g", got)
	}
	if got := Linger(Fastest, time.Second); got != Fastest {
		t.Errorf("the fastest is %g", got)
	}
}

func TestTheRateFollowsWhatIsToBeSeen(t *testing.T) {
	t.Parallel()
	changed := make(chan struct{}, 64)
	c := New(time.Unix(1, 0), func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	t.Cleanup(c.Close)
	c.SetSpeed(Speed{Rate: 0.5})
	c.Show(2*time.Millisecond, func() {})
	done := make(chan struct{})
	c.Show(100*time.Millisecond, func() { close(done) })
	c.Resume()
	if got := c.Read().Rate; got != 0 && got != 0.5 {
		t.Errorf("a message is shown at %g", got)
	}
	await(t, "the second call", done)
	if len(changed) < 3 {
		t.Errorf("%d changes were told", len(changed))
	}
}
