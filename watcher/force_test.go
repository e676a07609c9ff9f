package watcher

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

// threeWatched watches everything on three servers.
func threeWatched(t *testing.T) (*Watcher, redisClients, []*spawnServer) {
	t.Helper()
	servers := redistest.StartAll(t, 3)
	w := watch(t, servers, Config{Patterns: []string{"*"}, Resync: time.Hour}, NotificationsLive)
	return w, clientsOf(t, servers), servers
}

// results are what became of a token on each node, in one line.
func results(forced []Forced) string {
	var words []string
	for _, f := range forced {
		words = append(words, f.Node+" "+string(f.Result))
	}
	return strings.Join(words, ", ")
}

// force releases a lock by force, and compares what came of it.
func force(t *testing.T, w *Watcher, name, fingerprint, want string, wantErr error) []Forced {
	t.Helper()
	forced, err := w.ForceRelease(t.Context(), name, fingerprint)
	if got := results(forced); got != want || !errors.Is(err, wantErr) {
		t.Errorf("force-release of %q: got %s, %v; want %s, %v\n%+v", name, got, err, want, wantErr, forced)
	}
	return forced
}

// awaitEnd waits until the last holder of a name is told to have ended so.
func awaitEnd(t *testing.T, b *Board, name string, how Ending) {
	t.Helper()
	eventually(t, b, name+" ended "+string(how), func() bool {
		h := b.History(name)
		return len(h) > 0 && h[0].How == how
	})
	if kinds := kindsOf(b, name); !slices.Contains(kinds, ActivityKind(how)) {
		t.Errorf("what happened: %v", kinds)
	}
}

func TestALockIsReleasedByForceOnEveryNode(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	setOn(t, nodes, "x", "token", 0) // without expiry
	l := awaitLock(t, w.Board(), "x", "held by all", func(l Lock) bool { return len(l.Votes) == 3 && l.Votes[2].Vote == lockengine.VoteGranted })
	force(t, w, "x", l.Holder.Fingerprint, "a deleted, b deleted, c deleted", nil)
	awaitEnd(t, w.Board(), "x", EndedForced)
	force(t, w, "x", l.Holder.Fingerprint, "a absent, b absent, c absent", ErrNotHeld)
	force(t, w, "lockscope:born", l.Holder.Fingerprint, "", ErrNotWatched)
}

func TestForceNeverTouchesTheTokenOfAnother(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	seen := lockengine.Fingerprint("seen")
	setOn(t, nodes, "changed", "another", time.Minute)
	forced := force(t, w, "changed", seen, "a kept, b kept, c kept", ErrChanged)
	if forced[0].Fingerprint != lockengine.Fingerprint("another") {
		t.Errorf("got %+v", forced[0])
	}
	// What an attempt left on a minority goes, and the rival of it stays.
	setOn(t, nodes[:1], "split", "seen", time.Minute)
	setOn(t, nodes[1:2], "split", "another", time.Minute)
	force(t, w, "split", seen, "a deleted, b kept, c absent", nil)
	// Where another has a quorum, nothing of the one that was seen is touched.
	setOn(t, nodes[:1], "late", "seen", time.Minute)
	setOn(t, nodes[1:], "late", "another", time.Minute)
	force(t, w, "late", seen, "a kept, b kept, c kept", ErrChanged)
	for name, want := range map[string]string{"changed": "another,another,another", "split": ",another,", "late": "seen,another,another"} {
		var got []string
		for _, n := range nodes {
			got = append(got, n.Get(t.Context(), name).Val())
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: the nodes hold %q, want %s", name, got, want)
		}
	}
}

