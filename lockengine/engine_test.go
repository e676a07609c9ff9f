package lockengine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // nodes that are down are what many tests are about
	goleak.VerifyTestMain(m)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// A rig is an engine over real Redis servers.
type rig struct {
	*lockengine.Engine
	servers []*spawn.Server
	clients []*redis.Client
}

const name = "lock:x"

// patient gives nodes more time than production does: the test machine is busy.
var patient = lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryCount: -1}

func newRig(t *testing.T, n int, cfg lockengine.Config) *rig {
	t.Helper()
	r := &rig{servers: redistest.StartAll(t, n)}
	for _, s := range r.servers {
		client := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1})
		t.Cleanup(func() { client.Close() })
		r.clients = append(r.clients, client)
	}
	r.Engine = r.engine(t, cfg)
	return r
}

// engine returns another engine over the same servers.
func (r *rig) engine(t *testing.T, cfg lockengine.Config) *lockengine.Engine {
	t.Helper()
	var nodes []lockengine.Node
	for i, s := range r.servers {
		opts, err := redisnode.ParseURL(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		node := redisnode.New(string(rune('a'+i)), opts)
		t.Cleanup(func() { node.Close() })
		nodes = append(nodes, node)
	}
	e, err := lockengine.New(nodes, cfg)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first contact with every node", func() bool {
		return !slices.ContainsFunc(e.Status(), func(s lockengine.NodeStatus) bool { return !s.Up || !s.ClockKnown || s.UpSince.IsZero() })
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return e
}

// holders returns what stands under the name on each node, "" for nothing.
func (r *rig) holders(t *testing.T) []string {
	t.Helper()
	values := make([]string, len(r.clients))
	for i, c := range r.clients {
		v, err := c.Get(t.Context(), name).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		values[i] = v
	}
	return values
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

func (r *rig) set(t *testing.T, value string, ttl time.Duration, nodes ...int) {
	t.Helper()
	for _, i := range nodes {
		if err := r.clients[i].Set(t.Context(), name, value, ttl).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *rig) empty(t *testing.T) bool {
	for _, v := range r.holders(t) {
		if v != "" {
			return false
		}
	}
	return true
}

func TestAcquireWritesOneTokenToEveryNodeAndReleaseRemovesIt(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5} {
		t.Run(fmt.Sprint(n, " nodes"), func(t *testing.T) {
			r := newRig(t, n, patient)
			lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "alice"})
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "a vote from every node", func() bool {
				for _, v := range lease.Votes() {
					if v.Vote != lockengine.VoteGranted || v.RTT <= 0 {
						return false
					}
				}
				return true
			})
			for i, v := range r.holders(t) {
				if v != lease.Token() {
					t.Errorf("node %d holds %q", i, lockengine.Fingerprint(v))
				}
			}
			if parts, ok := lockengine.ParseToken(lease.Token()); !ok || parts.Owner != "alice" || parts.Version != lease.Fence() {
				t.Errorf("token tells %+v, %v", parts, ok)
			}
			if err := lease.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
			eventually(t, "every node is free", func() bool { return r.empty(t) })
			if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrReleased) {
				t.Errorf("the context ended with %v", cause)
			}
			if err := lease.Release(t.Context()); err != nil {
				t.Errorf("a second release: %v", err)
			}
		})
	}
}

func TestValidityIsTheTTLLessElapsedAndDriftOnTheMonotonicClock(t *testing.T) {
	r := newRig(t, 3, patient)
	before := time.Now()
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	drift := 100*time.Millisecond + lockengine.DefaultClockDrift
	if latest := before.Add(10*time.Second - drift); lease.ValidUntil().Before(latest) {
		t.Errorf("valid until %s before the earliest possible end", latest.Sub(lease.ValidUntil()))
	}
	if latest := time.Now().Add(10*time.Second - drift); lease.ValidUntil().After(latest) {
		t.Error("validity was counted from the end of the attempt")
	}
}

