package web

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/watcher"
)

// documented returns the words of the line that docs/ACL.md gives for a user.
func documented(t *testing.T, user string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/ACL.md")
	must(t, err)
	line := regexp.MustCompile(`(?m)^ACL SETUSER ` + user + ` .*$`).FindString(string(text))
	if line == "" {
		t.Fatalf("no line for %s", user)
	}
	return strings.Fields(line)
}

// setUser makes the user on the node, without some of the permissions.
func setUser(t *testing.T, node *redis.Client, words []string, without ...string) {
	t.Helper()
	var args []any
	for _, word := range words {
		if !slices.Contains(without, word) {
			args = append(args, word)
		}
	}
	must(t, node.Do(t.Context(), args...).Err())
}

// locked starts servers on which only documented users get in, and returns
// clients of an administrator.
func locked(t *testing.T, n int, args ...string) ([]*spawn.Server, []*redis.Client) {
	t.Helper()
	servers := redistest.StartAll(t, n, args...)
	admins := make([]*redis.Client, n)
	for i, s := range servers {
		first := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true})
		must(t, first.Do(t.Context(), "ACL", "SETUSER", "admin", "on", ">admin", "allkeys", "allchannels", "+@all").Err())
		must(t, first.Do(t.Context(), "ACL", "SETUSER", "default", "off").Err())
		must(t, first.Close())
		admins[i] = redis.NewClient(&redis.Options{Addr: s.Addr(), Username: "admin", Password: "admin", Protocol: 2, DisableIdentity: true})
		t.Cleanup(func() { admins[i].Close() })
	}
	return servers, admins
}

// optionsOf says how a documented user connects.
func optionsOf(s *spawn.Server, user string) *redis.Options {
	return &redis.Options{Addr: s.Addr(), Username: user, Password: "PASSWORD", Protocol: 2, DisableIdentity: true}
}

// watchAs runs a watcher as the user and waits until it says how it learns of
// changes.
func watchAs(t *testing.T, servers []*spawn.Server, user string, cfg watcher.Config, want watcher.Notifications) *watcher.Watcher {
	t.Helper()
	var sources []watcher.Source
	for i, s := range servers {
		sources = append(sources, watcher.Source{ID: string(rune('a' + i)), Target: target.Server(optionsOf(s, user))})
	}
	w, err := watcher.New(sources, cfg)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "all nodes are read and "+string(want), func() bool {
		return !slices.ContainsFunc(w.Board().Nodes(), func(n watcher.NodeStatus) bool {
			return n.Synced.IsZero() || n.Notifications != want
		})
	})
	return w
}

// held reports whether the board shows name as held.
func held(b *watcher.Board, name string) bool {
	l, _ := b.Lock(name)
	return l.State == watcher.StateHeld
}

func TestTheDocumentedViewerSeesEverythingAndChangesNothing(t *testing.T) {
	servers, admins := locked(t, 3, "--notify-keyspace-events", "Kg$xehl")
	words := documented(t, "lockscope-viewer")
	for _, admin := range admins {
		setUser(t, admin, words)
		must(t, admin.Set(t.Context(), "lock:before", "v", time.Minute).Err())
		must(t, admin.Set(t.Context(), "other", "v", time.Minute).Err())
	}
	b := watchAs(t, servers, "lockscope-viewer", watcher.Config{Resync: time.Hour}, watcher.NotificationsLive).Board()
	const client = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c:1"
	for _, admin := range admins {
		must(t, admin.Set(t.Context(), "lock:after", "v", time.Minute).Err())
		must(t, admin.HSet(t.Context(), "lock:hash", client, "1").Err())
		must(t, admin.RPush(t.Context(), "redisson_lock_queue:{lock:hash}", client).Err())
		must(t, admin.Set(t.Context(), "lock:long", strings.Repeat("x", 1000), time.Minute).Err())
		must(t, admin.SAdd(t.Context(), "lock:set.readers", "somebody").Err())
		must(t, admin.ZAdd(t.Context(), "lock:zset", redis.Z{Member: "somebody", Score: float64(time.Now().UnixMilli())}).Err())
		must(t, admin.Set(t.Context(), "lock:number", 7, time.Minute).Err())
	}
	for _, name := range []string{"lock:before", "lock:after", "lock:hash", "lock:long", "lock:number"} {
		eventually(t, name+" is shown", func() bool { return held(b, name) })
	}
	eventually(t, "the queue is shown", func() bool { l, _ := b.Lock("lock:hash"); return l.Waiters.Count == 1 })
	for _, n := range b.Nodes() {
		if n.Missing != "" || n.Version == "" || n.Role != "master" {
			t.Errorf("got %+v", n)
		}
	}
	for i, s := range servers {
		viewer := redis.NewClient(optionsOf(s, "lockscope-viewer"))
		defer viewer.Close()
		for _, command := range [][]any{
			{"SET", "lock:x", "v"}, {"DEL", "lock:before"}, {"PEXPIRE", "lock:before", 1}, {"FLUSHALL"}, {"GET", "other"},
			{"CONFIG", "SET", "notify-keyspace-events", ""}, {"EVAL", "return 1", 0}, {"SUBSCRIBE", "any"}, {"KEYS", "*"},
		} {
			if err := viewer.Do(t.Context(), command...).Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") {
				t.Errorf("node %d: %v: %v", i, command, err)
			}
		}
	}
}

