package lockengine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// latencies are how long one operation took, again and again.
type latencies []time.Duration

func (l latencies) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(l))
	return sorted[int(q*float64(len(sorted)-1))]
}

// TestOneHungNodeOfFiveAddsNextToNothing prints what acquire, extend and
// release cost beside a healthy run of the same engine. What is asserted is
// only that none of them waits for the node: its timeout is far above.
func TestOneHungNodeOfFiveAddsNextToNothing(t *testing.T) {
	const rounds, nodeTimeout = 300, 5 * time.Second
	r := newRig(t, 5, lockengine.Config{Fresh: true, NodeTimeout: nodeTimeout})
	measure := func() map[string]latencies {
		took := make(map[string]latencies)
		step := func(what string, do func() error) {
			start := time.Now()
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			took[what] = append(took[what], time.Since(start))
		}
		for i := range rounds {
			var lease *lockengine.Lease
			step("acquire", func() (err error) {
				lease, err = r.Acquire(t.Context(), fmt.Sprint("hung:", i), lockengine.AcquireOptions{})
				return err
			})
			step("extend", func() error { return lease.Extend(t.Context(), 20*time.Second) })
			step("release", func() error { return lease.Release(t.Context()) })
		}
		return took
	}
	measure() // the first operations dial and load scripts
	healthy := measure()
	r.stop(t, 2)
	hung := measure()

	var table strings.Builder
	fmt.Fprintf(&table, "\n%-10s%14s%14s%14s%14s\n", "", "healthy p50", "one hung p50", "healthy p99", "one hung p99")
	for _, what := range []string{"acquire", "extend", "release"} {
		row := []any{what}
		for _, q := range []float64{0.5, 0.99} {
			row = append(row, healthy[what].quantile(q).Round(time.Microsecond), hung[what].quantile(q).Round(time.Microsecond))
		}
		fmt.Fprintf(&table, "%-10s%14s%14s%14s%14s\n", row...)
		if p99 := hung[what].quantile(0.99); p99 > nodeTimeout/5 {
			t.Errorf("%s: p99 is %s with a hung node and a timeout of %s", what, p99, nodeTimeout)
		}
	}
	t.Log(table.String())
}
