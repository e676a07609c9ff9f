package scenarios

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/stage"
)

// quiet keeps the client library's own remarks on nodes that scenarios stop out
// of the output.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	// The client library tries a stopped node for up to a second after its pool was
	// closed.
	goleak.VerifyTestMain(&reporter{m}, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// A reporter prints the table of outcomes after the tests.
type reporter struct{ m *testing.M }

func (r *reporter) Run() int {
	code := r.m.Run()
	table.Lock()
	defer table.Unlock()
	for _, sc := range All() {
		for _, line := range table.lines[sc.ID] {
			fmt.Fprintln(os.Stdout, line)
		}
	}
	return code
}

// table gathers what came of each scenario.
var table = struct {
	sync.Mutex
	lines map[string][]string
}{lines: make(map[string][]string)}

// patience is how long a scenario may take, in real time.
const patience = 60 * time.Second

// play plays a scenario to its end, as fast as can be, and checks its facts.
func play(t *testing.T, sc *stage.Scenario, sides []stage.Side) {
	t.Helper()
	began := time.Now()
	changed := make(chan struct{}, 1)
	s, err := stage.Open(stage.Setup{Sides: sides, Scenario: sc, Changed: func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Begin(len(sc.Steps) + 1)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		state, step := s.Where()
		if state == stage.PlayDone {
			break
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("not over within %s: step %d of %d is %s", patience, step, len(sc.Steps), state)
		}
	}
	outcomes := s.Outcomes()
	lines := []string{fmt.Sprintf("%-12s %d side(s), %5.1f s on stage in %4.2f s", sc.ID, len(outcomes),
		s.Clock.Elapsed().Seconds(), time.Since(began).Seconds())}
	for _, c := range sc.Checks(outcomes) {
		lines = append(lines, fmt.Sprintf("  %-5v side %d: %s", c.OK, c.Side, c.Text))
		t.Logf("%+v", outcomes[c.Side])
		if !c.OK {
			t.Errorf("side %d: not so: %s: %+v", c.Side, c.Text, outcomes[c.Side])
		}
	}
	table.Lock()
	defer table.Unlock()
	table.lines[sc.ID] = append(table.lines[sc.ID], lines...)
}

func TestEveryScenarioEndsAsItIsExpectedTo(t *testing.T) {
	for _, sc := range All() {
		t.Run(sc.ID, func(t *testing.T) {
			t.Parallel()
			play(t, sc, sc.Sides)
		})
	}
}

func TestEveryScenarioEndsAsExpectedBesideAnother(t *testing.T) {
	for _, sc := range All() {
		if sc.Beside == nil {
			continue
		}
		t.Run(sc.ID, func(t *testing.T) {
			t.Parallel()
			play(t, sc, sc.Compared())
		})
	}
}

func TestEveryScenarioSaysWhatItTeachesInThreeSentences(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z-]{3,20}$`)
	seen := map[string]bool{}
	for _, sc := range All() {
		if !id.MatchString(sc.ID) || seen[sc.ID] {
			t.Errorf("the ID %q is not one", sc.ID)
		}
		seen[sc.ID] = true
		if n := strings.Count(sc.Teaches, ". ") + 1; n != 3 {
			t.Errorf("%s teaches in %d sentences", sc.ID, n)
		}
		if sc.Title == "" || sc.Watch == "" || sc.Help == "" || sc.Expected == "" || len(sc.Facts) == 0 || len(sc.Clients) == 0 {
			t.Errorf("%s is not all told: %+v", sc.ID, sc)
		}
		for i, step := range sc.Steps {
			if step.Caption == "" || len(step.Caption) > 180 {
				t.Errorf("%s step %d: the caption has %d bytes", sc.ID, i+1, len(step.Caption))
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d scenarios", len(seen))
	}
}