func TestTheDocumentedOperatorTakesExtendsAndReleases(t *testing.T) {
	servers, admins := locked(t, 3)
	words := documented(t, "lockscope-operator")
	for _, admin := range admins {
		setUser(t, admin, words)
	}
	w := watchAs(t, servers, "lockscope-operator", watcher.Config{Resync: time.Hour}, watcher.NotificationsLive)
	b := w.Board()
	nodes := make([]lockengine.Node, len(servers))
	for i, s := range servers {
		node := redisnode.New(string(rune('a'+i)), optionsOf(s, "lockscope-operator"))
		defer node.Close()
		nodes[i] = node
	}
	engine, err := lockengine.New(nodes, lockengine.Config{NodeTimeout: time.Second, Fresh: true, Observer: b, Wake: b})
	must(t, err)
	defer engine.Close(context.Background())
	fence := int64(0)
	for range 3 {
		lease, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{Owner: "alice"})
		must(t, err)
		eventually(t, "it is shown", func() bool { return held(b, "lock:x") })
		must(t, lease.Extend(t.Context(), 20*time.Second))
		if lease.Fence() <= fence {
			t.Errorf("fence %d after %d", lease.Fence(), fence)
		}
		fence = lease.Fence()
		if _, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{}); err == nil {
			t.Error("two holders")
		}
		must(t, lease.Release(t.Context()))
		eventually(t, "it is free", func() bool { return !held(b, "lock:x") })
	}
	for _, admin := range admins { // a lease that a node has lost is given back to it
		must(t, admin.Do(t.Context(), "SCRIPT", "FLUSH").Err())
	}
	lease, err := engine.Acquire(t.Context(), "lock:y", lockengine.AcquireOptions{})
	must(t, err)
	must(t, lease.Extend(t.Context(), 20*time.Second))
	// It also takes locks of every form from their holders.
	const redisson = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c:1"
	forms := map[string][]any{
		"lock:string": {"SET", "lock:string", "token"}, "lock:hash": {"HSET", "lock:hash", redisson, "1"},
		"lock:long": {"SET", "lock:long", strings.Repeat("x", 1000)},
	}
	for name, command := range forms {
		for _, admin := range admins {
			must(t, admin.Do(t.Context(), command...).Err())
		}
		eventually(t, name+" is shown", func() bool { return held(b, name) })
		l, _ := b.Lock(name)
		if forced, err := w.ForceRelease(t.Context(), name, l.Holder.Fingerprint); err != nil {
			t.Errorf("%s: %v, %+v", name, err, forced)
		}
	}
	for i, n := range nodeStates(b, engine) {
		for _, f := range n.findings {
			if strings.Contains(f.Code, "permission") || f.Code == "notifications" {
				t.Errorf("got %+v", f)
			}
		}
		denied, err := admins[i].Do(t.Context(), "ACL", "LOG").Slice()
		must(t, err)
		if len(denied) != 0 {
			t.Errorf("the node denied %v", denied)
		}
	}
}

