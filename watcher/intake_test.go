package watcher

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

func TestTheEngineNeverWaitsForWhoHoldsTheBoard(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.mu.Lock() // by somebody who takes for ever
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 2 * maxIntake {
			b.Observe(lockengine.Event{Kind: lockengine.EventAttempt, Name: "lock:x"})
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("the engine waits")
	}
	b.mu.Unlock()
	<-done
	page := b.Activity(0, maxActivity)
	if last := page.Events[len(page.Events)-1]; last.Kind != ActivityGap || !contains(last.Text, fmt.Sprint(maxIntake)) {
		t.Errorf("got %+v", last)
	}
}

func TestObservingAllocatesNothing(t *testing.T) {
	b := newBoardTest(1)
	ev := lockengine.Event{Kind: lockengine.EventRefused, Name: "lock:x", Fingerprint: "f", Err: errors.New("held")}
	for range maxIntake { // both halves of the intake have their memory
		b.Observe(ev)
	}
	b.tick()
	for range maxIntake {
		b.Observe(ev)
	}
	b.tick()
	if n := testing.AllocsPerRun(maxIntake/2, func() { b.Observe(ev) }); n > 0.01 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkObserve measures what telling the Board costs the engine, while the
// Board takes it in and is asked for windows of 100,000 names.
func BenchmarkObserve(b *testing.B) {
	for _, names := range []int{0, 1000, 100_000} {
		b.Run(fmt.Sprint(names), func(b *testing.B) {
			bt := newBoardTest(5)
			for i := range names {
				for node := range 3 {
					bt.says(node, lockName(i), "v", time.Hour)
				}
			}
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-bt.wake:
						bt.tick()
					}
				}
			})
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(100 * time.Millisecond):
						bt.Window(Query{Text: "77", Limit: 200})
					}
				}
			})
			ev := lockengine.Event{Name: "lock:x", Fingerprint: "f"}
			b.ReportAllocs()
			const round = 1_000_000
			for b.Loop() {
				longest := time.Duration(0)
				began := time.Now()
				for i := range round {
					ev.Kind = lockengine.EventAttempt + lockengine.EventKind(i%2*3) // and EventRefused
					before := time.Now()
					bt.Observe(ev)
					longest = max(longest, time.Since(before))
				}
				b.ReportMetric(float64(time.Since(began).Nanoseconds())/round, "ns/event")
				b.ReportMetric(longest.Seconds()*1000, "longest-ms")
			}
			close(stop)
			wg.Wait()
		})
	}
}
