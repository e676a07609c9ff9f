package watcher

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

func votesOf(l Lock) []lockengine.Vote {
	votes := make([]lockengine.Vote, len(l.Votes))
	for i, v := range l.Votes {
		votes[i] = v.Vote
	}
	return votes
}

const (
	yes   = lockengine.VoteGranted
	other = lockengine.VoteOther
	free  = lockengine.VoteFree
	down  = lockengine.VoteDown
	dunno = lockengine.VoteUnknown
)

func wantVotes(t *testing.T, l Lock, want ...lockengine.Vote) {
	t.Helper()
	if got := votesOf(l); !slices.Equal(got, want) {
		t.Errorf("votes on %q: got %v, want %v", l.Name, got, want)
	}
}

func TestALockSetByHandOnThreeOfFiveNodesIsHeld(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{ClockDrift: time.Minute}, NotificationsLive).Board()

	setOn(t, nodes[:3], "lock:x", "v", 10*time.Second)
	l := awaitState(t, b, "lock:x", StateHeld)
	eventually(t, b, "three votes", func() bool { l, _ = b.Lock("lock:x"); return l.Votes[2].Vote == yes })
	wantVotes(t, l, yes, yes, yes, free, free)
	if left := time.Until(l.ExpiresAt); left < 2*time.Second || left > 10*time.Second {
		t.Errorf("expires in %s, want just under 10s", left)
	}
	if want := lockengine.Fingerprint("v"); l.Holder.Fingerprint != want || l.Votes[0].Fingerprint != want {
		t.Errorf("fingerprints %q and %q, want %q", l.Holder.Fingerprint, l.Votes[0].Fingerprint, want)
	}
	if l.Votes[0].Type != "string" || len(l.Flags) != 0 || l.Holder.Managed {
		t.Errorf("got %+v", l)
	}

	must(t, nodes[0].Del(t.Context(), "lock:x").Err())
	l = awaitState(t, b, "lock:x", StateResidue)
	for _, n := range nodes[1:3] {
		must(t, n.Del(t.Context(), "lock:x").Err())
	}
	l = awaitState(t, b, "lock:x", StateFree)
	wantVotes(t, l, free, free, free, free, free)
	if l.Holder.Fingerprint != "" || !l.ExpiresAt.IsZero() {
		t.Errorf("a free lock has a holder: %+v", l)
	}
}

func TestAMinorityIsResidueAndTwoTokensAreContested(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 5)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{}, NotificationsLive).Board()

	setOn(t, nodes[:2], "lock:x", "v", time.Minute)
	eventually(t, b, "two votes", func() bool {
		l, _ := b.Lock("lock:x")
		return len(l.Votes) > 0 && l.Votes[0].Vote == yes && l.Votes[1].Vote == yes
	})
	l := awaitState(t, b, "lock:x", StateResidue)
	wantVotes(t, l, yes, yes, free, free, free)

	setOn(t, nodes[2:3], "lock:x", "w", time.Minute)
	l = awaitState(t, b, "lock:x", StateContested)
	wantVotes(t, l, yes, yes, other, free, free)
	if !slices.Contains(l.Flags, "tokens-differ") {
		t.Errorf("flags %v", l.Flags)
	}
	// The third and fourth node come to hold the same token as the first two.
	must(t, nodes[2].Set(t.Context(), "lock:x", "v", 0).Err())
	l = awaitState(t, b, "lock:x", StateHeld)
	if !slices.Contains(l.Flags, "no-expiry") || !slices.Contains(l.Flags, "ttls-differ") {
		t.Errorf("flags %v", l.Flags)
	}
	if l.ExpiresAt.IsZero() {
		t.Error("a quorum that ends when two of its three votes do has an end")
	}
}

func TestAVoteEndsByOurClockBeforeRedisTellsIt(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--enable-debug-command", "local")
	node := clientOf(t, server)
	// Without active expiry no "expired" event comes before somebody looks.
	must(t, node.Do(t.Context(), "DEBUG", "SET-ACTIVE-EXPIRE", "0").Err())
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()

	const ttl = 900 * time.Millisecond
	began := time.Now()
	setOn(t, redisClients{node}, "lock:x", "v", ttl)
	awaitState(t, b, "lock:x", StateExpiring)
	awaitState(t, b, "lock:x", StateFree)
	if took := time.Since(began); took < ttl-10*time.Millisecond {
		t.Errorf("free after %s, want %s", took, ttl)
	}
	if n, err := node.DBSize(t.Context()).Result(); err != nil || n != 1 {
		t.Errorf("the node has %d keys, want the one that it has not noticed the end of: %v", n, err)
	}
}

func TestAHeldLockTurnsExpiringASecondBeforeItsEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{}, NotificationsLive).Board()

	setOn(t, redisClients{node}, "lock:x", "v", 2500*time.Millisecond)
	awaitState(t, b, "lock:x", StateHeld)
	l := awaitState(t, b, "lock:x", StateExpiring)
	if left := time.Until(l.ExpiresAt); left > time.Second || left < 0 {
		t.Errorf("expiring with %s left, want just under a second", left)
	}
	must(t, node.PExpire(t.Context(), "lock:x", time.Minute).Err())
	awaitState(t, b, "lock:x", StateHeld)
}