func TestTheDocumentedUserOfTheJournalWritesItAndReadsItBack(t *testing.T) {
	servers, admins := locked(t, 1)
	setUser(t, admins[0], documented(t, "lockscope-journal"))
	opts := optionsOf(servers[0], "lockscope-journal")
	logger := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	j := journal.New(opts, logger)
	j.Open(ctx)
	done := make(chan struct{})
	go func() { defer close(done); j.Run(ctx) }()
	j.Add(journal.Entry{Action: actionForce, Outcome: outcomeDone, Name: []byte("lock:a"), Reason: "reason"})
	eventually(t, "it is written", func() bool { s := j.Status(); return s.Waiting == 0 && s.Away == "" })
	cancel()
	<-done
	again := journal.New(opts, logger)
	again.Open(t.Context())
	stopped, stop := context.WithCancel(t.Context())
	stop()
	again.Run(stopped)
	if p := again.Page(0, 10); len(p.Entries) != 1 || p.Entries[0].Reason != "reason" {
		t.Errorf("got %+v", p)
	}
	other := redis.NewClient(opts)
	defer other.Close()
	for _, command := range [][]any{{"DEL", journal.Key}, {"GET", "lock:a"}, {"XTRIM", journal.Key, "MAXLEN", 0}} {
		if err := other.Do(t.Context(), command...).Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("%v: %v", command, err)
		}
	}
}

// What the operator needs beyond the viewer is named by the engine: what it may not
// do, before anybody wants a lock.
func TestEachPermissionThatTakingLocksNeedsIsNamedWithItsMend(t *testing.T) {
	servers, admins := locked(t, 1)
	server, admin := servers[0], admins[0]
	words, viewers := documented(t, "lockscope-operator"), documented(t, "lockscope-viewer")
	for i, word := range words {
		own := word == "~lockscope:*"
		if !own && (!strings.HasPrefix(word, "+") || slices.Contains(viewers, word) || word == "+config|set") {
			continue
		}
		user := fmt.Sprint("operator", i)
		words[2] = user
		setUser(t, admin, words, word)
		t.Run(word, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			node := redisnode.New("a", optionsOf(server, user))
			engine, err := lockengine.New([]lockengine.Node{node}, lockengine.Config{NodeTimeout: time.Second, Fresh: true})
			must(t, err)
			t.Cleanup(func() {
				engine.Close(context.Background())
				node.Close()
			})
			eventually(t, word+" is missing", func() bool {
				findings := engine.Status()[0].Findings
				return slices.ContainsFunc(findings, func(f lockengine.Finding) bool {
					return f.Code == "permission" && f.Mend == "ACL SETUSER <user> "+word && f.Text != ""
				})
			})
		})
	}
}

func TestEachPermissionThatIsMissingIsNamedWithItsMend(t *testing.T) {
	servers, admins := locked(t, 1, "--notify-keyspace-events", "Kg$xehlsz")
	server, admin := servers[0], admins[0]
	words := documented(t, "lockscope-viewer")
	const client = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c:1"
	must(t, admin.Set(t.Context(), "lock:string", "v", time.Hour).Err())
	must(t, admin.Set(t.Context(), "lock:number", 7, time.Hour).Err())
	must(t, admin.HSet(t.Context(), "lock:hash", client, "1").Err())
	must(t, admin.RPush(t.Context(), "redisson_lock_queue:{lock:hash}", client).Err())
	must(t, admin.SAdd(t.Context(), "lock:set.readers", "somebody").Err())
	must(t, admin.ZAdd(t.Context(), "lock:zset", redis.Z{Member: "somebody", Score: float64(time.Now().UnixMilli())}).Err())
	for i, word := range words {
		mend := "ACL SETUSER <user> " + word
		switch {
		case word == "&__keyspace@0__:lock:*":
			mend = "ACL SETUSER <user> &__keyspace@<db>__:lock:*"
		case word != "%R~lock:*" && !strings.HasPrefix(word, "+"):
			continue
		}
		user := fmt.Sprint("viewer", i)
		words[2] = user
		setUser(t, admin, words, word)
		w, err := watcher.New([]watcher.Source{{ID: "a", Target: target.Server(optionsOf(server, user))}}, watcher.Config{Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		t.Run(word, func(t *testing.T) {
			var last []Finding
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("at last: %+v", last)
				}
			})
			t.Parallel() // it waits most of the time
			eventually(t, word+" is missing", func() bool {
				last = nodeStates(w.Board(), nil)[0].findings
				return slices.ContainsFunc(last, func(f Finding) bool { return f.Mend == mend && f.Text != "" })
			})
		})
	}
}
