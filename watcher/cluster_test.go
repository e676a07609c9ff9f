package watcher

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
)

// watchURL runs a Watcher of one node for the length of the test, and returns its
// Board when all was read and events arrive.
func watchURL(t *testing.T, url string, mode Mode) *Board {
	t.Helper()
	at, err := target.Parse(url)
	must(t, err)
	w, err := New([]Source{{ID: "a", Target: at}}, Config{Resync: time.Hour, Notifications: mode})
	must(t, err)
	runWatcher(t, w)
	b := w.Board()
	if mode == ModeOff {
		awaitRead(t, b, NotificationsPolling)
	} else {
		awaitRead(t, b, NotificationsLive)
	}
	return b
}

// awaitRead waits until the node was read on its present connections, and says how
// it sends changes.
func awaitRead(t *testing.T, b *Board, how Notifications) {
	t.Helper()
	eventually(t, b, "it is read and "+string(how), func() bool {
		n := b.Nodes()[0]
		return n.Up && n.Synced.After(n.Since) && n.Notifications == how
	})
}

// namesIn returns n names in a slot of a cluster.
func namesIn(slot, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("lock:{%s}%d", target.Tag(slot), i)
	}
	return names
}

// A scene is some locks of which it is known what the Board has to show.
type scene struct {
	t      *testing.T
	b      *Board
	client redis.Cmdable
	names  []string
}

// take takes more locks, and waits until they are shown.
func (s *scene) take(names ...string) {
	s.t.Helper()
	for _, name := range names {
		must(s.t, s.client.Set(s.t.Context(), name, "token of "+name, time.Minute).Err())
	}
	s.names = append(s.names, names...)
	s.held()
}

// held waits until every lock is shown as held, by its token.
func (s *scene) held() {
	s.t.Helper()
	for _, name := range s.names {
		l := awaitState(s.t, s.b, name, StateHeld)
		if want := lockengine.Fingerprint("token of " + name); l.Holder.Fingerprint != want {
			s.t.Errorf("%s is held by %s, want %s", name, l.Holder.Fingerprint, want)
		}
	}
}

// mirrors waits until the Board shows every lock as the server has it.
func (s *scene) mirrors() {
	s.t.Helper()
	for _, name := range s.names {
		var err error
		eventually(s.t, s.b, "the server says whether it has "+name, func() bool {
			err = s.client.Get(s.t.Context(), name).Err()
			return err == nil || errors.Is(err, redis.Nil)
		})
		if err == nil {
			awaitState(s.t, s.b, name, StateHeld)
		} else {
			awaitState(s.t, s.b, name, StateFree)
		}
	}
}

// always looks at the states again and again while something is done, and fails
// when one is none of those that are right. What is taken meanwhile is not looked
// at, since it cannot be shown before it is there.
func (s *scene) always(right []State, do func()) {
	s.t.Helper()
	names := slices.Clone(s.names)
	sub := s.b.Subscribe()
	defer sub.Close()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			for _, name := range names {
				if state := stateOf(s.b, name); !slices.Contains(right, state) {
					s.t.Errorf("%s is shown as %s", name, state)
					return
				}
			}
			select {
			case <-sub.C():
				sub.Take()
			case <-done:
				return
			}
		}
	})
	do()
	close(done)
	wg.Wait()
}

func TestAClusterIsWatchedOnEveryMaster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	s := &scene{t: t, client: c.Client(t)}
	s.b = watchURL(t, c.URL(), ModeAuto)
	for _, slot := range []int{0, 1, 2, 5000, 6000, 7000, 7001, 11000, 12000, 16383} {
		s.take(namesIn(slot, 2)...)
	}
	for i := range 30 {
		s.take(fmt.Sprint("lock:", i))
	}
	if n := s.b.Nodes()[0]; n.Mode != "cluster" || n.Role != "master" || len(n.Masters) < 3*len("1.1.1.1:1") || !n.Failover.IsZero() {
		t.Errorf("the node is %+v", n)
	}
	leases(t, s.b, c.URL())
	for _, mode := range []Mode{ModeExternal, ModeOff} { // a canary on every master, and none
		other := &scene{t: t, b: watchURL(t, c.URL(), mode), client: s.client, names: s.names}
		other.held()
		other.take("lock:{" + string(mode) + "}")
	}
	added := c.Add(t)
	t.Run("while slots are moved", func(t *testing.T) { s.t = t; s.resharded(c, added.Addr()) })
	t.Run("in a slot that is half moved", func(t *testing.T) { s.t = t; s.halfMoved(c) })
	t.Run("in a slot that was moved without its keys", func(t *testing.T) {
		s.t = t
		c.Seize(t, 7001, c.Owner(t, 12000))
		for _, name := range namesIn(7001, 2) {
			awaitState(t, s.b, name, StateFree)
		}
		s.mirrors()
	})
	t.Run("through a failover", func(t *testing.T) {
		s.t = t
		lost := c.Owner(t, 5000)
		n := s.b.Nodes()[0]
		s.always([]State{StateHeld, StateFree, StateUnknown}, func() {
			lost.Kill()
			awaitState(t, s.b, namesIn(5000, 1)[0], StateUnknown)
			c.Await(t, "another master", func() bool {
				return !s.b.Nodes()[0].Failover.IsZero()
			})
		})
		awaitRead(t, s.b, NotificationsLive)
		s.client = c.Client(t) // one that does not look for the old master
		s.mirrors()
		if now := s.b.Nodes()[0]; now.Masters == n.Masters || now.RunID == n.RunID {
			t.Errorf("the node is %+v", now)
		}
		s.names = nil
		s.take(namesIn(5001, 2)...) // told by the new master
	})
}

