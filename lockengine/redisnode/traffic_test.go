package redisnode_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// together hands operations to a node that is not connected yet, so that they
// go out in one batch, and returns the answers.
func together(t *testing.T, url string, ops ...lockengine.Request) []lockengine.Answer {
	t.Helper()
	opts, err := redisnode.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	handedOver := make(chan struct{})
	dial := redis.NewDialer(opts)
	opts.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		<-handedOver
		return dial(ctx, network, addr)
	}
	n := redisnode.New("a", opts)
	t.Cleanup(func() { n.Close() })
	var calls []*nodetest.Call
	for _, op := range ops {
		calls = append(calls, nodetest.Submit(n, op))
	}
	close(handedOver)
	var answers []lockengine.Answer
	for _, c := range calls {
		answers = append(answers, c.Answer(t))
	}
	return answers
}

func acquireOp(name, token string, candidate int64) lockengine.Request {
	return lockengine.Request{Kind: lockengine.KindAcquire, Name: name, Token: token, TTL: time.Minute, Candidate: candidate}
}

func releaseOp(name, token string) lockengine.Request {
	return lockengine.Request{Kind: lockengine.KindRelease, Name: name, Token: token}
}

// rawClient returns a client of the test's own.
func rawClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	opts, err := redisnode.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	raw := redis.NewClient(opts)
	t.Cleanup(func() { raw.Close() })
	return raw
}

func TestOneFenceThatDoesNotRiseLeavesAllOfItsCommandUnraised(t *testing.T) {
	url := redistest.Start(t).URL()
	raw := rawClient(t, url)
	raw.ZAdd(t.Context(), "lockscope:fences", redis.Z{Score: 900, Member: "k3"})
	var ops []lockengine.Request
	for i := range 6 {
		ops = append(ops, acquireOp(fmt.Sprint("k", i), "one", 800))
	}
	for i, a := range together(t, url, ops...) {
		if a.Vote != lockengine.VoteGranted || a.Raised {
			t.Errorf("k%d: %+v", i, a)
		}
		want := 800.0
		if i == 3 {
			want = 900
		}
		if got := raw.ZScore(t.Context(), "lockscope:fences", fmt.Sprint("k", i)).Val(); got != want {
			t.Errorf("the fence of k%d is %.0f, want %.0f", i, got, want)
		}
	}
}

func TestWhatIsGatheredKeepsItsOrderOnAName(t *testing.T) {
	for kind, start := range servers {
		t.Run(kind, func(t *testing.T) {
			answers := together(t, start(t),
				acquireOp("k", "one", 1), acquireOp("other", "one", 2),
				releaseOp("k", "one"), // after the acquire of its own name
				acquireOp("k", "two", 3),
				releaseOp("k", "one"), // of a lease that is over
				releaseOp("other", "one"),
				acquireOp("k", "three", 4),
			)
			want := []lockengine.Vote{lockengine.VoteGranted, lockengine.VoteGranted, lockengine.VoteGranted,
				lockengine.VoteGranted, lockengine.VoteOther, lockengine.VoteGranted, lockengine.VoteOther}
			for i, a := range answers {
				if a.Vote != want[i] {
					t.Errorf("operation %d: %+v, want %s", i, a, want[i])
				}
			}
		})
	}
}

func TestAThousandReleasesAtOnceAreAnsweredOneByOne(t *testing.T) {
	for kind, start := range servers {
		t.Run(kind, func(t *testing.T) {
			url := start(t)
			raw := rawClient(t, url)
			votes := []lockengine.Vote{lockengine.VoteGranted, lockengine.VoteOther, lockengine.VoteFree, lockengine.VoteOther}
			var ops []lockengine.Request
			pipe := raw.Pipeline()
			for i := range 1000 {
				name := fmt.Sprint("k", i)
				switch i % len(votes) {
				case 0:
					pipe.Set(t.Context(), name, "one", time.Minute)
				case 1:
					pipe.Set(t.Context(), name, "two", time.Minute)
				case 3:
					pipe.HSet(t.Context(), name, "of another", "type")
				}
				ops = append(ops, releaseOp(name, "one"))
			}
			if _, err := pipe.Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i, a := range together(t, url, ops...) {
				if want := votes[i%len(votes)]; a.Vote != want || a.Err != nil {
					t.Fatalf("k%d: %+v, want %s", i, a, want)
				}
				if left := a.TTL; i%len(votes) == 1 && (left <= 0 || left > time.Minute) || i%len(votes) == 3 && left != lockengine.NoExpiry {
					t.Errorf("k%d: the other's lease ends in %s", i, left)
				}
			}
		})
	}
}

// A user that may not touch one of the names must not cost the others theirs.
func TestANameThatIsForbiddenFailsAlone(t *testing.T) {
	server := redistest.Start(t)
	raw := rawClient(t, server.URL())
	if err := raw.Do(t.Context(), "ACL", "SETUSER", "locker", "on", ">pw", "~lock:*", "~lockscope:*", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		raw.Set(t.Context(), fmt.Sprint("lock:", i), "one", time.Minute)
	}
	answers := together(t, strings.Replace(server.URL(), "redis://", "redis://locker:pw@", 1),
		releaseOp("lock:0", "one"), releaseOp("theirs", "one"), releaseOp("lock:1", "one"), releaseOp("lock:2", "one"))
	for i, want := range []lockengine.Vote{lockengine.VoteGranted, lockengine.VoteUnknown, lockengine.VoteGranted, lockengine.VoteGranted} {
		if answers[i].Vote != want {
			t.Errorf("operation %d: %+v, want %s", i, answers[i], want)
		}
	}
	if err := answers[1].Err; err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
		t.Errorf("the forbidden one: %v", err)
	}
}

// A connection that broke while nothing was asked costs no operation.
func TestAConnectionThatBrokeInQuietIsReplacedBeforeItIsNeeded(t *testing.T) {
	url := redistest.Start(t).URL()
	n, raw := dial(t, url), rawClient(t, url)
	do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	if err := raw.Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err(); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for strings.Count(raw.ClientList(t.Context()).Val(), "\n") < 2 { // ours and the node's new one
		select {
		case <-deadline:
			t.Fatal("the node did not connect again")
		case <-tick.C:
		}
	}
	if a := do(t, n, lockengine.KindRelease, "k", "one", 0); a.Vote != lockengine.VoteGranted {
		t.Errorf("%+v", a)
	}
}

func TestANodeThatIsTooSlowRefusesWhatItCannotKeep(t *testing.T) {
	server := redistest.Start(t)
	n := dial(t, server.URL())
	do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var calls []*nodetest.Call
	for i := range 12_000 {
		calls = append(calls, nodetest.Submit(n, acquireOp(fmt.Sprint("k", i), "x", 1)))
	}
	full := 0
	for _, c := range calls {
		a := c.Answer(t)
		if a.Vote == lockengine.VoteGranted {
			t.Fatalf("a stopped server granted: %+v", a)
		}
		if a.Vote == lockengine.VoteDown && a.Void && strings.Contains(a.Err.Error(), "too many operations") {
			full++
		}
	}
	if full == 0 || full == len(calls) {
		t.Errorf("%d of %d operations were refused for want of room", full, len(calls))
	}
	if err := server.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}
