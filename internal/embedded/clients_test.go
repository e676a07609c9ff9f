package embedded

import (
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func goRedis(t *testing.T, n *Node, proto int) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: n.Addr(), Protocol: proto, MaxRetries: -1})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestGoRedisLocksPipelinesAndRunsScripts(t *testing.T) {
	for _, proto := range []int{2, 3} {
		n := startNode(t, Config{})
		c, ctx := goRedis(t, n, proto), t.Context()
		if err := c.SetArgs(ctx, "lock", "token", redis.SetArgs{Mode: "NX", TTL: 10 * time.Second}).Err(); err != nil {
			t.Fatal(err)
		}
		if ok, err := c.SetNX(ctx, "lock", "other", time.Second).Result(); ok || err != nil {
			t.Errorf("second SET NX: %v, %v", ok, err)
		}
		old, err := c.SetArgs(ctx, "lock", "third", redis.SetArgs{Mode: "NX", Get: true, TTL: time.Second}).Result()
		if old != "token" || err != nil {
			t.Errorf("SET NX GET: %q, %v", old, err)
		}
		if d := c.PTTL(ctx, "lock").Val(); d < 9*time.Second || d > 10*time.Second {
			t.Errorf("PTTL %v", d)
		}

		var get *redis.StringCmd
		var ttl *redis.DurationCmd
		if _, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			get, ttl = p.Get(ctx, "lock"), p.TTL(ctx, "lock")
			p.HSet(ctx, "h", "a", 1, "b", 2)
			p.ZAddArgs(ctx, "z", redis.ZAddArgs{GT: true, Ch: true, Members: []redis.Z{{Score: 3, Member: "m"}}})
			return nil
		}); err != nil || get.Val() != "token" || ttl.Val() <= 0 {
			t.Errorf("pipeline: %v, %q, %v", err, get.Val(), ttl.Val())
		}
		if _, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "n")
			p.Incr(ctx, "n")
			return nil
		}); err != nil || c.Get(ctx, "n").Val() != "2" {
			t.Errorf("transaction: %v", err)
		}
		if all := c.HGetAll(ctx, "h").Val(); len(all) != 2 || all["b"] != "2" {
			t.Errorf("HGETALL %v", all)
		}
		if s := c.ZScore(ctx, "z", "m").Val(); s != 3 {
			t.Errorf("ZSCORE %v", s)
		}
		script := redis.NewScript(compareAndDelete)
		if got, err := script.Run(ctx, c, []string{"lock"}, "wrong").Int(); got != 0 || err != nil {
			t.Errorf("compare-and-delete of another's: %d, %v", got, err)
		}
		if got, err := script.Run(ctx, c, []string{"lock"}, "token").Int(); got != 1 || err != nil {
			t.Errorf("compare-and-delete: %d, %v", got, err)
		}
		it, count := c.Scan(ctx, 0, "*", 1).Iterator(), 0
		for it.Next(ctx) {
			count++
		}
		if it.Err() != nil || count != 3 {
			t.Errorf("scan: %d keys, %v", count, it.Err())
		}
		if err := c.Watch(ctx, func(tx *redis.Tx) error {
			c.Set(ctx, "n", "9", 0)
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "n", "1", 0).Err() })
			return err
		}, "n"); err != redis.TxFailedErr {
			t.Errorf("conflict: %v", err)
		}
	}
}

func TestGoRedisHearsKeyspaceEvents(t *testing.T) {
	for _, proto := range []int{2, 3} {
		n := startNode(t, Config{})
		c := goRedis(t, n, proto)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := c.ConfigSet(ctx, "notify-keyspace-events", "KA").Err(); err != nil {
			t.Fatal(err)
		}
		sub := c.PSubscribe(ctx, "__keyspace@0__:lock:*")
		defer sub.Close()
		if _, err := sub.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		c.Set(ctx, "lock:a", "v", 20*time.Millisecond)
		c.Set(ctx, "other", "v", 0)
		for _, want := range []string{"set", "expire", "expired"} {
			m, err := sub.ReceiveMessage(ctx)
			if err != nil || m.Channel != "__keyspace@0__:lock:a" || m.Payload != want {
				t.Fatalf("got %v, %v, want %s", m, err, want)
			}
		}
		if err := sub.Ping(ctx, "x"); err != nil {
			t.Error(err)
		}
		if m, err := sub.Receive(ctx); err != nil || m.(*redis.Pong).Payload != "x" {
			t.Errorf("PING while subscribed: %v, %v", m, err)
		}
	}
}

