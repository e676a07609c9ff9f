package redisnode_test

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

func TestARedisResourceRefusesAWriterThatIsLate(t *testing.T) {
	onBoth(t, func(t *testing.T, _ *redisnode.Node, raw *redis.Client) {
		ctx := t.Context()
		for _, fence := range []int64{41, 42, 42} { // a holder may write more than once
			if err := redisnode.FencedSet(ctx, raw, "report", "by the present holder", 0, fence); err != nil {
				t.Fatalf("fence %d: %v", fence, err)
			}
		}
		err := redisnode.FencedSet(ctx, raw, "report", "by the holder before", 0, 41)
		var stale *lockengine.StaleFenceError
		if !errors.Is(err, lockengine.ErrStaleFence) || !errors.As(err, &stale) || stale.Seen != 42 || stale.Fence != 41 || stale.Resource != "report" {
			t.Errorf("got %v", err)
		}
		if v := raw.Get(ctx, "report").Val(); v != "by the present holder" {
			t.Errorf("it holds %q", v)
		}
		raw.Del(ctx, "report")
		if err := redisnode.FencedSet(ctx, raw, "report", "x", 0, 41); !errors.Is(err, lockengine.ErrStaleFence) {
			t.Errorf("after the value was deleted: %v", err)
		}
		if err := redisnode.FencedSet(ctx, raw, "report", "x", time.Minute, lockengine.MaxFence); err != nil {
			t.Errorf("the highest token: %v", err)
		}
		if left := raw.PTTL(ctx, "report").Val(); left <= 0 || left > time.Minute {
			t.Errorf("it expires in %s", left)
		}
		if err := redisnode.FencedSet(ctx, raw, "report", "x", 0, lockengine.MaxFence-1); !errors.Is(err, lockengine.ErrStaleFence) {
			t.Errorf("one below the highest: %v", err)
		}
	})
}

func TestAFencedWriteNeedsATokenOfALease(t *testing.T) {
	onBoth(t, func(t *testing.T, _ *redisnode.Node, raw *redis.Client) {
		var arg *lockengine.ArgumentError
		for _, fence := range []int64{0, -1, lockengine.MaxFence + 1} {
			if err := redisnode.FencedSet(t.Context(), raw, "k", "v", 0, fence); !errors.As(err, &arg) || arg.Field != "fence" {
				t.Errorf("fence %d: %v", fence, err)
			}
		}
		if err := redisnode.FencedSet(t.Context(), raw, "k", "v", -1, 5); !errors.As(err, &arg) || arg.Field != "ttl" {
			t.Errorf("ttl: %v", err)
		}
		raw.HSet(t.Context(), "h", "f", "v")
		raw.HSet(t.Context(), redisnode.FenceKey("h"), "f", "v")
		if err := redisnode.FencedSet(t.Context(), raw, "h", "v", 0, 5); err == nil || errors.Is(err, lockengine.ErrStaleFence) {
			t.Errorf("a fence of another type: %v", err)
		}
	})
}

func TestTheFenceOfAKeyIsInItsSlot(t *testing.T) {
	for key, want := range map[string]string{"a": "{a}:fence", "a{b}c": "a{b}c:fence", "a{}b": "{a{}b}:fence"} {
		if got := redisnode.FenceKey(key); got != want {
			t.Errorf("%q: %q", key, got)
		}
	}
}