func TestALockThatChangesHandsBeforeItIsDeletedIsLeftAlone(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	node := nodes[0]
	hash := func(thread int) []string { return []string{"HSET x " + fmt.Sprintf("%s:%d 1", clientA, thread)} }
	long := strings.Repeat("x", 1000)
	for what, steps := range map[string][2][]string{
		"string":  {{"SET x one"}, {"SET x two"}},
		"hash":    {hash(1), append([]string{"DEL x"}, hash(2)...)},
		"retyped": {{"SET x one"}, append([]string{"DEL x"}, hash(1)...)},
		"long":    {{"SET x " + long + "1"}, {"SET x " + long + "2"}},
		"spread":  {{"SET rueidislock:0:x one", "SET rueidislock:1:x one"}, {"SET rueidislock:0:x two", "SET rueidislock:1:x two"}},
	} {
		t.Run(what, func(t *testing.T) {
			defer do(t, node, "FLUSHALL")
			name := "x"
			if what == "spread" {
				name = "rueidislock:0:x"
			}
			do(t, node, steps[0]...)
			g := w.nodes[0].take(t.Context(), name)
			defer g.close()
			if g.fingerprint == "" || g.opaque != "" {
				t.Fatalf("got %+v", g)
			}
			do(t, node, steps[1]...)
			held := node.Exists(t.Context(), name).Val()
			g.delete(t.Context())
			if g.result != ForceChanged || node.Exists(t.Context(), name).Val() != held {
				t.Errorf("got %+v", g)
			}
		})
	}
}

func TestAHoldThatIsTakenAgainIsReleasedByForceAllTheSame(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	do(t, nodes[0], "HSET x "+clientA+":1 1", "PEXPIRE x 60000")
	g := w.nodes[0].take(t.Context(), "x")
	defer g.close()
	do(t, nodes[0], "HINCRBY x "+clientA+":1 1")
	g.delete(t.Context())
	if g.result != ForceDeleted || nodes[0].Exists(t.Context(), "x").Val() != 0 {
		t.Errorf("got %+v", g)
	}
}

func TestLocksThatAreNoPlainStringsAreReleasedByForce(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	b := w.Board()
	for name, commands := range map[string][]string{
		"redisson":        {"HSET redisson " + clientA + ":1 2", "PEXPIRE redisson 60000"},
		"writer":          {"HSET writer mode write " + clientA + ":1:write 1", "PEXPIRE writer 60000"},
		"long":            {"SET long " + strings.Repeat("x", 5000)},
		"rueidislock:0:x": {"SET rueidislock:0:x one", "SET rueidislock:1:x one", "SET rueidislock:2:x one", "SET rueidislock:4:x one"},
		"valkeylock:0:x":  {"SET valkeylock:0:x one", "SET valkeylock:1:x other", "SET valkeylock:2:x one"},
	} {
		for _, node := range nodes {
			do(t, node, commands...)
		}
		l := awaitLock(t, b, name, "held by all", func(l Lock) bool {
			return l.State == StateHeld && !slices.ContainsFunc(l.Votes, func(v Vote) bool { return v.Vote != lockengine.VoteGranted })
		})
		force(t, w, name, l.Holder.Fingerprint, "a deleted, b deleted, c deleted", nil)
		awaitEnd(t, b, name, EndedForced)
	}
	if left := nodes[0].Keys(t.Context(), "*lock:*").Val(); !slices.Equal(left, []string{"valkeylock:1:x"}) {
		t.Errorf("left %q", left)
	}
}

func TestWhatCannotBeComparedIsNotReleasedByForce(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	many := []string{"HSET many"}
	for i := range format.MaxMembers + 1 {
		many[0] += fmt.Sprintf(" f%d v", i)
	}
	for name, commands := range map[string][]string{
		"readers":   {"HSET readers mode read " + clientA + ":1 1 " + clientB + ":2 1"},
		"semaphore": {fmt.Sprintf("ZADD semaphore %d %s", time.Now().UnixMilli(), clientA)},
		"number":    {"SET number 1"},
		"many":      many,
		"list":      {"RPUSH list a b"},
		"huge":      {"SET huge x", fmt.Sprintf("SETRANGE huge %d x", maxCompared)},
	} {
		do(t, nodes[0], commands...)
		do(t, nodes[1], commands...)
		g := w.nodes[0].take(t.Context(), name)
		g.close()
		forced := force(t, w, name, g.fingerprint, "a kept, b kept, c absent", ErrNotComparable)
		if forced[0].Reason == "" || nodes[0].Exists(t.Context(), name).Val() != 1 {
			t.Errorf("%s: got %+v", name, forced[0])
		}
	}
}