// program returns the path of a program that a test cannot do without.
func program(t *testing.T, debianPackage string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: install the package %s", names[0], debianPackage)
	return ""
}

func TestRedisCLITalksToANode(t *testing.T) {
	cli := program(t, "redis-tools", "redis-cli")
	n := startNode(t, Config{})
	_, port, _ := net.SplitHostPort(n.Addr())
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), cli, append([]string{"-p", port}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("redis-cli %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	for _, step := range []struct{ args, want string }{
		{"PING", "PONG"}, {"SET lock:x v NX PX 10000", "OK"}, {"GET lock:x", "v"}, {"SET lock:x w NX PX 10000", ""},
		{"--scan", "lock:x"},
	} {
		if got := run(strings.Fields(step.args)...); got != step.want {
			t.Errorf("redis-cli %s: got %q, want %q", step.args, got, step.want)
		}
	}
	if got := run("-3", "HELLO", "3"); !strings.Contains(got, "proto 3\n") || !strings.Contains(got, "version 7.0.15\n") {
		t.Errorf("redis-cli -3 HELLO 3: %q", got)
	}
	exec.CommandContext(t.Context(), cli, "-p", port, "shutdown", "nosave").Run()
	until(t, "redis-cli shutdown nosave to stop the node", func() bool { return !n.Running() })
}

// redisPyLock takes, extends and releases locks as a program with redis-py does.
const redisPyLock = `
import sys, redis
from redis.lock import Lock
from redis.exceptions import LockNotOwnedError, LockError

r = redis.Redis(port=int(sys.argv[1]))
assert r.ping()
a = Lock(r, "lock:py", timeout=10)
b = Lock(r, "lock:py", timeout=10, blocking=False)
assert a.acquire()
assert not b.acquire()
assert a.owned() and a.locked() and not b.owned()
assert a.extend(5) and 10 < r.pttl("lock:py") / 1000 <= 15
assert a.reacquire() and r.pttl("lock:py") / 1000 <= 10
a.release()
assert r.get("lock:py") is None
assert b.acquire()
r.set("lock:py", "stolen")
try:
    b.release()
    raise SystemExit("released a lock of somebody else")
except LockNotOwnedError:
    pass
r.delete("lock:py")
with r.lock("lock:py", timeout=1, blocking_timeout=1):
    assert r.exists("lock:py")
assert not r.exists("lock:py")
short = Lock(r, "lock:py", timeout=0.05)
assert short.acquire()
waiter = Lock(r, "lock:py", timeout=1, sleep=0.01, blocking_timeout=5)
assert waiter.acquire()
waiter.release()

p = r.pubsub()
r.config_set("notify-keyspace-events", "KEA")
p.psubscribe("__keyevent@0__:*")
assert p.get_message(timeout=5)["type"] == "psubscribe"
with r.pipeline() as pipe:
    pipe.multi()
    pipe.set("k", "v", px=10000)
    pipe.get("k")
    assert pipe.execute() == [True, b"v"]
events = [p.get_message(timeout=5)["channel"] for _ in range(2)]
assert events == [b"__keyevent@0__:set", b"__keyevent@0__:expire"], events
assert r.info()["redis_version"] == "7.0.15"
assert r.hset("h", mapping={"a": 1}) == 1 and r.hgetall("h") == {b"a": b"1"}
assert sorted(r.scan_iter("*")) == [b"h", b"k"]
print("fine")
`

func TestRedisPyLocksOnANode(t *testing.T) {
	// Debian's own Python has the package; another one may come first on PATH.
	python := program(t, "python3", "/usr/bin/python3", "python3")
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import redis").CombinedOutput(); err != nil {
		t.Fatalf("%s has no redis module: install the package python3-redis\n%s", python, out)
	}
	n := startNode(t, Config{})
	_, port, _ := net.SplitHostPort(n.Addr())
	out, err := exec.CommandContext(t.Context(), python, "-c", redisPyLock, port).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "fine" {
		t.Errorf("redis-py: %v\n%s", err, out)
	}
}
