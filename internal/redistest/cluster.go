package redistest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/spawn"
)

const (
	// joinTimeout is how long servers may take to become what they are to be.
	joinTimeout = 60 * time.Second
	// nodeTimeout is after how many milliseconds without an answer the nodes of a
	// cluster replace one of them.
	nodeTimeout = "1500"
)

// A Cluster is a real Redis Cluster.
type Cluster struct {
	Servers []*spawn.Server
}

// StartCluster runs a cluster of three masters with a replica each for the length
// of the test.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range 6 {
		c.start(t)
	}
	c.CLI(t, append(append([]string{"--cluster", "create"}, c.addrs()...), "--cluster-replicas", "1", "--cluster-yes")...)
	c.Await(t, "the cluster is well and has its replicas", func() bool {
		masters, replicas := c.roles(t)
		return len(masters) == 3 && len(replicas) == 3 && c.well(t)
	})
	return c
}

// start runs one more server that is not in the cluster yet.
func (c *Cluster) start(t testing.TB) *spawn.Server {
	t.Helper()
	s := Start(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t), "--cluster-node-timeout", nodeTimeout,
		"--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0", "--cluster-allow-replica-migration", "no")
	c.Servers = append(c.Servers, s)
	return s
}

// Add runs one more master, which has no slots yet.
func (c *Cluster) Add(t testing.TB) *spawn.Server {
	t.Helper()
	s := c.start(t)
	c.CLI(t, "--cluster", "add-node", s.Addr(), c.Servers[0].Addr())
	c.Await(t, "the new master is known to all", func() bool { return c.well(t) })
	return s
}

// URL is where the cluster is.
func (c *Cluster) URL() string { return "redis+cluster://" + strings.Join(c.addrs()[:3], ",") }

func (c *Cluster) addrs() []string {
	addrs := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		addrs[i] = s.Addr()
	}
	return addrs
}

// Client returns a client of one server that does not follow redirections.
func Client(t testing.TB, s *spawn.Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true, MaxRetries: -1})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ClusterClient returns a client of the whole cluster.
func (c *Cluster) Client(t testing.TB) *redis.ClusterClient {
	t.Helper()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.addrs(), Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// ask sends one command to one server, and returns what it says, empty when it
// does not answer.
func ask(t testing.TB, s *spawn.Server, args ...any) string {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true, MaxRetries: -1})
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	reply, _ := c.Do(ctx, args...).Text() // empty when it does not answer
	return reply
}

// ID is the name of a server within its cluster.
func ID(t testing.TB, s *spawn.Server) string {
	t.Helper()
	return ask(t, s, "CLUSTER", "MYID")
}

// Owner returns the server that is the master of a slot.
func (c *Cluster) Owner(t testing.TB, slot int) *spawn.Server {
	t.Helper()
	slots, err := c.Client(t).ClusterSlots(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range slots {
		for _, s := range c.Servers {
			if r.Start <= slot && slot <= r.End && r.Nodes[0].Addr == s.Addr() {
				return s
			}
		}
	}
	t.Fatalf("nobody has slot %d: %v", slot, slots)
	return nil
}

// Hand tells all masters that a slot is another's, which has got its keys.
func (c *Cluster) Hand(t testing.TB, slot int, to *spawn.Server) {
	t.Helper()
	for _, s := range c.Servers {
		ask(t, s, "CLUSTER", "SETSLOT", slot, "NODE", ID(t, to)) // replicas refuse
	}
}

// Seize gives a slot to another master, without its keys.
func (c *Cluster) Seize(t testing.TB, slot int, to *spawn.Server) {
	t.Helper()
	from := c.Owner(t, slot)
	ask(t, to, "CLUSTER", "SETSLOT", slot, "IMPORTING", ID(t, from))
	ask(t, to, "CLUSTER", "SETSLOT", slot, "NODE", ID(t, to)) // with a later epoch, so that the others agree
	await(t, "all agree", func() bool { return c.Owner(t, slot) == to })
}

// roles returns the masters and the replicas that are in touch with theirs.
func (c *Cluster) roles(t testing.TB) (masters, replicas []*spawn.Server) {
	for _, s := range c.Servers {
		switch info := ask(t, s, "INFO", "replication"); {
		case strings.Contains(info, "role:master"):
			masters = append(masters, s)
		case strings.Contains(info, "master_link_status:up"):
			replicas = append(replicas, s)
		}
	}
	return masters, replicas
}

// well reports whether every server that runs sees the whole cluster, and the
// same masters.
func (c *Cluster) well(t testing.TB) bool {
	seen := ""
	for _, s := range c.Servers {
		if s.PID() == 0 {
			continue
		}
		if !strings.Contains(ask(t, s, "CLUSTER", "INFO"), "cluster_state:ok") {
			return false
		}
		nodes := ask(t, s, "CLUSTER", "NODES")
		masters := strings.Count(nodes, "master") - strings.Count(nodes, "master,fail")
		if this := fmt.Sprint(masters, strings.Contains(nodes, "handshake")); seen == "" {
			seen = this
		} else if seen != this {
			return false
		}
	}
	return true
}

// CLI runs redis-cli and returns what it prints.
func (c *Cluster) CLI(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), joinTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-cli", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Await waits until ready.
func (c *Cluster) Await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	await(t, what, ready)
}

func await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(joinTimeout)
	defer deadline.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", joinTimeout, what)
		}
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}