func TestAHeldLockIsRefusedWithItsOwnerAndWhatIsLeft(t *testing.T) {
	r := newRig(t, 5, patient)
	other := r.engine(t, patient)
	lease, err := other.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 20 * time.Second, Owner: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	_, err = r.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "alice"})
	var held *lockengine.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("got %v", err)
	}
	if held.Owner != "bob" || held.Fingerprint != lease.Fingerprint() || held.Name != name {
		t.Errorf("told %+v", held)
	}
	if held.TTL <= 15*time.Second || held.TTL > 20*time.Second {
		t.Errorf("told a TTL of %s", held.TTL)
	}
	for _, v := range r.holders(t) {
		if v != lease.Token() {
			t.Error("the refused attempt touched the holder's key")
		}
	}
}

func TestALockOfAnotherTypeIsHeldByAnother(t *testing.T) {
	r := newRig(t, 1, patient)
	if err := r.clients[0].HSet(t.Context(), name, "f", "1").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var held *lockengine.HeldError
	if !errors.As(err, &held) || held.TTL != lockengine.NoExpiry {
		t.Fatalf("got %v", err)
	}
	if n := r.clients[0].Exists(t.Context(), name).Val(); n != 1 {
		t.Error("the undo deleted a key of another type")
	}
}

func TestASplitVoteIsNoQuorumAndLeavesNothingBehind(t *testing.T) {
	r := newRig(t, 5, patient)
	r.set(t, "red", time.Minute, 0, 1)
	r.set(t, "green", time.Minute, 2)
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) || none.Quorum != 3 || len(none.Votes) != 5 {
		t.Fatalf("got %v", err)
	}
	eventually(t, "nodes d and e are free again", func() bool {
		got := r.holders(t)
		return got[0] == "red" && got[1] == "red" && got[2] == "green" && got[3] == "" && got[4] == ""
	})
}

func TestALockWorksWithTwoOfFiveNodesDownAndNotWithThree(t *testing.T) {
	r := newRig(t, 5, patient)
	r.servers[3].Kill()
	r.servers[4].Kill()
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.servers[2].Kill()
	_, err = r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
	down := 0
	for _, v := range none.Votes {
		if v.Vote == lockengine.VoteDown && v.Reason != "" {
			down++
		}
	}
	if down != 3 {
		t.Errorf("the votes name %d nodes as down: %v", down, err)
	}
	for i := range 2 {
		eventually(t, "no residue on the nodes that live", func() bool {
			return r.clients[i].Exists(t.Context(), name).Val() == 0
		})
	}
}

func TestAHungNodeCostsNoTimeWhenTheOthersAgree(t *testing.T) {
	r := newRig(t, 5, lockengine.Config{Fresh: true, NodeTimeout: 5 * time.Second})
	if err := r.servers[0].Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %s: waited for the hung node", took)
	}
	if err := r.servers[0].Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the late vote is taken back", func() bool { return r.empty(t) })
}

func TestAnAttemptThatTimesOutIsTakenBackWhenTheNodesWakeUp(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 30 * time.Millisecond, RetryCount: -1})
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 30 * time.Second})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
	for _, v := range none.Votes {
		if v.Vote != lockengine.VoteTimeout {
			t.Errorf("node %s: %s", v.Node, v.Vote)
		}
	}
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

func TestAResidueOnANodeThatCutTheConnectionIsReaped(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 30 * time.Millisecond, RetryCount: -1})
	// Stopped for longer than a node's connection waits for an answer: the undo
	// that was queued behind the acquire is lost with the connection.
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute}); err == nil {
		t.Fatal("stopped nodes gave a lock")
	}
	<-time.After(2500 * time.Millisecond) // the fault itself: the nodes are away this long
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

func TestAContextThatEndsDuringTheAttemptGivesNoLeaseAndLeavesNothing(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 5 * time.Second})
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Acquire(ctx, name, lockengine.AcquireOptions{TTL: time.Minute})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

