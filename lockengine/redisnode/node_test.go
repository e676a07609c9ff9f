package redisnode_test

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	goleak.VerifyTestMain(m)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// A call is an operation that can be waited for.
// servers are what every test of a node runs on.
var servers = map[string]func(t *testing.T) string{
	"redis-server": func(t *testing.T) string { return redistest.Start(t).URL() },
	"embedded": func(t *testing.T) string {
		n, err := embedded.Start(embedded.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Stop)
		return n.URL()
	},
}

// dial returns the node at a URL.
func dial(t *testing.T, url string) *redisnode.Node {
	t.Helper()
	n, err := redisnode.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n.(*redisnode.Node)
}

// dialOld returns the node at a URL as if its server were from before 7.0.
func dialOld(t *testing.T, url string) *redisnode.Node {
	t.Helper()
	n := dial(t, url)
	// Both connections have asked for the version by then, and will not again.
	do(t, n, lockengine.KindRelease, "k", "none", 0)
	nodetest.Do(t, n, lockengine.Request{Kind: lockengine.KindHealth})
	n.ForceLegacy()
	return n
}

// onBoth runs a test against a real server and against an embedded node.
func onBoth(t *testing.T, test func(t *testing.T, n *redisnode.Node, raw *redis.Client)) {
	for kind, start := range servers {
		t.Run(kind, func(t *testing.T) {
			url := start(t)
			opts, err := redisnode.ParseURL(url)
			if err != nil {
				t.Fatal(err)
			}
			raw := redis.NewClient(opts)
			t.Cleanup(func() { raw.Close() })
			test(t, dial(t, url), raw)
		})
	}
}

func do(t *testing.T, n lockengine.Node, kind lockengine.Kind, name, token string, ttl time.Duration) lockengine.Answer {
	t.Helper()
	return nodetest.Do(t, n, lockengine.Request{Kind: kind, Name: name, Token: token, TTL: ttl})
}

func TestTheNodeConforms(t *testing.T) {
	for kind, start := range servers {
		t.Run(kind, func(t *testing.T) {
			nodetest.Run(t, func(t *testing.T) lockengine.Node { return dial(t, start(t)) })
		})
		t.Run(kind+" as if before 7.0", func(t *testing.T) {
			nodetest.Run(t, func(t *testing.T) lockengine.Node { return dialOld(t, start(t)) })
		})
	}
}

// An old server's script could be stopped between the key and its fence.
func TestBeforeSevenAFenceThatCannotBeRaisedMayHaveLeftTheKey(t *testing.T) {
	url := servers["redis-server"](t)
	n := dialOld(t, url)
	opts, _ := redisnode.ParseURL(url)
	raw := redis.NewClient(opts)
	defer raw.Close()
	raw.Set(t.Context(), "lockscope:fences", "of another type", 0)
	a := do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	if a.Vote == lockengine.VoteGranted || a.Void {
		t.Errorf("%+v", a)
	}
	if raw.Get(t.Context(), "k").Val() == "one" {
		if a := do(t, n, lockengine.KindRelease, "k", "one", 0); a.Vote != lockengine.VoteGranted {
			t.Errorf("release: %+v", a)
		}
	}
}

func TestALockIsAPlainStringUnderItsNameWithItsLease(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		for _, kind := range []lockengine.Kind{lockengine.KindAcquire, lockengine.KindHeal} {
			if a := do(t, n, kind, "k", "one", time.Minute); a.Vote != lockengine.VoteGranted || a.RTT <= 0 {
				t.Errorf("%s: %+v", kind, a)
			}
			if v := raw.Get(t.Context(), "k").Val(); v != "one" {
				t.Errorf("%s: it holds %q", kind, v)
			}
			if left := raw.PTTL(t.Context(), "k").Val(); left <= 50*time.Second || left > time.Minute {
				t.Errorf("%s: it expires in %s", kind, left)
			}
			raw.Del(t.Context(), "k")
		}
	})
}

