package watcher

import (
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

const (
	// spreadError is by how much a percentile may be wrong, in parts of it.
	spreadError = 0.03
	// spreadBins bounds the memory of a spread to 2 KB. They hold a range of 1
	// to 4 million, such as 1 ms to 1 h; what is shorter is told as the
	// shortest.
	spreadBins = 256
)

// spreadMapping is what all spreads have in common.
var spreadMapping = func() mapping.IndexMapping {
	m, err := mapping.NewLogarithmicMapping(spreadError)
	if err != nil {
		panic("watcher: " + err.Error()) // of a constant
	}
	return m
}()

// A spread is how a number of durations are distributed. Of a single one it
// keeps no more than that one: most names are locked once and never again.
type spread struct {
	count  uint64
	sum    time.Duration
	max    time.Duration
	sketch *ddsketch.DDSketch // nil below two
}

// add takes in a duration.
func (s *spread) add(d time.Duration) {
	d = max(d, 0)
	if s.count == 1 {
		s.sketch = ddsketch.NewDDSketch(spreadMapping, store.NewCollapsingLowestDenseStore(spreadBins), store.NewSparseStore())
		s.put(s.sum)
	}
	s.count++
	s.sum += d
	s.max = max(s.max, d)
	if s.sketch != nil {
		s.put(d)
	}
}

func (s *spread) put(d time.Duration) {
	_ = s.sketch.Add(d.Seconds()) // fails for what is no number only
}

// plus returns the spread of the durations of both.
func (s *spread) plus(o *spread) spread {
	sum := spread{count: s.count + o.count, sum: s.sum + o.sum, max: max(s.max, o.max)}
	if sum.count < 2 {
		return sum
	}
	sum.sketch = ddsketch.NewDDSketch(spreadMapping, store.NewCollapsingLowestDenseStore(spreadBins), store.NewSparseStore())
	for _, part := range []*spread{s, o} {
		switch {
		case part.sketch != nil:
			_ = sum.sketch.MergeWith(part.sketch) // fails for other mappings only
		case part.count == 1:
			sum.put(part.sum)
		}
	}
	return sum
}

// A Spread is how a number of durations are distributed. Its percentiles may
// be wrong by 3 %.
type Spread struct {
	Count              uint64
	Sum, P50, P95, P99 time.Duration
	// Max is exact.
	Max time.Duration
}

// told returns the spread in numbers.
func (s *spread) told() Spread {
	t := Spread{Count: s.count, Sum: s.sum, Max: s.max}
	if s.sketch == nil {
		t.P50, t.P95, t.P99 = s.sum, s.sum, s.sum
		return t
	}
	at, err := s.sketch.GetValuesAtQuantiles([]float64{0.5, 0.95, 0.99})
	if err != nil {
		return t // it is empty
	}
	for i, p := range []*time.Duration{&t.P50, &t.P95, &t.P99} {
		*p = min(time.Duration(at[i]*float64(time.Second)), s.max)
	}
	return t
}
