package watcher

import (
	"testing"

	"github.com/lockscope/lockscope/internal/glob"
)

func TestACanaryHasANameThatItsPatternSelectsAndNobodySees(t *testing.T) {
	t.Parallel()
	for _, patterns := range [][]string{
		{"lock:*"}, {"*"}, {"*:lock"}, {"{job}:?[x-z][^a]*b*"}, {"only:one", `a\**`}, {"[^b]*"},
	} {
		c, ok := newCanary(patterns)
		if !ok {
			t.Errorf("%q: no canary", patterns)
			continue
		}
		if !glob.Match(patterns[0], c.name) && !glob.Match(patterns[len(patterns)-1], c.name) {
			t.Errorf("%q does not select %q", patterns, c.name)
		}
		if (nameFilter{patterns}).watched(c.name) {
			t.Errorf("%q is shown", c.name)
		}
	}
	if c, ok := newCanary([]string{"only:one"}); ok {
		t.Errorf("a canary on somebody's lock: %q", c.name)
	}
}