func TestALockWithoutExpiryIsToldApart(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		raw.Set(t.Context(), "k", "one", 0)
		if a := do(t, n, lockengine.KindRelease, "k", "two", 0); a.Vote != lockengine.VoteOther || a.TTL != lockengine.NoExpiry {
			t.Errorf("another's: %+v", a)
		}
		// Its holder meant it to last for ever: extending must not end that.
		if a := do(t, n, lockengine.KindExtend, "k", "one", time.Minute); a.Vote != lockengine.VoteGranted {
			t.Errorf("its own: %+v", a)
		}
		if left := raw.PTTL(t.Context(), "k").Val(); left != -1 {
			t.Errorf("it expires in %s", left)
		}
	})
}

func TestAKeyOfAnotherTypeIsHeldByAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		raw.HSet(t.Context(), "k", "f", "v")
		for _, kind := range []lockengine.Kind{lockengine.KindAcquire, lockengine.KindExtend, lockengine.KindRelease} {
			if a := do(t, n, kind, "k", "one", time.Minute); a.Vote != lockengine.VoteOther {
				t.Errorf("%s: %+v", kind, a)
			}
		}
		if raw.Exists(t.Context(), "k").Val() != 1 {
			t.Error("the key was deleted")
		}
	})
}

func TestForgottenScriptsAreSentInFull(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
		if err := raw.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if a := do(t, n, lockengine.KindRelease, "k", "one", 0); a.Vote != lockengine.VoteGranted {
			t.Errorf("release: %+v", a)
		}
	})
}

func TestANodeThatIsGoneIsDownAndOneThatComesBackVotes(t *testing.T) {
	server := redistest.Start(t)
	n, err := redisnode.Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	server.Kill()
	// The first may meet the connection that is breaking.
	do(t, n, lockengine.KindAcquire, "k", "two", time.Minute)
	if a := do(t, n, lockengine.KindAcquire, "k", "three", time.Minute); a.Vote != lockengine.VoteDown || !a.Void || a.Err == nil {
		t.Errorf("gone: %+v", a)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := do(t, n, lockengine.KindAcquire, "k", "four", time.Minute); a.Vote != lockengine.VoteGranted {
		t.Errorf("back: %+v", a)
	}
}

func TestAHungNodeTimesOutAndWhatCameTooLateIsNotSent(t *testing.T) {
	server := redistest.Start(t)
	n, err := redisnode.Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	sent := nodetest.Submit(n, lockengine.Request{Kind: lockengine.KindAcquire, Name: "a", Token: "x", TTL: time.Minute})
	late := nodetest.Submit(n, lockengine.Request{Kind: lockengine.KindAcquire, Name: "b", Token: "x", TTL: time.Minute,
		Deadline: time.Now().Add(100 * time.Millisecond)})
	if a := sent.Answer(t); a.Vote != lockengine.VoteTimeout || a.Void {
		t.Errorf("sent: %+v", a)
	}
	if a := late.Answer(t); a.Vote != lockengine.VoteTimeout {
		t.Errorf("too late: %+v", a)
	}
	if err := server.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

func TestCloseAnswersWhatWaits(t *testing.T) {
	server := redistest.Start(t)
	n, err := redisnode.Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var calls []*nodetest.Call
	for range 10 {
		calls = append(calls, nodetest.Submit(n, lockengine.Request{Kind: lockengine.KindAcquire, Name: "a", Token: "x", TTL: time.Minute}))
	}
	var wg sync.WaitGroup
	wg.Go(func() { n.Close() })
	for _, c := range calls {
		if a := c.Answer(t); a.Vote == lockengine.VoteGranted {
			t.Errorf("a stopped server granted: %+v", a)
		}
	}
	wg.Wait()
	if a := do(t, n, lockengine.KindAcquire, "k", "two", time.Minute); a.Vote != lockengine.VoteDown || !a.Void {
		t.Errorf("after Close: %+v", a)
	}
	if err := n.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestAnAnswerTellsNoPassword(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "right")
	n, err := redisnode.Dial(strings.Replace(server.URL(), "redis://", "redis://:hunter2@", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	a := do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	if a.Vote == lockengine.VoteGranted || a.Err == nil || strings.Contains(a.Err.Error(), "hunter2") {
		t.Errorf("got %+v", a)
	}
	if strings.Contains(n.ID(), "hunter2") {
		t.Errorf("the ID is %s", n.ID())
	}
}