// leases takes locks through an engine and looks at their holders.
func leases(t *testing.T, b *Board, url string) {
	t.Helper()
	node, err := redisnode.Dial(url)
	must(t, err)
	e, err := lockengine.New([]lockengine.Node{node}, lockengine.Config{Fresh: true, NodeTimeout: time.Second})
	must(t, err)
	defer func() {
		must(t, e.Close(t.Context()))
		must(t, node.Close())
	}()
	for i := range 10 {
		name := fmt.Sprint("lock:lease", i)
		lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{Owner: "me", Wait: patience})
		must(t, err)
		if l := awaitState(t, b, name, StateHeld); l.Holder.Fingerprint != lease.Fingerprint() || l.Holder.Owner != "me" {
			t.Errorf("%s is shown with %+v", name, l.Holder)
		}
		must(t, lease.Release(t.Context()))
		awaitState(t, b, name, StateFree)
	}
}

// resharded moves slots with locks in them to a new master.
func (s *scene) resharded(c *redistest.Cluster, to string) {
	t := s.t
	eventually(t, s.b, "the new master is watched", func() bool { return contains(s.b.Nodes()[0].Masters, to) })
	awaitRead(t, s.b, NotificationsLive)
	client, at := c.Owner(t, 0), redistest.ID(t, c.Servers[len(c.Servers)-1])
	s.always([]State{StateHeld}, func() {
		c.CLI(t, "--cluster", "reshard", client.Addr(), "--cluster-from", redistest.ID(t, client), "--cluster-to", at,
			"--cluster-slots", "30", "--cluster-yes")
	})
	if owner := c.Owner(t, 2); owner.Addr() != to {
		t.Errorf("slot 2 is at %s", owner.Addr())
	}
	s.held()
	for _, name := range s.names {
		if h := s.b.History(name); len(h) != 1 || !h[0].To.IsZero() {
			t.Errorf("the history of %s is %+v", name, h)
		}
	}
	// Events of the new master count.
	name := namesIn(1, 1)[0]
	must(t, s.client.Del(t.Context(), name).Err())
	awaitState(t, s.b, name, StateFree)
	s.take(name)
	if n := s.b.Nodes()[0]; n.Missed != 0 || !n.Failover.IsZero() {
		t.Errorf("the node is %+v", n)
	}
}

// halfMoved stops in the middle of moving a slot.
func (s *scene) halfMoved(c *redistest.Cluster) {
	t, ctx, names := s.t, s.t.Context(), namesIn(7000, 2)
	from, to := c.Owner(t, 7000), c.Owner(t, 12000)
	source, sink := redistest.Client(t, from), redistest.Client(t, to)
	host, port, err := net.SplitHostPort(to.Addr())
	s.always([]State{StateHeld}, func() {
		must(t, errors.Join(err,
			sink.Do(ctx, "CLUSTER", "SETSLOT", 7000, "IMPORTING", redistest.ID(t, from)).Err(),
			source.Do(ctx, "CLUSTER", "SETSLOT", 7000, "MIGRATING", redistest.ID(t, to)).Err(),
			source.Migrate(ctx, host, port, names[0], 0, time.Second).Err()))
		s.take("lock:{" + target.Tag(7000) + "}fresh") // goes where the slot goes
	})
	must(t, s.client.Del(ctx, names[0]).Err())
	awaitState(t, s.b, names[0], StateFree)
	s.take(names[0])
	for _, key := range source.ClusterGetKeysInSlot(ctx, 7000, 100).Val() {
		must(t, source.Migrate(ctx, host, port, key, 0, time.Second).Err())
	}
	c.Hand(t, 7000, to)
	s.held()
}

func TestTheMasterThatSentinelsNameIsWatched(t *testing.T) {
	t.Parallel()
	servers := redistest.StartSentinels(t)
	s := &scene{t: t, client: redistest.Client(t, servers.Servers[0])}
	s.b = watchURL(t, servers.URL(), ModeAuto)
	for i := range 10 {
		s.take(fmt.Sprint("lock:", i))
	}
	if n := s.b.Nodes()[0]; n.Mode != "sentinel" || n.Role != "master" || n.Address != servers.Servers[0].Addr() || n.Masters != n.Address {
		t.Errorf("the node is %+v", n)
	}
	leases(t, s.b, servers.URL())

	s.always([]State{StateHeld, StateUnknown}, func() {
		servers.Servers[0].Kill()
		awaitState(t, s.b, "lock:1", StateUnknown)
		servers.Await(t, "another master", func() bool { return !s.b.Nodes()[0].Failover.IsZero() })
	})
	awaitRead(t, s.b, NotificationsLive)
	s.client = redistest.Client(t, servers.Master(t))
	s.mirrors()
	s.take("lock:after")
	if n := s.b.Nodes()[0]; n.Address == servers.Servers[0].Addr() || n.Missed != 0 {
		t.Errorf("the node is %+v", n)
	}
}
