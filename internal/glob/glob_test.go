package glob

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/lockscope/lockscope/internal/redistest"
)

func TestGlobsMatchWhatRedisMatches(t *testing.T) {
	node := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr()})
	defer node.Close()
	ctx := t.Context()
	letters := rapid.StringOfN(rapid.SampledFrom([]rune(`abc-]^[\*?`)), 1, 8, -1)
	rapid.Check(t, func(rt *rapid.T) {
		pattern, name := letters.Draw(rt, "pattern"), letters.Draw(rt, "name")
		node.FlushAll(ctx)
		node.Set(ctx, name, "v", 0)
		// KEYS with a pattern without specials looks the key up, so ask SCAN.
		keys, _, err := node.Scan(ctx, 0, pattern, 10).Result()
		if err != nil {
			rt.Fatal(err)
		}
		if got, want := Match(pattern, name), len(keys) == 1; got != want {
			rt.Fatalf("Match(%q, %q) = %v, Redis says %v", pattern, name, got, want)
		}
	})
}

func TestAGlobOfManyStarsIsQuick(t *testing.T) {
	pattern, name := "", ""
	for range 200 {
		pattern += "a*"
		name += "aa"
	}
	if Match(pattern+"b", name) {
		t.Error("matches")
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("lock:*", "lock:x")
	f.Add(`[^a-\`, "x")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		Match(pattern, name)
		if instance, ok := Instance(pattern, name); ok && !Match(pattern, instance) {
			t.Errorf("%q does not match its instance %q", pattern, instance)
		}
	})
}
