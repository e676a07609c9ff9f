package lockengine_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// A fault is a way in which a server that is there refuses what it is asked.
type fault struct {
	name string
	// inflict brings it about, mend ends it.
	inflict, mend func(t *testing.T, c *redis.Client)
	// vote and reason are what the node's answer to an attempt becomes.
	vote   lockengine.Vote
	reason string
}

// command runs a command on a server, for faults.
func command(args ...any) func(*testing.T, *redis.Client) {
	return func(t *testing.T, c *redis.Client) {
		t.Helper()
		if err := c.Do(t.Context(), args...).Err(); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
}

// breakDisk makes background saves fail, and with them all writes: a folder
// stands where the file is to be.
func breakDisk(t *testing.T, c *redis.Client) {
	t.Helper()
	dir := c.ConfigGet(t.Context(), "dir").Val()["dir"]
	if err := os.Mkdir(filepath.Join(dir, "dump.rdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	command("CONFIG", "SET", "save", "3600 1000000")(t, c)
	command("BGSAVE")(t, c)
	eventually(t, "a save that fails", func() bool {
		return strings.Contains(c.Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
	})
}

var faults = []fault{
	{
		name: "it became a replica", reason: "READONLY",
		inflict: command("REPLICAOF", "127.0.0.1", "1"), mend: command("REPLICAOF", "NO", "ONE"),
	},
	{
		name: "its memory is full", reason: "OOM",
		inflict: command("CONFIG", "SET", "maxmemory", "1"), mend: command("CONFIG", "SET", "maxmemory", "0"),
	},
	{
		name: "it cannot save", reason: "MISCONF",
		inflict: breakDisk, mend: command("CONFIG", "SET", "save", ""),
	},
	{
		name: "the user may not write keys", reason: "NOPERM",
		inflict: command("ACL", "SETUSER", "default", "-set"), mend: command("ACL", "SETUSER", "default", "+set"),
	},
	{
		name: "the user may not raise fences", vote: lockengine.VoteGranted, reason: "NOPERM",
		inflict: command("ACL", "SETUSER", "default", "-zadd"), mend: command("ACL", "SETUSER", "default", "+zadd"),
	},
	{
		name: "the user may not read the marker", reason: "NOPERM",
		inflict: command("ACL", "SETUSER", "default", "resetkeys", "~lock:*", "~lockscope:fences"),
		mend:    command("ACL", "SETUSER", "default", "allkeys"),
	},
	{
		name: "the fences are of another type", vote: lockengine.VoteGranted, reason: "WRONGTYPE",
		inflict: func(t *testing.T, c *redis.Client) {
			command("DEL", "lockscope:fences")(t, c)
			command("SET", "lockscope:fences", "not a sorted set")(t, c)
		},
		mend: command("DEL", "lockscope:fences"),
	},
}

func TestADegradedServerIsAVoteWithItsReasonAndNeverAYes(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			r := newRig(t, 1, patient)
			events := &recorder{}
			cfg := patient
			cfg.Observer = events
			e := r.engine(t, cfg)
			f.inflict(t, r.clients[0])
			lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{})
			if lease != nil {
				t.Fatal("it gave a lock")
			}
			if v := votesOf(t, err)[0]; v.Vote != f.vote || !strings.Contains(v.Reason, f.reason) {
				t.Errorf("voted %+v: %v", v, err)
			}
			f.mend(t, r.clients[0])
			eventually(t, "no residue", func() bool { return r.empty(t) })
			lease = acquire(t, e, lockengine.AcquireOptions{})
			if err := lease.Release(t.Context()); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			if q := events.of(lockengine.EventQuarantined); len(q) != 0 {
				t.Errorf("it was taken for a loss of memory: %+v", q)
			}
		})
	}
}

func TestADegradedServerDoesNotEndALeaseBeforeItsTime(t *testing.T) {
	for _, f := range faults {
		if f.vote == lockengine.VoteGranted || f.reason == "NOPERM" {
			continue // extending and releasing need no fence and no SET
		}
		t.Run(f.name, func(t *testing.T) {
			r := newRig(t, 1, patient)
			lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: 20 * time.Second})
			until := lease.ValidUntil()
			f.inflict(t, r.clients[0])
			// Some servers still prolong a key that is there; none may say so wrongly.
			err := lease.Extend(t.Context(), 40*time.Second)
			var none *lockengine.NoQuorumError
			switch {
			case err == nil:
				if left := pttl(t, r.clients[0]); left < 30*time.Second {
					t.Errorf("the node said yes and keeps the key for %s", left)
				}
			case !errors.As(err, &none) || !strings.Contains(none.Votes[0].Reason, f.reason):
				t.Errorf("extend: %v", err)
			case !lease.Valid() || lease.ValidUntil() != until:
				t.Error("the failed extension changed the lease")
			}
			f.mend(t, r.clients[0])
			if err := lease.Extend(t.Context(), 40*time.Second); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestAUserThatMayNotRunScriptsIsToldAndTheKeyGoesWithItsTime(t *testing.T) {
	r := newRig(t, 1, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Second})
	command("ACL", "SETUSER", "default", "-eval", "-evalsha")(t, r.clients[0])
	var none *lockengine.NoQuorumError
	if err := lease.Extend(t.Context(), 10*time.Second); !errors.As(err, &none) || !strings.Contains(none.Votes[0].Reason, "NOPERM") {
		t.Errorf("extend: %v", err)
	}
	if err := lease.Release(t.Context()); !errors.As(err, &none) || none.Kind != lockengine.KindRelease {
		t.Errorf("release: %v", err)
	}
	eventually(t, "the key expires", func() bool { return r.empty(t) })
}

func TestScriptsThatTheServerForgotAreSentAgain(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	for _, c := range r.clients {
		command("SCRIPT", "FLUSH")(t, c)
	}
	if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.clients {
		command("SCRIPT", "FLUSH")(t, c)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "every node is free", func() bool { return r.empty(t) })
}

func TestAServerThatLoadsItsDataDoesNotVoteAndKeepsItsMemory(t *testing.T) {
	t.Parallel()
	r := newServers(t, 1, "--enable-debug-command", "yes", "--key-load-delay", "300", "--loading-process-events-interval-bytes", "1024")
	e := r.engine(t, patient)
	command("DEBUG", "POPULATE", "5000")(t, r.clients[0])
	loader := redis.NewClient(&redis.Options{Addr: r.servers[0].Addr(), MaxRetries: -1, ReadTimeout: time.Minute})
	defer loader.Close()
	loaded := make(chan error, 1)
	go func() { loaded <- loader.Do(t.Context(), "DEBUG", "RELOAD").Err() }()
	var refused lockengine.NodeVote
	eventually(t, "an attempt while it loads", func() bool {
		lease, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{})
		if err == nil {
			_ = lease.Release(t.Context()) // the loading has not begun
			return false
		}
		refused = votesOf(t, err)[0]
		return strings.Contains(refused.Reason, "LOADING")
	})
	if refused.Vote != lockengine.VoteUnknown && refused.Vote != lockengine.VoteDown {
		t.Errorf("voted %+v", refused)
	}
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	eventually(t, "it votes again", func() bool {
		_, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{})
		return err == nil
	})
}

