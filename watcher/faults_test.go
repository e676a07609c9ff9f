package watcher

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

func TestNodesThatAreDownMakeALockUnknownAndTheirReturnMendsIt(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	nodes := clientsOf(t, servers)
	b := watch(t, servers, Config{Resync: time.Hour}, NotificationsLive).Board()
	setOn(t, nodes, "lock:x", "v", time.Minute)
	l := awaitState(t, b, "lock:x", StateHeld)

	servers[2].Kill()
	eventually(t, b, "c down", func() bool { l, _ = b.Lock("lock:x"); return l.Votes[2].Vote == down })
	wantVotes(t, l, yes, yes, down)
	if l.State != StateHeld {
		t.Errorf("two of three hold it: %s", l.State)
	}
	servers[1].Kill()
	l = awaitState(t, b, "lock:x", StateUnknown)
	wantVotes(t, l, yes, down, down)
	n := b.Nodes()[1]
	eventually(t, b, "it is told why", func() bool { // first that the connection ended
		n = b.Nodes()[1]
		return n.Error == "connection refused"
	})
	if n.Up || n.Notifications != NotificationsNone || n.RTT != 0 {
		t.Errorf("got %+v", n)
	}

	// They come back empty; one of them gets another token at once.
	must(t, servers[1].Restart(t.Context()))
	must(t, servers[2].Restart(t.Context()))
	setOn(t, redisClients{clientOf(t, servers[2])}, "lock:x", "w", time.Minute)
	l = awaitState(t, b, "lock:x", StateContested)
	eventually(t, b, "live again", func() bool {
		return !slices.ContainsFunc(b.Nodes(), func(n NodeStatus) bool { return n.Notifications != NotificationsLive })
	})
	must(t, clientOf(t, servers[2]).Del(t.Context(), "lock:x").Err())
	awaitState(t, b, "lock:x", StateResidue) // told by an event, so the flags were set anew
}

func TestAHungNodeTimesOutAndReturns(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 1)
	node := clientOf(t, servers[0])
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	awaitState(t, b, "lock:x", StateHeld)

	must(t, servers[0].Signal(syscall.SIGSTOP))
	l := awaitState(t, b, "lock:x", StateUnknown)
	wantVotes(t, l, lockengine.VoteTimeout)
	must(t, servers[0].Signal(syscall.SIGCONT))
	awaitState(t, b, "lock:x", StateHeld)
}

func TestChangesMadeWhileTheSubscriptionWasGoneAreFound(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	setOn(t, redisClients{node}, "lock:released", "v", time.Minute)
	setOn(t, redisClients{node}, "lock:kept", "v", time.Minute)
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()

	// One transaction, so that no subscriber hears of the changes.
	_, err := node.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub")
		p.Del(ctx, "lock:released")
		p.Set(ctx, "lock:taken", "v", time.Minute)
		p.Set(ctx, "lock:kept", "w", time.Minute)
		return nil
	})
	must(t, err)
	awaitState(t, b, "lock:released", StateFree)
	awaitState(t, b, "lock:taken", StateHeld)
	eventually(t, b, "the other token", func() bool {
		l, _ := b.Lock("lock:kept")
		return l.Holder.Fingerprint == lockengine.Fingerprint("w")
	})
	if n := b.Nodes()[0]; !n.Up || n.Missed != 0 {
		t.Errorf("an interrupted subscription is not a node that is down: %+v", n)
	}
}

func TestASilentSubscriptionIsGivenUp(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()
	link := silentLink(t, server.Addr())
	client := redis.NewClient(&redis.Options{Addr: link.addr, Protocol: 2, DisableIdentity: true, MaxRetries: -1})
	defer client.Close()
	events := make(chan string, 100)
	f, err := openFeed(t.Context(), client, newMeter(DefaultBudget), []string{"lock:*"}, func(name, _, _ string) { events <- name })
	must(t, err)
	defer f.close()

	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)
	if name := <-events; name != "lock:x" {
		t.Errorf("got %q", name)
	}
	link.silence()
	select {
	case <-f.lost:
	case <-time.After(patience):
		t.Fatal("a subscription whose node is silent is still believed")
	}
}

func TestAFlushOfTheWholeNodeIsFound(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()
	awaitState(t, b, "lock:x", StateHeld)
	must(t, node.FlushAll(t.Context()).Err())
	awaitState(t, b, "lock:x", StateFree)
}
