package watcher

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/lockscope/lockscope/internal/redistest"
)

func TestGlobsMatchWhatRedisMatches(t *testing.T) {
	node := clientOf(t, redistest.Start(t))
	ctx := t.Context()
	letters := rapid.StringOfN(rapid.SampledFrom([]rune(`abc-]^[\*?`)), 1, 8, -1)
	rapid.Check(t, func(rt *rapid.T) {
		pattern, name := letters.Draw(rt, "pattern"), letters.Draw(rt, "name")
		must(t, node.FlushAll(ctx).Err())
		must(t, node.Set(ctx, name, "v", 0).Err())
		// KEYS with a pattern without specials looks the key up, so ask SCAN.
		keys, _, err := node.Scan(ctx, 0, pattern, 10).Result()
		must(t, err)
		if got, want := globMatch(pattern, name), len(keys) == 1; got != want {
			rt.Fatalf("globMatch(%q, %q) = %v, Redis says %v", pattern, name, got, want)
		}
	})
}

func TestAGlobOfManyStarsIsQuick(t *testing.T) {
	pattern, name := "", ""
	for range 200 {
		pattern += "a*"
		name += "aa"
	}
	if globMatch(pattern+"b", name) {
		t.Error("matches")
	}
}

func TestACanaryHasANameThatItsPatternSelectsAndNobodySees(t *testing.T) {
	for _, patterns := range [][]string{
		{"lock:*"}, {"*"}, {"*:lock"}, {"{job}:?[x-z][^a]*b*"}, {"only:one", `a\**`}, {"[^b]*"},
	} {
		c, ok := newCanary(patterns)
		if !ok {
			t.Errorf("%q: no canary", patterns)
			continue
		}
		if !globMatch(patterns[0], c.name) && !globMatch(patterns[len(patterns)-1], c.name) {
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

func FuzzGlob(f *testing.F) {
	f.Add("lock:*", "lock:x")
	f.Add(`[^a-\`, "x")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		globMatch(pattern, name)
		if instance, ok := globInstance(pattern, name); ok && !globMatch(pattern, instance) {
			t.Errorf("%q does not match its instance %q", pattern, instance)
		}
	})
}