func TestIdleConnectionsThatWereCutCostNothing(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	r := newRig(t, 3, cfg)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute})
	for _, c := range r.clients {
		command("CLIENT", "KILL", "TYPE", "normal")(t, c)
	}
	if err := lease.Extend(t.Context(), time.Minute); err != nil {
		t.Errorf("extend: %v", err)
	}
	rtt := r.Status()[0].RTT
	eventually(t, "the nodes are looked at again", func() bool { return r.Status()[0].RTT != rtt })
	if told := events.of(lockengine.EventCircuit); len(told) != 0 {
		t.Errorf("the nodes were given up: %+v", told)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Errorf("release: %v", err)
	}
}

func TestALockOfAnotherTypeIsHeldByAnother(t *testing.T) {
	r := newRig(t, 1, patient)
	if err := r.clients[0].HSet(t.Context(), name, "f", "1").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
	var held *lockengine.HeldError
	if !errors.As(err, &held) || held.TTL != lockengine.NoExpiry {
		t.Fatalf("got %v", err)
	}
	if n := r.clients[0].Exists(t.Context(), name).Val(); n != 1 {
		t.Error("the undo deleted a key of another type")
	}
}

func TestAMarkerThatIsNotOursKeepsTheNodeOut(t *testing.T) {
	for what, inflict := range map[string]func(*testing.T, *redis.Client){
		"foreign text": command("SET", bornKey, "hello"),
		"far ahead":    command("SET", bornKey, "abc:9000000000000"),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newServers(t, 1)
			inflict(t, r.clients[0])
			s := out(t, r.engine(t, patient), 0)
			if left := time.Until(s.OutUntil); left > 2*lockengine.DefaultMaxTTL {
				t.Errorf("out for %s", left)
			}
		})
	}
}

func TestAMarkerOfAnotherTypeIsAReasonNotToVote(t *testing.T) {
	r := newServers(t, 1)
	r.clients[0].HSet(t.Context(), bornKey, "f", "v")
	_, err := r.unmet(t, patient).Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if v := votesOf(t, err)[0]; v.Vote == lockengine.VoteGranted || !strings.Contains(v.Reason, "WRONGTYPE") {
		t.Errorf("voted %+v", v)
	}
	if !r.empty(t) {
		eventually(t, "no residue", func() bool { return r.empty(t) })
	}
}

func TestAProxyInFrontOfNothingIsANodeThatIsDown(t *testing.T) {
	for what, answer := range map[string]func(net.Conn){
		"it closes at once":                func(net.Conn) {},
		"it closes after the first line":   func(c net.Conn) { _, _ = bufio.NewReader(c).ReadString('\n') },
		"it speaks another protocol":       func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); drain(c) },
		"it answers with nonsense numbers": func(c net.Conn) { fmt.Fprint(c, "*-7\r\n$99999999999999\r\n"); drain(c) },
		"it answers with errors":           func(c net.Conn) { fmt.Fprint(c, strings.Repeat("-ERR no upstream\r\n", 100)); drain(c) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newServers(t, 2)
			e := engineAt(t, patient, r.servers[0].URL(), r.servers[1].URL(), "redis://"+listen(t, answer))
			eventually(t, "the nodes that are there", func() bool { return e.Status()[0].Votes && e.Status()[1].Votes })
			lease := acquire(t, e, lockengine.AcquireOptions{})
			eventually(t, "a vote with a reason", func() bool {
				v := voteOf(t, lease.Votes(), "c")
				if v.Vote == lockengine.VoteGranted {
					t.Fatal("it counted")
				}
				return v.Reason != ""
			})
			if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
				t.Error(err)
			}
			if err := lease.Release(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// listen serves each connection with answer and then closes it. It returns the
// address.
func listen(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				answer(c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return ln.Addr().String()
}
