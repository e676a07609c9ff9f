package lockengine_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
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

// newRig starts n servers and an engine over them.
func newRig(t *testing.T, n int, cfg lockengine.Config) *rig {
	t.Helper()
	r := newServers(t, n)
	r.Engine = r.engine(t, cfg)
	return r
}

// newServers starts n servers, with the extra arguments given, and no engine.
func newServers(t testing.TB, n int, args ...string) *rig {
	t.Helper()
	r := &rig{servers: redistest.StartAll(t, n, args...)}
	for _, s := range r.servers {
		client := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1})
		t.Cleanup(func() { client.Close() })
		r.clients = append(r.clients, client)
	}
	return r
}

// engine returns another engine over the same servers, once it has met every
// node and is connected to it.
func (r *rig) engine(t testing.TB, cfg lockengine.Config) *lockengine.Engine {
	t.Helper()
	e := r.unmet(t, cfg)
	eventually(t, "the first contact with every node", func() bool {
		return !slices.ContainsFunc(e.Status(), func(s lockengine.NodeStatus) bool { return !met(s) })
	})
	for i, node := range e.Nodes() {
		// Questions have a connection of their own, so the one for locks may
		// still be on its way. A node that is stopped now could not finish it.
		nodetest.Do(t, node, lockengine.Request{Kind: lockengine.KindExtend, Name: "rig:nobody", Token: "nobody", TTL: time.Second})
		if err := r.clients[i].ConfigResetStat(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// met reports whether the engine knows a node well enough to count its votes, or
// to say why it does not. A node answers before that: its marker may still be
// under way.
func met(s lockengine.NodeStatus) bool {
	return s.Up && s.ClockKnown && !s.UpSince.IsZero() && (s.Votes || s.OutWhy != "")
}

// unmet returns another engine that may not have met its nodes yet.
func (r *rig) unmet(t testing.TB, cfg lockengine.Config) *lockengine.Engine {
	t.Helper()
	var urls []string
	for _, s := range r.servers {
		urls = append(urls, s.URL())
	}
	return engineAt(t, cfg, urls...)
}

// engineAt returns an engine over the nodes "a", "b" and so on at the URLs.
func engineAt(t testing.TB, cfg lockengine.Config, urls ...string) *lockengine.Engine {
	t.Helper()
	var nodes []lockengine.Node
	for i, url := range urls {
		opts, err := redisnode.ParseURL(url)
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
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return e
}

// acquire takes the lock that every test is about, or fails the test. Where a
// short lease is over before a busy machine has it, it asks for the next.
func acquire(t testing.TB, e *lockengine.Engine, opts lockengine.AcquireOptions) *lockengine.Lease {
	t.Helper()
	var slow *lockengine.TooSlowError
	for range 20 {
		lease, err := e.Acquire(t.Context(), name, opts)
		if err == nil {
			return lease
		}
		if !errors.As(err, &slow) {
			t.Fatal(err)
		}
	}
	t.Fatal(slow)
	panic("unreachable")
}

// stop hangs nodes until the test ends or resume is called.
func (r *rig) stop(t testing.TB, nodes ...int) {
	t.Helper()
	for _, i := range nodes {
		if err := r.servers[i].Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, i := range nodes {
			_ = r.servers[i].Signal(syscall.SIGCONT) // it may have been killed
		}
	})
}

func (r *rig) resume(t testing.TB, nodes ...int) {
	t.Helper()
	for _, i := range nodes {
		if err := r.servers[i].Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
}

// restart ends a node's process and runs it again, with what it kept on disk.
func (r *rig) restart(t testing.TB, node int) {
	t.Helper()
	if err := r.servers[node].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// holders returns what stands under the name on each node, "" for nothing.
func (r *rig) holders(t testing.TB) []string {
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

// set puts another client's value on nodes.
func (r *rig) set(t testing.TB, value string, ttl time.Duration, nodes ...int) {
	t.Helper()
	for _, i := range nodes {
		if err := r.clients[i].Set(t.Context(), name, value, ttl).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *rig) empty(t testing.TB) bool {
	for _, v := range r.holders(t) {
		if v != "" {
			return false
		}
	}
	return true
}

// pttl is what is left on a node of the lock that every test is about.
func pttl(t *testing.T, c *redis.Client) time.Duration {
	t.Helper()
	left, err := c.PTTL(t.Context(), name).Result()
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// calls is how often a node has carried out a command.
func (r *rig) calls(t testing.TB, node int, command string) int {
	t.Helper()
	stats, err := r.clients[node].Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(stats, "cmdstat_"+command+":calls=")
	if !found {
		return 0
	}
	digits, _, _ := strings.Cut(rest, ",")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(15 * time.Second)
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

// A recorder is an Observer that keeps what it is told and passes it on.
type recorder struct {
	then func(lockengine.Event)

	mu     sync.Mutex // guards events
	events []lockengine.Event
}

func (r *recorder) Observe(e lockengine.Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	if r.then != nil {
		r.then(e)
	}
}

// of returns the events of one kind.
func (r *recorder) of(kind lockengine.EventKind) []lockengine.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []lockengine.Event
	for _, e := range r.events {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// voteOf returns the vote of a node, or fails the test.
func voteOf(t testing.TB, votes []lockengine.NodeVote, node string) lockengine.NodeVote {
	t.Helper()
	for _, v := range votes {
		if v.Node == node {
			return v
		}
	}
	t.Fatalf("no vote of node %s in %+v", node, votes)
	panic("unreachable")
}

// votesOf returns the votes that an error of Acquire tells.
func votesOf(t testing.TB, err error) []lockengine.NodeVote {
	t.Helper()
	var none *lockengine.NoQuorumError
	var held *lockengine.HeldError
	var slow *lockengine.TooSlowError
	switch {
	case errors.As(err, &none):
		return none.Votes
	case errors.As(err, &held):
		return held.Votes
	case errors.As(err, &slow):
		return slow.Votes
	}
	t.Fatalf("an error without votes: %v", err)
	panic("unreachable")
}

// all are the indices of n nodes.
func all(n int) []int {
	nodes := make([]int, n)
	for i := range nodes {
		nodes[i] = i
	}
	return nodes
}