func TestAnAttemptThatTookTooLongIsRefusedAndUndone(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 5 * time.Second, RetryCount: -1, MinValidity: 150 * time.Millisecond})
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	wake := time.AfterFunc(120*time.Millisecond, func() {
		for _, s := range r.servers {
			_ = s.Signal(syscall.SIGCONT)
		}
	})
	defer wake.Stop()
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 200 * time.Millisecond})
	var slow *lockengine.TooSlowError
	if !errors.As(err, &slow) || slow.Validity >= slow.Minimum {
		t.Fatalf("got %v", err)
	}
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

func TestAWaitingCallerGetsTheLockWhenItIsReleased(t *testing.T) {
	r := newRig(t, 3, patient)
	first, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "first"})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "second", Wait: 30 * time.Second})
		if err == nil && !lease.Valid() {
			err = errors.New("the lease is not valid")
		}
		got <- err
	}()
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

func TestAWaitThatEndsTellsTheHolder(t *testing.T) {
	r := newRig(t, 1, patient)
	r.set(t, "somebody", time.Minute, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := r.Acquire(ctx, name, lockengine.AcquireOptions{Wait: time.Minute})
	var held *lockengine.HeldError
	if !errors.As(err, &held) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	_, err = r.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: 50 * time.Millisecond})
	if !errors.As(err, &held) || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func TestALeaseEndsByItselfAtItsValidity(t *testing.T) {
	r := newRig(t, 3, patient)
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	<-lease.Context().Done()
	if now := time.Now(); now.Before(lease.ValidUntil()) {
		t.Errorf("ended %s early", lease.ValidUntil().Sub(now))
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrExpired) || !errors.Is(cause, lockengine.ErrLost) {
		t.Errorf("ended with %v", cause)
	}
	if lease.Valid() {
		t.Error("an expired lease is valid")
	}
	if err := lease.Extend(t.Context(), time.Second); !errors.Is(err, lockengine.ErrLost) {
		t.Errorf("extend: %v", err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("release: %v", err)
	}
}

func TestExtendNeverRecreatesNorTakesFromAnother(t *testing.T) {
	r := newRig(t, 5, patient)
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all votes", func() bool { return !slices.Contains(r.holders(t), "") })
	r.set(t, "thief", time.Minute, 0, 1)
	if err := r.clients[2].Del(t.Context(), name).Err(); err != nil {
		t.Fatal(err)
	}
	if err := lease.Extend(t.Context(), 20*time.Second); !errors.Is(err, lockengine.ErrLost) {
		t.Fatalf("got %v", err)
	}
	if cause := context.Cause(lease.Context()); !errors.Is(cause, lockengine.ErrLost) {
		t.Errorf("the context ended with %v", cause)
	}
	eventually(t, "only the thief's keys are left", func() bool {
		got := r.holders(t)
		return got[0] == "thief" && got[1] == "thief" && got[2] == "" && got[3] == "" && got[4] == ""
	})
	if ttl := r.clients[0].PTTL(t.Context(), name).Val(); ttl < 50*time.Second {
		t.Errorf("the thief's TTL is %s", ttl)
	}
}

func TestExtendNeverShortens(t *testing.T) {
	r := newRig(t, 3, patient)
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	before := lease.ValidUntil()
	if err := lease.Extend(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if lease.ValidUntil().Before(before) {
		t.Error("validity was shortened")
	}
	if ttl := r.clients[0].PTTL(t.Context(), name).Val(); ttl < 20*time.Second {
		t.Errorf("the node's TTL is %s", ttl)
	}
}

func TestALeaseEndsAtItsOldValidityWhileAnExtendHangs(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 3 * time.Second})
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: 400 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	extended := make(chan error, 1)
	go func() { extended <- lease.Extend(t.Context(), 30*time.Second) }()
	<-lease.Context().Done()
	if late := time.Since(lease.ValidUntil()); late > time.Second {
		t.Errorf("ended %s late", late)
	}
	if err := <-extended; !errors.Is(err, lockengine.ErrExpired) {
		t.Errorf("extend: %v", err)
	}
	for _, s := range r.servers {
		if err := s.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "what the late extension prolonged is taken back", func() bool { return r.empty(t) })
}

