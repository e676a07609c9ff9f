package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/spawn"
)

// SentinelMaster is the name of the master that Sentinels watch.
const SentinelMaster = "mymaster"

// failoverTimeout is how long sentinels wait for a replica that is to take over.
const failoverTimeout = 2 * time.Second

// Sentinels are a master with replicas under Redis Sentinel.
type Sentinels struct {
	Servers, Sentinels []*spawn.Server
}

// StartSentinels runs a master with two replicas under three sentinels for the
// length of the test.
func StartSentinels(t testing.TB) *Sentinels {
	t.Helper()
	s := &Sentinels{Servers: StartAll(t, 3, "--repl-diskless-sync-delay", "0")}
	host, port, _ := net.SplitHostPort(s.Servers[0].Addr())
	for _, replica := range s.Servers[1:] {
		ask(t, replica, "REPLICAOF", host, port)
	}
	await(t, "the replicas are in touch with the master", func() bool {
		return strings.Count(ask(t, s.Servers[0], "INFO", "replication"), "state=online") == 2
	})
	conf := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 2\nsentinel down-after-milliseconds %[1]s 1000\n"+
		"sentinel failover-timeout %[1]s %[4]d\n", SentinelMaster, host, port, failoverTimeout.Milliseconds())
	dir := t.TempDir()
	for i := range 3 {
		path := filepath.Join(dir, fmt.Sprintf("sentinel-%d.conf", i))
		if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Sentinels = append(s.Sentinels, Start(t, path, "--sentinel"))
	}
	await(t, "the sentinels know each other and the replicas", func() bool {
		for _, sentinel := range s.Sentinels {
			info := ask(t, sentinel, "INFO", "sentinel")
			if !strings.Contains(info, "status=ok") || !strings.Contains(info, "slaves=2,sentinels=3") {
				return false
			}
		}
		return true
	})
	return s
}

// URL is where the master is to be found.
func (s *Sentinels) URL() string {
	addrs := make([]string, len(s.Sentinels))
	for i, sentinel := range s.Sentinels {
		addrs[i] = sentinel.Addr()
	}
	return "redis+sentinel://" + strings.Join(addrs, ",") + "/" + SentinelMaster
}

// Failover has the first sentinel replace the master although it is well.
func (s *Sentinels) Failover(t testing.TB) {
	t.Helper()
	master := s.master(t)
	var asked time.Time
	s.Await(t, "another server is the master", func() bool {
		if addr := s.master(t); addr != "" && addr != master {
			return true
		}
		// A sentinel gives up for good on a replica that takes too long.
		if time.Since(asked) > 2*failoverTimeout {
			asked = time.Now()
			ask(t, s.Sentinels[0], "SENTINEL", "FAILOVER", SentinelMaster)
		}
		return false
	})
}

// master returns the address of the master that the first sentinel names, empty
// when it does not answer.
func (s *Sentinels) master(t testing.TB) string {
	t.Helper()
	c := redis.NewSentinelClient(&redis.Options{Addr: s.Sentinels[0].Addr(), Protocol: 2, DisableIdentity: true, MaxRetries: -1})
	defer c.Close()
	at, err := c.GetMasterAddrByName(t.Context(), SentinelMaster).Result()
	if err != nil || len(at) != 2 {
		return ""
	}
	return net.JoinHostPort(at[0], at[1])
}

// Await waits until ready.
func (s *Sentinels) Await(t testing.TB, what string, ready func() bool) {
	t.Helper()
	await(t, what, ready)
}

// Master returns the server that is the master now, nil while there is none.
func (s *Sentinels) Master(t testing.TB) *spawn.Server {
	t.Helper()
	for _, server := range s.Servers {
		if strings.Contains(ask(t, server, "INFO", "replication"), "role:master") {
			return server
		}
	}
	return nil
}
