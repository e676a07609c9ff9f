package redisnode_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
)

// empty empties a cluster.
func empty(t *testing.T, c *redistest.Cluster) {
	t.Helper()
	for _, s := range c.Servers {
		redistest.Client(t, s).FlushAll(t.Context()) // replicas refuse
	}
}

// namesIn returns n names in a slot.
func namesIn(slot, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("lock:{%s}%d", target.Tag(slot), i)
	}
	return names
}

// hold takes a lock that is held for long.
func hold(t *testing.T, e *lockengine.Engine, name string) *lockengine.Lease {
	t.Helper()
	lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: maxTTL})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	lease.Renew(0)
	return lease
}

// held checks that a lock is held still, and by whom on a server, and gives it back.
func held(t *testing.T, lease *lockengine.Lease, at *spawn.Server) {
	t.Helper()
	pipe := redistest.Client(t, at).Pipeline()
	pipe.Do(t.Context(), "ASKING") // the slot may be on its way
	got := pipe.Get(t.Context(), lease.Name())
	if _, err := pipe.Exec(t.Context()); err != nil || got.Val() != lease.Token() {
		t.Errorf("%s: its master has %q: %v", lease.Name(), lockengine.Fingerprint(got.Val()), err)
	}
	if err := lease.Extend(t.Context(), maxTTL); err != nil {
		t.Errorf("extend %s: %v", lease.Name(), err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("release %s: %v", lease.Name(), err)
	}
}

func TestAClusterIsOneNode(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	t.Run("it conforms", func(t *testing.T) {
		nodetest.Run(t, func(t *testing.T) lockengine.Node {
			empty(t, c)
			n, err := redisnode.Dial(c.URL())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { n.Close() })
			return n
		})
	})
	empty(t, c)
	e, stop := engineAt(t, c.URL())
	for i := range 20 {
		takes(t, e, fmt.Sprintf("lock:%d", i))
	}
	again, stopAgain := engineAt(t, c.URL())
	eventually(t, "a second engine believes the markers of the first", func() bool { return again.Status()[0].Votes })
	stopAgain()

	added := c.Add(t)
	t.Run("locks go on while slots are moved", func(t *testing.T) { locksGoOn(t, c, added, e) })
	t.Run("locks go on in a slot that is half moved", func(t *testing.T) { halfMoved(t, c, e) })
	t.Run("a slot without its keys is a loss", func(t *testing.T) {
		const slot = 7001
		lease := hold(t, e, namesIn(slot, 1)[0])
		from, to := c.Owner(t, slot), c.Owner(t, 12000)
		c.Seize(t, slot, to)
		sitsOut(t, e, "lost its memory")
		if from == to || lease.Extend(t.Context(), maxTTL) == nil {
			t.Error("a lock that was lost with its slot was extended")
		}
		takes(t, e, "lock:again")
	})
	t.Run("a failover is a loss", func(t *testing.T) {
		name := namesIn(100, 1)[0]
		last := takes(t, e, name)
		c.Owner(t, 100).Kill()
		sitsOut(t, e, "took over from another")
		if _, err := e.Acquire(t.Context(), "lock:other", lockengine.AcquireOptions{}); err == nil {
			t.Error("a lock was taken of a cluster that may have forgotten its holder")
		}
		if fence := takes(t, e, name); fence <= last {
			t.Errorf("the fence went from %d to %d", last, fence)
		}
	})
	t.Run("a failover that nobody saw is a loss", func(t *testing.T) {
		stop()
		c.Owner(t, 6000).Kill()
		e, _ := engineAt(t, c.URL())
		sitsOut(t, e, "took over from another")
		takes(t, e, "lock:late")
	})
}