func TestReleaseOfALockThatWasTakenAwaySaysLost(t *testing.T) {
	r := newRig(t, 3, patient)
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.set(t, "thief", time.Minute, 0, 1, 2)
	if err := lease.Release(t.Context()); !errors.Is(err, lockengine.ErrLost) {
		t.Fatalf("got %v", err)
	}
	if got := r.holders(t); got[0] != "thief" || got[1] != "thief" || got[2] != "thief" {
		t.Error("release deleted another's key")
	}
}

func TestScriptsThatTheServerForgotAreSentAgain(t *testing.T) {
	r := newRig(t, 3, patient)
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.clients {
		if err := c.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "every node is free", func() bool { return r.empty(t) })
}

func TestANodeThatRefusesWithAnErrorIsAVoteWithItsReason(t *testing.T) {
	r := newRig(t, 1, patient)
	if err := r.clients[0].ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var none *lockengine.NoQuorumError
	if !errors.As(err, &none) {
		t.Fatalf("got %v", err)
	}
	if v := none.Votes[0]; v.Vote != lockengine.VoteUnknown || v.Reason == "" {
		t.Errorf("voted %+v", v)
	}
}

func TestCloseReleasesWhatIsHeldAndTakesNoMore(t *testing.T) {
	r := newRig(t, 3, patient)
	lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lease.Valid() || !r.empty(t) {
		t.Error("a lease outlived its engine")
	}
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); !errors.Is(err, lockengine.ErrClosed) {
		t.Errorf("acquire: %v", err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestManyCallersNeverHoldTheSameLockAtOnce(t *testing.T) {
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryDelay: 5 * time.Millisecond, RetryJitter: 4 * time.Millisecond})
	other := r.engine(t, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryDelay: 5 * time.Millisecond, RetryJitter: 4 * time.Millisecond})
	var inside, entered int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		e := r.Engine
		if i%2 == 1 {
			e = other
		}
		wg.Go(func() {
			for range 5 {
				lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{Wait: time.Minute})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				inside++
				entered++
				if inside > 1 {
					t.Error("two holders at once")
				}
				inside--
				mu.Unlock()
				if err := lease.Release(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if entered != 40 {
		t.Errorf("entered %d times", entered)
	}
}

func TestBadArgumentsAreNamed(t *testing.T) {
	r := newRig(t, 1, lockengine.Config{})
	long := make([]byte, 10<<20)
	for field, call := range map[string]func() error{
		"name": func() error { _, err := r.Acquire(t.Context(), string(long), lockengine.AcquireOptions{}); return err },
		"ttl":  func() error { _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: -1}); return err },
		"owner": func() error {
			_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "a\x00"})
			return err
		},
		"nodes": func() error { _, err := lockengine.New(nil, lockengine.Config{}); return err },
		"NodeTimeout": func() error {
			_, err := lockengine.New(r.Nodes(), lockengine.Config{Fresh: true, NodeTimeout: -1})
			return err
		},
		"ctx": func() error { _, err := r.Acquire(nil, name, lockengine.AcquireOptions{}); return err }, //nolint:staticcheck // what is tested
	} {
		var arg *lockengine.ArgumentError
		if err := call(); !errors.As(err, &arg) || arg.Field != field || arg.Want == "" {
			t.Errorf("%s: got %v", field, err)
		}
	}
	for _, ttl := range []time.Duration{time.Millisecond, 61 * time.Second} {
		var arg *lockengine.ArgumentError
		if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: ttl}); !errors.As(err, &arg) || arg.Field != "ttl" {
			t.Errorf("ttl %s: got %v", ttl, err)
		}
	}
}