func TestAKeyThatChangesItsTypeIsFollowed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	b := watch(t, []*spawnServer{server}, Config{}, NotificationsLive).Board()
	hasType := func(want string) Lock {
		eventually(t, b, "type "+want, func() bool {
			l, ok := b.Lock("lock:x")
			return ok && l.Votes[0].Type == want
		})
		l, _ := b.Lock("lock:x")
		return l
	}

	must(t, node.Set(ctx, "lock:x", "v", time.Minute).Err())
	asString := hasType("string")
	must(t, node.Del(ctx, "lock:x").Err())
	must(t, node.HSet(ctx, "lock:x", "uuid:1", "1").Err())
	asHash := hasType("hash")
	must(t, node.HSet(ctx, "lock:x", "uuid:1", "2").Err())
	must(t, node.PExpire(ctx, "lock:x", time.Minute).Err())
	eventually(t, b, "expiry", func() bool { l, _ := b.Lock("lock:x"); return !l.ExpiresAt.IsZero() })
	again, _ := b.Lock("lock:x")
	if again.Holder.Fingerprint != asHash.Holder.Fingerprint {
		t.Error("a hold count makes another holder")
	}
	must(t, node.Del(ctx, "lock:x").Err())
	must(t, node.RPush(ctx, "lock:x", "v").Err()) // of a class that is not subscribed to
	must(t, node.PExpire(ctx, "lock:x", time.Minute).Err())
	asList := hasType("list")
	if asList.State != StateHeld {
		t.Errorf("state %s", asList.State)
	}
	prints := map[string]bool{
		asString.Holder.Fingerprint: true, asHash.Holder.Fingerprint: true, asList.Holder.Fingerprint: true,
	}
	if len(prints) != 3 {
		t.Errorf("fingerprints %v, want three", prints)
	}
}

func TestNamesAndValuesMayBeAnyBytes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{}, NotificationsLive).Board()
	names := []string{
		"lock:\x00\xff\xfe", "lock:\r\n+OK\r\n", "lock:\u202egpj.exe", "lock:__:x", "lock:*?[a]\\", "lock:",
	}
	big := make([]byte, 1<<20)
	for i, name := range names {
		value := []byte{0xff, 0, byte(i)}
		if i%2 == 0 {
			value = big
		}
		must(t, node.Set(t.Context(), name, value, time.Minute).Err())
	}
	for i, name := range names {
		l := awaitState(t, b, name, StateHeld)
		if i%2 == 1 && l.Holder.Fingerprint != lockengine.Fingerprint("\xff\x00"+string(rune(i))) {
			t.Errorf("%q: fingerprint %q", name, l.Holder.Fingerprint)
		}
	}
}

func TestOnlyWatchedNamesAreShown(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	set := func(names ...string) {
		for _, name := range names {
			must(t, node.Set(t.Context(), name, "v", time.Minute).Err())
		}
	}
	set("lock:before", "other:before", "lockscope:born", "job-7")
	w := watch(t, []*spawnServer{server}, Config{Patterns: []string{"lock*", "lock:*", "job-[0-9]"}}, NotificationsLive)
	set("other:after", "lockscope:fences", "job-8", "job-x", "lock:after")
	b := w.Board()
	awaitState(t, b, "lock:after", StateHeld)
	var names []string
	for _, l := range b.Window(Query{}).Locks {
		names = append(names, l.Name)
	}
	if want := []string{"job-7", "job-8", "lock:after", "lock:before"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if n := b.Nodes()[0]; n.Keys != 4 {
		t.Errorf("keys %d, want 4", n.Keys)
	}
}

func TestANodeSaysWhoItIs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	w := watch(t, []*spawnServer{server}, Config{}, NotificationsLive)
	n := w.Board().Nodes()[0]
	if !n.Up || n.Error != "" || n.Version == "" || n.Mode != "standalone" || n.Role != "master" ||
		len(n.RunID) != 40 || n.RTT <= 0 || n.Since.IsZero() {
		t.Errorf("got %+v", n)
	}
	if age := time.Since(n.StartedAt); age < -time.Second || age > time.Minute {
		t.Errorf("started %s ago", age)
	}
	if n.Append || n.Fsync != "" || n.Eviction != "noeviction" || n.MaxMemory != 0 {
		t.Errorf("how it keeps what it is told: %+v", n)
	}
	if !w.Synced() {
		t.Error("not synced")
	}
}

func TestANodeSaysHowItKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always",
		"--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
	n := watch(t, []*spawnServer{server}, Config{}, NotificationsLive).Board().Nodes()[0]
	if !n.Append || n.Fsync != "always" || n.Eviction != "allkeys-lru" || n.MaxMemory != 64<<20 {
		t.Errorf("got %+v", n)
	}
}

func TestRunMayBeCalledOnceAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	w, err := New(sourcesOf([]*spawnServer{server}), Config{})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, w.Run(ctx))
	if err := w.Run(ctx); err == nil {
		t.Error("a second Run is no error")
	}
}

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := New([]Source{{ID: "a"}, {ID: "a"}, {}}, Config{
		Patterns: []string{""}, Notifications: "loud", Resync: -1,
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`node "a" has no target`, `two nodes have the ID "a"`, "node 3 has no ID",
		"empty pattern", `got "loud"`, "resync: got -1ns",
	} {
		if !contains(err.Error(), want) {
			t.Errorf("%q is not told in %q", want, err)
		}
	}
}
