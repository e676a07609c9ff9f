package prooftest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // nodes that are cut off are what many tests are about
	// The proxy loses a goroutine of its own now and then, when a connection
	// ends while a fault comes or goes.
	const proxy = "github.com/Shopify/toxiproxy/v2"
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction(proxy+"/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction(proxy+".(*ToxicLink).read"),
		goleak.IgnoreAnyFunction(proxy+".(*ToxicLink).write"))
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

const name = "lock:x"

// patient gives nodes more time than production does: the test machine is busy.
var patient = lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second, RetryCount: -1}

// A rig is a number of real servers, each with a proxy before it.
type rig struct {
	servers []*spawn.Server
	clients []*redis.Client // past the proxies
	proxies []*toxiproxy.Proxy
}

func newRig(t *testing.T, n int) *rig {
	t.Helper()
	r := &rig{servers: redistest.StartAll(t, n)}
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	for i, s := range r.servers {
		client := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1})
		t.Cleanup(func() { client.Close() })
		r.clients = append(r.clients, client)
		proxy := toxiproxy.NewProxy(api, string(rune('a'+i)), "127.0.0.1:0", s.Addr())
		if err := proxy.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(proxy.Stop)
		r.proxies = append(r.proxies, proxy)
	}
	return r
}

// direct returns an engine that reaches the servers past the proxies.
func (r *rig) direct(t *testing.T, cfg lockengine.Config) *lockengine.Engine {
	t.Helper()
	var urls []string
	for _, s := range r.servers {
		urls = append(urls, s.URL())
	}
	return engine(t, cfg, urls)
}

// proxied returns an engine that reaches the servers through the proxies.
func (r *rig) proxied(t *testing.T, cfg lockengine.Config) *lockengine.Engine {
	t.Helper()
	var urls []string
	for _, p := range r.proxies {
		urls = append(urls, "redis://"+p.Listen)
	}
	e := engine(t, cfg, urls)
	// Every connection is open, and every script known, before the first fault.
	eventually(t, "all nodes answer", func() bool {
		lease, err := e.Acquire(t.Context(), "warm", lockengine.AcquireOptions{})
		if err != nil {
			return false
		}
		defer release(t, lease)
		return lease.Extend(t.Context(), 20*time.Second) == nil && !slices.ContainsFunc(lease.Votes(),
			func(v lockengine.NodeVote) bool { return v.Vote != lockengine.VoteGranted })
	})
	return e
}

// engine returns an engine that has met all its nodes, "a", "b" and so on.
func engine(t *testing.T, cfg lockengine.Config, urls []string) *lockengine.Engine {
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
	eventually(t, "every node votes", func() bool {
		for _, s := range e.Status() {
			if !s.Votes {
				return false
			}
		}
		return true
	})
	return e
}

// A toxic is a fault of a proxy. Its name is the stream that it is in.
type toxic struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream"`
	Attributes map[string]int `json:"attributes"`
}

// add injects a fault into the proxies before nodes, in the stream "upstream"
// (what is asked) or "downstream" (what is answered).
func (r *rig) add(t *testing.T, stream, kind string, attributes map[string]int, nodes ...int) {
	t.Helper()
	spec, err := json.Marshal(toxic{Name: stream, Type: kind, Stream: stream, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range nodes {
		if _, err := r.proxies[i].Toxics.AddToxicJson(strings.NewReader(string(spec))); err != nil {
			t.Fatal(err)
		}
	}
}

// heal ends all faults of the proxies before nodes.
func (r *rig) heal(nodes ...int) {
	for _, i := range nodes {
		r.proxies[i].Toxics.ResetToxics(context.Background())
	}
}

// all are the indices of n nodes.
func all(n int) []int {
	nodes := make([]int, n)
	for i := range nodes {
		nodes[i] = i
	}
	return nodes
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

func (r *rig) empty(t *testing.T) bool {
	for _, v := range r.holders(t) {
		if v != "" {
			return false
		}
	}
	return true
}

// acquire takes the lock that every test is about, or fails the test.
func acquire(t *testing.T, e *lockengine.Engine, opts lockengine.AcquireOptions) *lockengine.Lease {
	t.Helper()
	var slow *lockengine.TooSlowError
	for range 20 { // a busy machine may not have a short lease in time
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

func release(t *testing.T, lease *lockengine.Lease) {
	t.Helper()
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
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
