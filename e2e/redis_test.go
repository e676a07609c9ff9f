package e2e

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisCLI runs redis-cli on one node, as somebody else would, and returns
// what it prints.
func redisCLI(t testing.TB, n node, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-cli", append([]string{"-p", n.port}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %s on node %s: %v\n%s", strings.Join(args, " "), n.id, err, out)
	}
	return strings.TrimSpace(string(out))
}

// setOn takes a name on some nodes the way the documents of Redis say; no time
// to live means forever.
func setOn(t testing.TB, nodes []node, name, value string, ttl time.Duration) {
	t.Helper()
	for _, n := range nodes {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := client(t, n).Set(ctx, name, value, ttl).Err(); err != nil {
			t.Fatalf("SET %q on node %s: %v", name, n.id, err)
		}
	}
}

// valueOn reads a name on one node, "" where there is none.
func valueOn(t testing.TB, n node, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	value, err := client(t, n).Get(ctx, name).Result()
	if err != nil && err != redis.Nil {
		t.Fatalf("GET %q on node %s: %v", name, n.id, err)
	}
	return value
}

func client(t testing.TB, n node) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: n.address, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	return c
}

// shutDown stops a node the way redis-cli can.
func shutDown(t testing.TB, nodes ...node) {
	t.Helper()
	for _, n := range nodes {
		redisCLI(t, n, "shutdown", "nosave")
	}
}
