package stat

import (
	"math"
	"testing"
	"time"
)

func TestAPercentileIsTheNearestRank(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, c := range []struct {
		values []int
		p      float64
		want   int
	}{
		{nil, 0.5, 0},
		{[]int{7}, 0.5, 7},
		{[]int{7}, 0.99, 7},
		{[]int{1, 2}, 0.5, 1},
		{[]int{1, 2, 3}, 0.5, 2},
		{[]int{1, 2, 3}, 0.99, 3},
		{hundred, 0, 1},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
	} {
		if got := Percentile(c.values, c.p); got != c.want {
			t.Errorf("Percentile of %d values at %g: got %d, want %d", len(c.values), c.p, got, c.want)
		}
	}
}

func TestTheMedianIgnoresOrderAndWhatIsNotANumber(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{nan, 8, nan}, 8},
	} {
		if got := Median(c.values); got != c.want {
			t.Errorf("Median(%v): got %g, want %g", c.values, got, c.want)
		}
	}
	if got := Median([]float64{nan}); !math.IsNaN(got) {
		t.Errorf("the median of nothing: got %g, want NaN", got)
	}
	unsorted := []float64{2, 1}
	if Median(unsorted); unsorted[0] != 2 {
		t.Error("Median sorted its argument")
	}
}

// The rounds differ by the machine: the first was quick, the last disturbed in
// the middle. The ratio of the medians would be 3.
func TestRatiosAreTakenWithinARound(t *testing.T) {
	ours, theirs := []float64{600, 60, 20}, []float64{300, 20, 10}
	if got := Median(Ratios(ours, theirs)); got != 2 {
		t.Errorf("got %g, want 2", got)
	}
	ratios := Ratios([]float64{1, 2, 3}, []float64{0, 4})
	if len(ratios) != 2 || !math.IsNaN(ratios[0]) || ratios[1] != 0.5 {
		t.Errorf("got %v, want [NaN 0.5]", ratios)
	}
}

func TestRoundSaysNothingThatJSONCannot(t *testing.T) {
	for _, c := range []struct{ value, want float64 }{
		{1.2345, 1.23}, {-1.238, -1.24}, {math.NaN(), 0}, {math.Inf(1), 0},
	} {
		if got := Round(c.value, 2); got != c.want {
			t.Errorf("Round(%g, 2): got %g, want %g", c.value, got, c.want)
		}
	}
	if got := Micros(1500 * time.Nanosecond); got != 1.5 {
		t.Errorf("Micros(1.5µs): got %g", got)
	}
}
