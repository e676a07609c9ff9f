package locksim_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/lockengine/locksim"
)

var (
	seedFlag    = flag.Uint64("seed", 1, "the history that TestSeed runs")
	seedsFlag   = flag.Int("seeds", 12, "how many histories TestSeeds runs")
	firstFlag   = flag.Uint64("first", 1, "the first of them")
	kindFlag    = flag.String("kind", "", "the kind of trouble, such as crashes, where it is not to be drawn")
	untilFlag   = flag.Bool("until", false, "stop at the first violation")
	summaryFlag = flag.String("summary", "", "a file that TestSeeds writes its outcome to, for simrun")
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// run runs one history in a bubble of its own.
func run(t *testing.T, seed uint64, kind string) (r locksim.Result) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { r = locksim.Run(seed, kind) })
	return r
}

// report shows the first broken promise of a history and what led to it.
func report(t *testing.T, r locksim.Result, lines int) {
	t.Helper()
	first := r.Violations[0]
	var before []string
	for _, l := range r.Trace {
		at, _ := strconv.ParseFloat(strings.Fields(l)[0], 64)
		if at <= first.At.Seconds()+1e-6 {
			before = append(before, l)
		}
	}
	if len(before) > lines {
		before = append([]string{before[0], "..."}, before[len(before)-lines:]...)
	}
	var what []string
	for _, v := range r.Violations {
		what = append(what, v.String())
	}
	t.Errorf("seed %d (%s): %d promises broken\n%s\n%s\nrun it again: go test ./lockengine/locksim -run 'TestSeed$' -seed %d -kind '%s' -v",
		r.Seed, r.Profile, len(r.Violations), strings.Join(before, "\n"), strings.Join(what, "\n"), r.Seed, r.Profile)
}

func TestSeed(t *testing.T) {
	r := run(t, *seedFlag, *kindFlag)
	if testing.Verbose() {
		t.Log("\n" + strings.Join(r.Trace, "\n"))
	}
	t.Logf("seed %d (%s): %d leases, %d extensions", r.Seed, r.Profile, r.Acquired, r.Extended)
	if len(r.Violations) > 0 {
		report(t, r, 0)
	}
}

// A summary is the outcome of many histories.
type summary struct {
	Seeds    int
	Acquired int
	Extended int
	Broken   []broken
}

type broken struct {
	Seed      uint64
	Invariant string
	Text      string
}

func TestSeedsKeepEveryPromise(t *testing.T) {
	var (
		sum  summary
		mu   sync.Mutex // guards sum
		next atomic.Int64
		stop atomic.Bool
	)
	t.Run("histories", func(t *testing.T) {
		for range 2 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for n := next.Add(1) - 1; n < int64(*seedsFlag) && !stop.Load(); n = next.Add(1) - 1 {
					r := run(t, *firstFlag+uint64(n), *kindFlag)
					mu.Lock()
					sum.Seeds++
					sum.Acquired += r.Acquired
					sum.Extended += r.Extended
					if len(r.Violations) > 0 {
						v := r.Violations[0]
						sum.Broken = append(sum.Broken, broken{r.Seed, v.Invariant, v.Text})
						if len(sum.Broken) <= 3 {
							report(t, r, 120)
						}
						stop.Store(*untilFlag)
					}
					mu.Unlock()
				}
			})
		}
	})
	slices.SortFunc(sum.Broken, func(a, b broken) int { return int(a.Seed) - int(b.Seed) })
	if sum.Acquired == 0 {
		t.Error("nobody ever got a lock: the histories prove nothing")
	}
	if *summaryFlag != "" {
		text, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(*summaryFlag, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSeedsThatOnceFailed(t *testing.T) {
	file, err := os.Open("testdata/regressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := append(strings.Fields(text), "", "")
		if words[0] == "" {
			continue
		}
		seed, err := strconv.ParseUint(words[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if r := run(t, seed, words[1]); len(r.Violations) > 0 {
			report(t, r, 120)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestTheSameSeedIsTheSameHistory(t *testing.T) {
	begun := time.Now()
	for seed := uint64(1); seed <= 30 && time.Since(begun) < 20*time.Second; seed++ {
		a, b := run(t, seed, *kindFlag), run(t, seed, *kindFlag)
		if slices.Equal(a.Trace, b.Trace) {
			continue
		}
		for i := range min(len(a.Trace), len(b.Trace)) {
			if a.Trace[i] != b.Trace[i] {
				t.Fatalf("seed %d (%s) differs at line %d:\n%s\n%s", seed, a.Profile, i, a.Trace[i], b.Trace[i])
			}
		}
		t.Fatalf("seed %d (%s): one history is longer", seed, a.Profile)
	}
}
