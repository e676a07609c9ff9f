package watcher

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine/target"
)

// noConfig starts a server on which CONFIG does not exist.
var noConfig = []string{"--rename-command", "CONFIG", ""}

func TestFlagsAreMergedAndNeverTakenAway(t *testing.T) {
	t.Parallel()
	for have, want := range map[string]string{
		"":                "Kg$xeh",
		"Ex":              "ExKg$eh",
		"AKE":             "AKE",
		"AE":              "AEK",
		"Kg$xeh":          "Kg$xeh",
		"g$lshzxetdKEmn":  "g$lshzxetdKEmn",
		"Kxm":             "Kxmg$eh",
		"$ghxeK and more": "$ghxeK and more",
	} {
		if got := mergeFlags(have, neededFlags); got != want {
			t.Errorf("mergeFlags(%q) = %q, want %q", have, got, want)
		}
	}
}

func TestANodeKeepsItsOwnFlagsAndGetsOurs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--notify-keyspace-events", "Ex")
	watch(t, []*spawnServer{server}, Config{}, NotificationsLive)
	flags, err := clientOf(t, server).ConfigGet(t.Context(), notifySetting).Result()
	must(t, err)
	for _, f := range "ExKg$eh" {
		if !contains(flags[notifySetting], string(f)) {
			t.Errorf("flags %q lack %c", flags[notifySetting], f)
		}
	}
}

func TestACanaryFindsEventsWhereConfigIsRefused(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, append([]string{"--notify-keyspace-events", "KA"}, noConfig...)...)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	if v := b.Window(Query{}); v.Total != 1 {
		t.Errorf("the canary is shown: %+v", v.Locks)
	}
	if n := b.Nodes()[0]; n.Missed != 0 {
		t.Errorf("got %+v", n)
	}
}

func TestANodeThatSendsNoEventsIsPolled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, noConfig...)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{}, NotificationsPolling).Board()
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	must(t, node.Del(t.Context(), "lock:x").Err())
	awaitState(t, b, "lock:x", StateFree)
	if n := b.Nodes()[0]; n.Notifications != NotificationsPolling {
		t.Errorf("got %+v", n)
	}
}

func TestExternalNeverTouchesTheConfiguration(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--notify-keyspace-events", "KEA")
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Notifications: ModeExternal, Resync: 500 * time.Millisecond}, NotificationsLive).Board()

	// Somebody turns the events off: a scan finds what they do not tell.
	must(t, node.ConfigSet(t.Context(), notifySetting, "").Err())
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	eventually(t, b, "polling", func() bool {
		n := b.Nodes()[0]
		return n.Notifications == NotificationsPolling && n.Missed == 1
	})
	flags, err := node.ConfigGet(t.Context(), notifySetting).Result()
	must(t, err)
	if flags[notifySetting] != "" {
		t.Errorf("flags %q", flags[notifySetting])
	}
	// And on again.
	must(t, node.ConfigSet(t.Context(), notifySetting, "KEA").Err())
	eventually(t, b, "live", func() bool { return b.Nodes()[0].Notifications == NotificationsLive })
}

func TestOffSubscribesToNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--notify-keyspace-events", "Ex")
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Notifications: ModeOff}, NotificationsPolling).Board()
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	if n, err := node.PubSubNumPat(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("subscriptions: %d, %v", n, err)
	}
	flags, err := node.ConfigGet(t.Context(), notifySetting).Result()
	must(t, err)
	if flags[notifySetting] != "xE" {
		t.Errorf("flags %q", flags[notifySetting])
	}
}

func TestAUserWhoMayOnlyReadIsPolled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := clientOf(t, server)
	must(t, admin.Do(t.Context(), "ACL", "SETUSER", "viewer", "on", ">secret", "~lock:a*",
		"resetchannels", "+@read", "+@connection", "+info", "+dbsize", "+ping").Err())
	setOn(t, redisClients{admin}, "lock:a", "v", time.Minute)
	setOn(t, redisClients{admin}, "lock:b", "v", time.Minute)
	w, err := New([]Source{{ID: "a", Target: target.Server(&redis.Options{
		Addr: server.Addr(), Username: "viewer", Password: "secret",
	})}}, Config{})
	must(t, err)
	runWatcher(t, w)
	b := w.Board()
	awaitState(t, b, "lock:a", StateHeld)
	if n := b.Nodes()[0]; n.Notifications != NotificationsPolling || !n.Up {
		t.Errorf("got %+v", n)
	}
	if s := stateOf(b, "lock:b"); s != "" {
		t.Errorf("a name that may not be read is %s", s)
	}
}

func TestAWrongPasswordIsSaidWithoutIt(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	must(t, clientOf(t, server).ConfigSet(t.Context(), "requirepass", "right").Err())
	w, err := New([]Source{{ID: "a", Target: target.Server(&redis.Options{Addr: server.Addr(), Password: "wrong-secret"})}}, Config{})
	must(t, err)
	runWatcher(t, w)
	b := w.Board()
	eventually(t, b, "refused", func() bool { return contains(b.Nodes()[0].Error, "WRONGPASS") })
	if contains(b.Nodes()[0].Error, "wrong-secret") || b.Nodes()[0].Up {
		t.Errorf("got %+v", b.Nodes()[0])
	}
}

func TestKeymissEventsOfOurOwnReadsAreNoChanges(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--notify-keyspace-events", "KAm")
	node := clientOf(t, server)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), Protocol: 2, DisableIdentity: true})
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	kinds := make(chan string, 100)
	f, err := openFeed(ctx, client, newMeter(DefaultBudget), []string{"lock:*"}, func(_, kind, _ string) { kinds <- kind })
	must(t, err)
	defer f.close()
	node.Get(t.Context(), "lock:none")
	must(t, node.Set(t.Context(), "lock:x", "v", 0).Err())
	if kind := <-kinds; kind != "set" {
		t.Errorf("the first event is %q", kind)
	}
}
