package redisnode_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
)

// patience is how long something that is to come may take.
const patience = 30 * time.Second

// eventually waits until done.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// maxTTL is how long nodes sit out in these tests.
const maxTTL = 2 * time.Second

// engineAt returns an engine with one node at the URL, and what closes both. It is
// closed at the end of the test in any case.
func engineAt(t *testing.T, url string) (*lockengine.Engine, func()) {
	t.Helper()
	n, err := redisnode.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	e, err := lockengine.New([]lockengine.Node{n}, lockengine.Config{
		TTL: time.Second, MaxTTL: maxTTL, RetryCount: -1, NodeTimeout: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = e.Close(ctx) // what is left ends by its TTL
		n.Close()
	}
	t.Cleanup(stop)
	return e, stop
}

// sitsOut waits until the node of an engine sits out for a reason.
func sitsOut(t *testing.T, e *lockengine.Engine, why string) {
	t.Helper()
	var seen []lockengine.NodeStatus
	defer func() {
		if t.Failed() {
			t.Logf("it was %+v", seen)
		}
	}()
	eventually(t, "it sits out because "+why, func() bool {
		s := e.Status()[0]
		if n := len(seen); n == 0 || s.Votes != seen[n-1].Votes || s.OutWhy != seen[n-1].OutWhy || s.Error != seen[n-1].Error {
			seen = append(seen, s)
		}
		return !s.Votes && strings.Contains(s.OutWhy, why)
	})
}

// takes waits until a lock can be taken, and goes through its life.
func takes(t *testing.T, e *lockengine.Engine, name string) (fence int64) {
	t.Helper()
	var lease *lockengine.Lease
	eventually(t, name+" is taken", func() (ok bool) {
		var err error
		lease, err = e.Acquire(t.Context(), name, lockengine.AcquireOptions{})
		return err == nil
	})
	if err := lease.Extend(t.Context(), maxTTL); err != nil {
		t.Errorf("extend %s: %v", name, err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("release %s: %v", name, err)
	}
	return lease.Fence()
}

// A failover may lose the last writes, and the marker is not among them.
func TestTheMasterBehindSentinelsIsOneNodeThatSitsOutAfterAFailover(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t)
	t.Run("it conforms", func(t *testing.T) {
		nodetest.Run(t, func(t *testing.T) lockengine.Node {
			redistest.Client(t, s.Servers[0]).FlushAll(t.Context())
			n, err := redisnode.Dial(s.URL())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { n.Close() })
			return n
		})
	})
	redistest.Client(t, s.Servers[0]).FlushAll(t.Context())

	e, stop := engineAt(t, s.URL())
	last := takes(t, e, "lock:one")
	again, stopAgain := engineAt(t, s.URL())
	eventually(t, "a second engine believes the marker of the first", func() bool { return again.Status()[0].Votes })
	stopAgain()

	// One that starts after a failover notices it, although the old master lives and
	// nobody was there to see it go.
	stop()
	s.Failover(t)
	master := ""
	at, err := target.Parse(s.URL())
	must(t, err)
	locator := at.Locator()
	defer locator.Close()
	eventually(t, "a majority of the sentinels names another server", func() bool {
		if layout, err := locator.Locate(t.Context()); err == nil {
			master = layout.Masters[0].Addr
		}
		return master != "" && master != s.Servers[0].Addr()
	})
	e, _ = engineAt(t, s.URL())
	sitsOut(t, e, "another server took over")
	if fence := takes(t, e, "lock:one"); fence <= last {
		t.Errorf("the fence went from %d to %d", last, fence)
	}

	// And so does one that is there all the time.
	for _, server := range s.Servers {
		if server.Addr() == master {
			server.Kill()
		}
	}
	sitsOut(t, e, "another server took over")
	if _, err := e.Acquire(t.Context(), "lock:one", lockengine.AcquireOptions{}); err == nil {
		t.Error("a lock was taken from a server that may have forgotten its holder")
	}
	takes(t, e, "lock:two")
}

// must fails the test for an error of a step that it needs.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A master that is cut off together with us may have been replaced.
func TestAMasterThatTheSentinelsDoNotConfirmIsNotAsked(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t)
	e, _ := engineAt(t, s.URL())
	takes(t, e, "lock:one")
	s.Sentinels[1].Kill()
	s.Sentinels[2].Kill()
	eventually(t, "the node is down", func() bool {
		status := e.Status()[0]
		return !status.Up && strings.Contains(status.Error, "2 of 3 sentinels")
	})
	must(t, s.Sentinels[2].Restart(t.Context()))
	takes(t, e, "lock:one")
}

func TestAMasterThatWasMadeAReplicaHasNoVote(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t)
	n, err := redisnode.Dial(s.URL())
	must(t, err)
	defer n.Close()
	if a := do(t, n, lockengine.KindAcquire, "k", "one", time.Minute); a.Vote != lockengine.VoteGranted {
		t.Fatalf("%+v", a)
	}
	host, port, err := net.SplitHostPort(s.Servers[1].Addr())
	must(t, err)
	must(t, redistest.Client(t, s.Servers[0]).Do(t.Context(), "REPLICAOF", host, port).Err())
	if a := do(t, n, lockengine.KindAcquire, "k2", "one", time.Minute); a.Vote == lockengine.VoteGranted || !a.Void {
		t.Errorf("a replica answered %+v", a)
	}
	eventually(t, "it is known as a replica", func() bool {
		a := do(t, n, lockengine.KindAcquire, "k3", "one", time.Minute)
		if a.Vote == lockengine.VoteGranted {
			t.Fatalf("a replica granted: %+v", a)
		}
		return strings.Contains(a.Err.Error(), "replica")
	})
}
