package redisnode_test

import (
	"context"
	"fmt"
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
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	goleak.VerifyTestMain(m)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// A call is an operation that can be waited for.
type call struct {
	op   lockengine.Op
	done chan struct{}
	once int
}

func (c *call) Complete(*lockengine.Op) {
	c.once++
	close(c.done)
}

func submit(n lockengine.Node, op lockengine.Op) *call {
	c := &call{op: op, done: make(chan struct{})}
	c.op.To = c
	if c.op.Deadline.IsZero() {
		c.op.Deadline = time.Now().Add(5 * time.Second)
	}
	n.Submit(&c.op)
	return c
}

func (c *call) answer(t *testing.T) lockengine.Answer {
	t.Helper()
	select {
	case <-c.done:
		return c.op.Answer
	case <-time.After(10 * time.Second):
		t.Fatal("the operation was never completed")
		panic("unreachable")
	}
}

func do(t *testing.T, n lockengine.Node, kind lockengine.Kind, name, token string, ttl time.Duration) lockengine.Answer {
	t.Helper()
	return submit(n, lockengine.Op{Kind: kind, Name: name, Token: token, TTL: ttl}).answer(t)
}

// onBoth runs a test against a real server and against an embedded node.
func onBoth(t *testing.T, test func(t *testing.T, n *redisnode.Node, raw *redis.Client)) {
	start := map[string]func(t *testing.T) string{
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
	for kind, url := range start {
		t.Run(kind, func(t *testing.T) {
			u := url(t)
			node, err := redisnode.Dial(u)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { node.Close() })
			opts, _ := redisnode.ParseURL(u)
			raw := redis.NewClient(opts)
			t.Cleanup(func() { raw.Close() })
			test(t, node, raw)
		})
	}
}

func TestOneTokenHoldsANameAtATime(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		if a := do(t, n, lockengine.KindAcquire, "k", "one", time.Minute); a.Vote != lockengine.VoteGranted || a.RTT <= 0 {
			t.Errorf("first: %+v", a)
		}
		if a := do(t, n, lockengine.KindAcquire, "k", "two", time.Minute); a.Vote != lockengine.VoteOther || a.Holder != "one" {
			t.Errorf("second: %+v", a)
		}
		if a := do(t, n, lockengine.KindAcquire, "k", "one", time.Minute); a.Vote != lockengine.VoteGranted {
			t.Errorf("its own token: %+v", a)
		}
		if v := raw.Get(t.Context(), "k").Val(); v != "one" {
			t.Errorf("holds %q", v)
		}
		if left := raw.PTTL(t.Context(), "k").Val(); left <= 50*time.Second || left > time.Minute {
			t.Errorf("expires in %s", left)
		}
	})
}

func TestExtendOnlyProlongsItsOwnToken(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		if a := do(t, n, lockengine.KindExtend, "k", "one", time.Minute); a.Vote != lockengine.VoteFree {
			t.Errorf("on a free name: %+v", a)
		}
		raw.Set(t.Context(), "k", "one", 10*time.Second)
		if a := do(t, n, lockengine.KindExtend, "k", "one", time.Minute); a.Vote != lockengine.VoteGranted {
			t.Errorf("own: %+v", a)
		}
		if left := raw.PTTL(t.Context(), "k").Val(); left <= 50*time.Second {
			t.Errorf("expires in %s", left)
		}
		if a := do(t, n, lockengine.KindExtend, "k", "one", time.Second); a.Vote != lockengine.VoteGranted {
			t.Errorf("shorter: %+v", a)
		}
		if left := raw.PTTL(t.Context(), "k").Val(); left <= 50*time.Second {
			t.Errorf("was shortened to %s", left)
		}
		if a := do(t, n, lockengine.KindExtend, "k", "two", time.Hour); a.Vote != lockengine.VoteOther || a.TTL <= 50*time.Second || a.TTL > time.Minute {
			t.Errorf("another's: %+v", a)
		}
	})
}

func TestReleaseOnlyDeletesItsOwnToken(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		raw.Set(t.Context(), "k", "one", 0)
		if a := do(t, n, lockengine.KindRelease, "k", "two", 0); a.Vote != lockengine.VoteOther || a.TTL != lockengine.NoExpiry {
			t.Errorf("another's: %+v", a)
		}
		if a := do(t, n, lockengine.KindRelease, "k", "one", 0); a.Vote != lockengine.VoteGranted {
			t.Errorf("own: %+v", a)
		}
		if a := do(t, n, lockengine.KindRelease, "k", "one", 0); a.Vote != lockengine.VoteFree {
			t.Errorf("a second time: %+v", a)
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

func TestOperationsAreCarriedOutInTheOrderOfSubmission(t *testing.T) {
	onBoth(t, func(t *testing.T, n *redisnode.Node, raw *redis.Client) {
		var calls []*call
		for i := range 1000 {
			token := fmt.Sprint("token", i)
			calls = append(calls,
				submit(n, lockengine.Op{Kind: lockengine.KindAcquire, Name: "k", Token: token, TTL: time.Minute}),
				submit(n, lockengine.Op{Kind: lockengine.KindRelease, Name: "k", Token: token}))
		}
		for i, c := range calls {
			if a := c.answer(t); a.Vote != lockengine.VoteGranted {
				t.Fatalf("operation %d: %+v", i, a)
			}
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
	sent := submit(n, lockengine.Op{Kind: lockengine.KindAcquire, Name: "a", Token: "x", TTL: time.Minute})
	late := submit(n, lockengine.Op{Kind: lockengine.KindAcquire, Name: "b", Token: "x", TTL: time.Minute,
		Deadline: time.Now().Add(100 * time.Millisecond)})
	if a := sent.answer(t); a.Vote != lockengine.VoteTimeout || a.Void {
		t.Errorf("sent: %+v", a)
	}
	if a := late.answer(t); a.Vote != lockengine.VoteTimeout {
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
	var calls []*call
	for range 10 {
		calls = append(calls, submit(n, lockengine.Op{Kind: lockengine.KindAcquire, Name: "a", Token: "x", TTL: time.Minute}))
	}
	var wg sync.WaitGroup
	wg.Go(func() { n.Close() })
	for _, c := range calls {
		if a := c.answer(t); a.Vote == lockengine.VoteGranted {
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