func TestForceTellsOfNodesThatAreAway(t *testing.T) {
	w, nodes, servers := threeWatched(t)
	seen := lockengine.Fingerprint("token")
	setOn(t, nodes, "x", "token", time.Minute)
	setOn(t, nodes, "y", "token", time.Minute)
	awaitState(t, w.Board(), "x", StateHeld)
	must(t, servers[0].Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = servers[0].Signal(syscall.SIGCONT) })
	servers[1].Stop()
	force(t, w, "x", seen, "a timeout, b down, c deleted", nil)
	force(t, w, "x", seen, "a timeout, b down, c absent", ErrUnreachable)
	servers[2].Stop()
	force(t, w, "y", seen, "a timeout, b down, c down", ErrUnreachable)
}

func TestAnEndByForceIsToldWithoutEvents(t *testing.T) {
	servers := redistest.StartAll(t, 1)
	w := watch(t, servers, Config{Patterns: []string{"*"}, Notifications: ModeOff}, NotificationsPolling)
	setOn(t, clientsOf(t, servers), "x", "token", time.Minute)
	l := awaitState(t, w.Board(), "x", StateHeld)
	force(t, w, "x", l.Holder.Fingerprint, "a deleted", nil)
	awaitEnd(t, w.Board(), "x", EndedForced)
}

func TestAReleaseThatIsNotForcedIsNotToldAsForced(t *testing.T) {
	w, nodes, _ := threeWatched(t)
	setOn(t, nodes, "x", "token", time.Minute)
	awaitState(t, w.Board(), "x", StateHeld)
	force(t, w, "x", lockengine.Fingerprint("another"), "a kept, b kept, c kept", ErrChanged)
	for _, n := range nodes {
		do(t, n, "DEL x")
	}
	awaitEnd(t, w.Board(), "x", EndedReleased)
}

func TestALockOfAClusterIsReleasedByForce(t *testing.T) {
	c := redistest.StartCluster(t)
	at, err := target.Parse(c.URL())
	must(t, err)
	w, err := New([]Source{{ID: "a", Target: at}}, Config{Patterns: []string{"*"}, Resync: time.Hour})
	must(t, err)
	runWatcher(t, w)
	awaitRead(t, w.Board(), NotificationsLive)
	client := c.Client(t)
	for _, name := range []string{"x", "rueidislock:0:x"} {
		for _, key := range append([]string{name}, format.Parts(name)...) {
			must(t, client.Set(t.Context(), key, "token", time.Minute).Err())
		}
		l := awaitState(t, w.Board(), name, StateHeld)
		force(t, w, name, l.Holder.Fingerprint, "a deleted", nil)
		awaitEnd(t, w.Board(), name, EndedForced)
	}
}

func TestALockOnTheMasterThatSentinelsNameIsReleasedByForce(t *testing.T) {
	s := redistest.StartSentinels(t)
	at, err := target.Parse(s.URL())
	must(t, err)
	w, err := New([]Source{{ID: "a", Target: at}}, Config{Patterns: []string{"*"}, Resync: time.Hour})
	must(t, err)
	runWatcher(t, w)
	awaitRead(t, w.Board(), NotificationsLive)
	must(t, clientOf(t, s.Master(t)).Set(t.Context(), "x", "token", time.Minute).Err())
	l := awaitState(t, w.Board(), "x", StateHeld)
	force(t, w, "x", l.Holder.Fingerprint, "a deleted", nil)
	awaitEnd(t, w.Board(), "x", EndedForced)
}

func TestAnEmbeddedNodeIsForcedAsAnyOther(t *testing.T) {
	node, err := embedded.Start(embedded.Config{})
	must(t, err)
	t.Cleanup(func() { embedded.StopAll([]*embedded.Node{node}) })
	w, err := New([]Source{{ID: "a", Target: target.Server(&redis.Options{Addr: node.Addr()})}}, Config{Patterns: []string{"*"}, Resync: time.Hour})
	must(t, err)
	runWatcher(t, w)
	awaitRead(t, w.Board(), NotificationsLive)
	client := redis.NewClient(&redis.Options{Addr: node.Addr(), Protocol: 2, DisableIdentity: true})
	defer client.Close()
	for name, command := range map[string]string{"x": "SET x token", "h": "HSET h " + clientA + ":1 1", "l": "SET l " + strings.Repeat("x", 1000)} {
		do(t, client, command)
		l := awaitState(t, w.Board(), name, StateHeld)
		force(t, w, name, l.Holder.Fingerprint, "a deleted", nil)
		awaitEnd(t, w.Board(), name, EndedForced)
	}
}
