package redisnode

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

const (
	// ownKeys are the keys that the engine keeps beside its locks.
	ownKeys = "lockscope:*"
	// probeKey is one of them that never exists.
	probeKey = "lockscope:probe"
)

// probes are the commands that locks need, by what ACL calls them, in a form that
// changes nothing: the key does not exist, and none of them makes it. A server looks
// at permissions before anything else.
var probes = []struct {
	name string
	args []any
}{
	{"time", []any{"TIME"}},
	{"set", []any{"SET", probeKey, "", "XX", "PX", 1}},
	{"get", []any{"GET", probeKey}},
	{"mget", []any{"MGET", probeKey}},
	{"del", []any{"DEL", probeKey}},
	{"pttl", []any{"PTTL", probeKey}},
	{"pexpire", []any{"PEXPIRE", probeKey, 1}},
	{"zadd", []any{"ZADD", probeKey, "XX", 0, ""}},
	{"zscore", []any{"ZSCORE", probeKey, ""}},
	{"zremrangebyscore", []any{"ZREMRANGEBYSCORE", probeKey, 0, 0}},
	{"eval", []any{"EVAL", "return 1", 0}},
	{"evalsha", []any{"EVALSHA", strings.Repeat("0", 40), 0}},
	{"script|load", []any{"SCRIPT", "LOAD", "return 1"}},
}

// askPermissions notes what locks need that the user of the connection may not do.
func askPermissions(ctx context.Context, c *redis.Client, h *lockengine.Health) {
	commands, _ := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, probe := range probes {
			p.Do(ctx, probe.args...)
		}
		return nil
	}) // each has its own error, most of which say nothing about permissions
	for i, command := range commands {
		err := command.Err()
		if err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			continue
		}
		missing := probes[i].name
		if strings.Contains(err.Error(), " key") {
			missing = "~" + ownKeys
		}
		if !slices.Contains(h.Missing, missing) {
			h.Missing = append(h.Missing, missing)
		}
	}
}
