package web

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
)

// BenchmarkSetToFrame measures the time from a SET on a node to the frame at a
// client of the stream, over 1,000 events a round, and reports p50 and p99.
//
//   - apart: each event finds a stream that may send at once. Twenty streams
//     watch a name each, and the events go round, 6 ms apart.
//   - storm: 1,000 events per second on one name and one stream, which sends at
//     most ten frames a second; what is measured includes the wait for one.
func BenchmarkSetToFrame(b *testing.B) {
	for _, nodes := range []int{1, 5} {
		b.Run(fmt.Sprintf("apart/nodes=%d", nodes), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				took = append(took, setToFrame(b, begin(b, nodes), 20, 1000, 6*time.Millisecond)...)
			}
			report(b, took)
		})
	}
	b.Run("storm/nodes=1", func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			took = append(took, setToFrame(b, begin(b, 1), 1, 1000, time.Millisecond)...)
		}
		report(b, took)
	})
}

// setToFrame sets streams names in turn, pause apart, on the first node, and
// returns how long each took to be seen by the stream that watches it. A SET
// that is overtaken by the next of its name before a frame is counted with the
// frame that shows the later one.
func setToFrame(b *testing.B, w *world, streams, events int, pause time.Duration) []time.Duration {
	type arrival struct {
		stream int
		at     time.Time
	}
	arrivals := make(chan arrival, events)
	for i := range streams {
		// There already, so that no event changes the counts, which all see.
		name := fmt.Sprintf("lock:bench:%03d", i)
		w.set(name, "first", time.Minute, 0)
		w.awaitName(name)
	}
	for i := range streams {
		v := w.open("")
		v.hello()
		v.watch("q", fmt.Sprintf("lock:bench:%03d", i))
		go func() {
			for {
				f, err := v.read()
				if err != nil {
					return
				}
				if f.T == "delta" && len(f.Set) > 0 {
					arrivals <- arrival{i, time.Now()}
				}
			}
		}()
	}
	waiting := make([][]time.Time, streams)
	var took []time.Duration
	arrived := func(a arrival) {
		for _, start := range waiting[a.stream] {
			took = append(took, a.at.Sub(start))
		}
		waiting[a.stream] = waiting[a.stream][:0]
	}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for i := 0; i < events; {
		select {
		case a := <-arrivals:
			arrived(a)
		case <-ticker.C:
			stream := i % streams
			waiting[stream] = append(waiting[stream], time.Now())
			name := fmt.Sprintf("lock:bench:%03d", stream)
			must(b, w.redis[0].Set(b.Context(), name, strconv.Itoa(i), time.Minute).Err())
			i++
		}
	}
	for len(took) < events {
		select {
		case a := <-arrivals:
			arrived(a)
		case <-deadline.C:
			b.Fatalf("only %d of %d events were seen", len(took), events)
		}
	}
	return took
}

// awaitName waits until the board shows name.
func (w *world) awaitName(name string) {
	w.t.Helper()
	eventually(w.t, name+" is seen", func() bool { _, ok := w.board.Lock(name); return ok })
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	millis := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(millis(0.50), "p50-ms")
	b.ReportMetric(millis(0.99), "p99-ms")
	b.ReportMetric(millis(1), "max-ms")
	b.ReportMetric(float64(len(took)), "events")
}
