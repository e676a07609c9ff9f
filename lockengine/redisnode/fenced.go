package redisnode

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// fencedSetScript writes KEYS[1] unless KEYS[2] holds a higher token than
// ARGV[2]. ARGV[3] is the value's lifetime in milliseconds, 0 for none. It
// answers the highest token seen.
var fencedSetScript = redis.NewScript(`
local seen = tonumber(redis.call('GET', KEYS[2]) or '0')
if tonumber(ARGV[2]) < seen then return string.format('%.0f', seen) end
redis.call('SET', KEYS[2], ARGV[2])
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
end
return ARGV[2]`)

// FencedSet writes a value to a Redis that is the resource, not one of the
// lock's nodes, unless it has been written with a higher fencing token before.
// The token is kept beside the value, see [FenceKey], and does not expire: a
// value that is gone is still guarded. A ttl of 0 keeps the value for good.
//
//   - lockengine.ErrStaleFence, as a *[lockengine.StaleFenceError]: the writer's
//     lease was over, and nothing was written.
//   - *[lockengine.ArgumentError]: fence or ttl cannot be used.
//   - the server's error.
//
// A write that must do more than SET is guarded in the same way: compare with
// FenceKey and keep the token, in one script with the write.
func FencedSet(ctx context.Context, client redis.Scripter, key, value string, ttl time.Duration, fence int64) error {
	if err := lockengine.CheckFence(fence); err != nil {
		return err
	}
	if ttl < 0 || ttl > 0 && ttl < time.Millisecond {
		return &lockengine.ArgumentError{Field: "ttl", Got: ttl.String(), Want: "0 or at least 1ms"}
	}
	seen, err := fencedSetScript.Run(ctx, client, []string{key, FenceKey(key)}, value, fence, ttl.Milliseconds()).Text()
	if err != nil {
		return fmt.Errorf("write %q with a fence: %w", key, err)
	}
	if highest, err := strconv.ParseInt(seen, 10, 64); err != nil || highest > fence {
		return &lockengine.StaleFenceError{Resource: key, Fence: fence, Seen: highest}
	}
	return nil
}

// FenceKey is where FencedSet keeps the highest token of a key: in the same slot
// of a cluster.
func FenceKey(key string) string {
	if _, tag, ok := strings.Cut(key, "{"); ok && strings.Index(tag, "}") > 0 {
		return key + ":fence"
	}
	return "{" + key + "}:fence"
}