// locksGoOn moves slots to a new master while locks in them are held and taken.
func locksGoOn(t *testing.T, c *redistest.Cluster, added *spawn.Server, e *lockengine.Engine) {
	const slots = 60
	from := c.Owner(t, 0)
	seen := e.Status()[0]
	eventually(t, "the engine has met the new master", func() bool { return e.Status()[0].RTT != seen.RTT })
	var leases []*lockengine.Lease
	for slot := range slots {
		leases = append(leases, hold(t, e, namesIn(slot, 1)[0]))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	taken := 0
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			lease, err := e.Acquire(t.Context(), namesIn(i%slots, 2)[1], lockengine.AcquireOptions{})
			if err != nil {
				t.Errorf("while slots are moved: %v", err)
				return
			}
			if err := lease.Release(t.Context()); err != nil {
				t.Errorf("release while slots are moved: %v", err)
			}
			taken++
		}
	})
	c.CLI(t, "--cluster", "reshard", c.Servers[0].Addr(), "--cluster-from", redistest.ID(t, from), "--cluster-to", redistest.ID(t, added),
		"--cluster-slots", fmt.Sprint(slots), "--cluster-yes")
	close(done)
	wg.Wait()
	if taken < slots || c.Owner(t, 0) != added {
		t.Errorf("%d locks were taken, and slot 0 is at %s", taken, c.Owner(t, 0).Addr())
	}
	for _, lease := range leases {
		held(t, lease, added)
	}
	if s := e.Status()[0]; !s.Votes || s.Jumps > 0 {
		t.Errorf("the cluster sits out: %+v", s)
	}
	// The engine makes the markers those of the new master, which then vouches for
	// itself when the old one is gone.
	eventually(t, "the slots have markers of their new master", func() bool {
		var of []string
		for _, slot := range []int{0, slots - 1, slots} {
			value := c.Client(t).Get(t.Context(), "lockscope:born:{"+target.Tag(slot)+"}").Val()
			of = append(of, value[:min(40, len(value))])
		}
		return of[0] == of[1] && of[1] != of[2]
	})
}

// halfMoved stops in the middle of moving a slot: some keys are here, some there.
func halfMoved(t *testing.T, c *redistest.Cluster, e *lockengine.Engine) {
	const slot = 7000
	names := namesIn(slot, 6)
	from, to := c.Owner(t, slot), c.Owner(t, 12000)
	source, sink := redistest.Client(t, from), redistest.Client(t, to)
	stay, go1, go2 := hold(t, e, names[0]), hold(t, e, names[1]), hold(t, e, names[2])
	var host, port string
	fmt.Sscanf(to.Addr(), "127.0.0.1:%s", &port)
	host = "127.0.0.1"
	for _, err := range []error{
		sink.Do(t.Context(), "CLUSTER", "SETSLOT", slot, "IMPORTING", redistest.ID(t, from)).Err(),
		source.Do(t.Context(), "CLUSTER", "SETSLOT", slot, "MIGRATING", redistest.ID(t, to)).Err(),
		source.Migrate(t.Context(), host, port, names[1], 0, time.Second).Err(),
		source.Migrate(t.Context(), host, port, names[2], 0, time.Second).Err(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	held(t, stay, from)
	held(t, go1, to)
	if _, err := e.Acquire(t.Context(), names[2], lockengine.AcquireOptions{}); err == nil {
		t.Error("a lock that is on its way was taken twice")
	}
	// One that nobody holds is taken where the slot goes.
	fresh, err := e.Acquire(t.Context(), names[3], lockengine.AcquireOptions{})
	if err != nil {
		t.Fatalf("a free name of the slot: %v", err)
	}
	held(t, fresh, to)

	rest := source.ClusterGetKeysInSlot(t.Context(), slot, 100).Val()
	for _, key := range rest {
		if err := source.Migrate(t.Context(), host, port, key, 0, time.Second).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if len(rest) != 2 || !slices.Contains(rest, "lockscope:born:{"+target.Tag(slot)+"}") {
		t.Errorf("the rest of the slot was %q", rest)
	}
	c.Hand(t, slot, to)
	held(t, go2, to)
	takes(t, e, names[4])
	if s := e.Status()[0]; !s.Votes {
		t.Errorf("the cluster sits out: %+v", s)
	}
}
