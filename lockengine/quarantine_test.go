package lockengine_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/lockengine"
)

// forgetful has leases so short that a test can wait for a quarantine to end.
var forgetful = lockengine.Config{
	Fresh: true, NodeTimeout: 2 * time.Second, RetryCount: -1, TTL: time.Second, MaxTTL: 2 * time.Second,
}

const bornKey = "lockscope:born"

// out waits until the engine does not let a node vote, and returns what it says.
func out(t *testing.T, e *lockengine.Engine, node int) lockengine.NodeStatus {
	t.Helper()
	var s lockengine.NodeStatus
	eventually(t, "the node sits out", func() bool {
		s = e.Status()[node]
		return s.Up && !s.Votes && s.OutWhy != ""
	})
	return s
}

// voting waits until an engine lets a node vote.
func voting(t *testing.T, e *lockengine.Engine, node int) {
	t.Helper()
	eventually(t, "the node votes", func() bool { return e.Status()[node].Votes })
}

func TestANodeThatRestartsEmptyVotesAgainWhenTheLongestLeaseHasEnded(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	cfg := forgetful
	cfg.Observer = events
	r := newRig(t, 1, cfg)
	acquire(t, r.Engine, lockengine.AcquireOptions{})
	r.servers[0].Kill()
	ended := time.Now()
	r.restart(t, 0)
	s := out(t, r.Engine, 0)
	if most := time.Now().Add(cfg.MaxTTL); !strings.Contains(s.OutWhy, "memory") || s.OutUntil.After(most) {
		t.Errorf("out until %s because %q", s.OutUntil, s.OutWhy)
	}
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{Wait: time.Minute})
	if sat := lease.AcquiredAt().Sub(ended); sat < cfg.MaxTTL {
		t.Errorf("it voted after %s, leases last up to %s", sat, cfg.MaxTTL)
	}
	if q, a := events.of(lockengine.EventQuarantined), events.of(lockengine.EventAdmitted); len(q) == 0 || len(a) == 0 || q[0].Node != "a" || q[0].Err == nil {
		t.Errorf("told of %+v and %+v", q, a)
	}
}

func TestAFlushedNodeIsNoticedByTheNextVote(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5, patient)
	if err := r.clients[2].FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	eventually(t, "the vote of the flushed node", func() bool {
		v := voteOf(t, lease.Votes(), "c")
		switch v.Vote {
		case lockengine.VoteAmnesia, lockengine.VoteQuarantined: // the health poll may have been there before
			return v.Reason != ""
		case lockengine.VoteGranted:
			t.Fatal("it counted")
		}
		return false
	})
	s := out(t, r.Engine, 2)
	if left := time.Until(s.OutUntil); left < 50*time.Second {
		t.Errorf("it sits out for %s", left)
	}
}

func TestALossThatOneEngineSawIsObeyedByTheOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, patient)
	other := r.engine(t, patient)
	r.clients[1].FlushAll(t.Context())
	acquire(t, r.Engine, lockengine.AcquireOptions{})
	seen := out(t, r.Engine, 1)
	eventually(t, "a new marker", func() bool { return r.clients[1].Exists(t.Context(), bornKey).Val() == 1 })
	for what, e := range map[string]*lockengine.Engine{"that was there": other, "that came later": r.engine(t, patient)} {
		s := out(t, e, 1)
		if differs := s.OutUntil.Sub(seen.OutUntil).Abs(); differs > 2*time.Second {
			t.Errorf("the engine %s lets it vote %s apart", what, differs)
		}
	}
}

func TestARestartIsNoticedByTheHealthPollAlthoughTheMarkerWasKept(t *testing.T) {
	t.Parallel()
	// With "everysec" a busy disk may keep the server from writing the marker.
	r := newServers(t, 1, "--appendonly", "yes", "--appendfsync", "no")
	e := r.engine(t, patient)
	voting(t, e, 0)
	marker := r.clients[0].Get(t.Context(), bornKey).Val()
	r.restart(t, 0)
	if kept := r.clients[0].Get(t.Context(), bornKey).Val(); kept != marker || marker == "" {
		t.Fatalf("the marker was %q and is %q", marker, kept)
	}
	if s := out(t, e, 0); !strings.Contains(s.OutWhy, "restarted") {
		t.Errorf("it sits out because %q", s.OutWhy)
	}
	if now := r.clients[0].Get(t.Context(), bornKey).Val(); now == marker {
		eventually(t, "a new marker for the others", func() bool { return r.clients[0].Get(t.Context(), bornKey).Val() != marker })
	}
}

func TestALossThatCannotBeWrittenDownIsNotForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, patient)
	voting(t, r.Engine, 0)
	if err := r.clients[0].ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	r.clients[0].FlushAll(t.Context())
	eventually(t, "the engine fails to write a marker", func() bool { return strings.Contains(r.Status()[0].Error, "marker") })
	if err := r.clients[0].ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new marker", func() bool { return r.clients[0].Exists(t.Context(), bornKey).Val() == 1 })
	if left := time.Until(out(t, r.Engine, 0).OutUntil); left < 30*time.Second {
		t.Errorf("it sits out for %s", left)
	}
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); err == nil {
		t.Error("a node that lost its memory gave a lock")
	}
}

func TestANodeThatWasStartedLatelyWaitsForTheRestOfTheLongestLease(t *testing.T) {
	t.Parallel()
	r := newServers(t, 1)
	cfg := forgetful
	cfg.Fresh = false
	e := r.engine(t, cfg)
	s := out(t, e, 0)
	if left := time.Until(s.OutUntil); left > cfg.MaxTTL || !strings.Contains(s.OutWhy, "started lately") {
		t.Errorf("out for %s because %q", left, s.OutWhy)
	}
	acquire(t, e, lockengine.AcquireOptions{Wait: time.Minute})
	if uptime := uptime(t, r.clients[0]); uptime < cfg.MaxTTL-time.Second {
		t.Errorf("it voted after %s", uptime)
	}
}

func uptime(t *testing.T, c *redis.Client) time.Duration {
	t.Helper()
	info, err := c.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "uptime_in_seconds:")
	digits, _, _ := strings.Cut(rest, "\r\n")
	seconds, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(seconds) * time.Second
}

func TestANodeThatHasBeenUpForLongerThanAnyLeaseVotesAtOnce(t *testing.T) {
	t.Parallel()
	r := newServers(t, 1)
	events := &recorder{}
	cfg := forgetful
	cfg.Fresh, cfg.TTL, cfg.MaxTTL, cfg.Observer = false, 500*time.Millisecond, time.Second, events
	eventually(t, "an uptime beyond the longest lease", func() bool { return uptime(t, r.clients[0]) > cfg.MaxTTL })
	acquire(t, r.engine(t, cfg), lockengine.AcquireOptions{})
	if q := events.of(lockengine.EventQuarantined); len(q) != 0 {
		t.Errorf("it sat out first: %+v", q)
	}
}

func TestNodesThatAreKnownToBeNewVoteAtOnce(t *testing.T) {
	t.Parallel()
	r := newServers(t, 3)
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	lease, err := r.unmet(t, cfg).Acquire(t.Context(), name, lockengine.AcquireOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if q := events.of(lockengine.EventQuarantined); len(q) != 0 || !lease.Valid() {
		t.Errorf("they sat out: %+v", q)
	}
}

func TestANodeThatIsAdmittedByHandVotesForEveryEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, patient)
	other := r.engine(t, patient)
	r.clients[0].FlushAll(t.Context())
	out(t, r.Engine, 0)
	out(t, other, 0)
	if err := r.Admit(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	voting(t, r.Engine, 0)
	if err := acquire(t, r.Engine, lockengine.AcquireOptions{}).Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	voting(t, other, 0)
	acquire(t, other, lockengine.AcquireOptions{})
}

func TestAdmitSaysWhyItCouldNotBeDone(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, patient)
	var arg *lockengine.ArgumentError
	if err := r.Admit(t.Context(), "z"); !errors.As(err, &arg) || arg.Field != "node" {
		t.Errorf("a node that there is not: %v", err)
	}
	r.stop(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Admit(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a node that hangs: %v", err)
	}
	r.servers[0].Kill()
	if err := r.Admit(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "admit node a") {
		t.Errorf("a node that is gone: %v", err)
	}
}

func TestWithoutQuarantineANodeThatComesBackEmptyVotes(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	cfg := patient
	cfg.NoQuarantine, cfg.Observer = true, events
	r := newRig(t, 1, cfg)
	acquire(t, r.Engine, lockengine.AcquireOptions{})
	r.restart(t, 0)
	eventually(t, "the lock is given once more", func() bool {
		_, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
		return err == nil
	})
	for range 2 { // the second was asked for after the lock was given
		rtt := r.Status()[0].RTT
		eventually(t, "the node is looked at again", func() bool { return r.Status()[0].RTT != rtt })
	}
	if s := r.Status()[0]; !s.Votes || s.OutWhy != "" {
		t.Errorf("told %+v", s)
	}
	if q := events.of(lockengine.EventQuarantined); len(q) != 0 {
		t.Errorf("told of %+v", q)
	}
}

func TestANodeWhoseClockJumpedSitsOut(t *testing.T) {
	t.Parallel()
	node := embeddedNodes(t, 1)[0]
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	e := engineAt(t, cfg, node.URL())
	voting(t, e, 0)
	node.ShiftClock(10 * time.Minute)
	s := out(t, e, 0)
	if !strings.Contains(s.OutWhy, "clock jumped") || s.Jumps != 1 {
		t.Errorf("told %+v", s)
	}
	if left := time.Until(s.OutUntil); left > 61*time.Second || left < 30*time.Second {
		t.Errorf("it sits out for %s", left)
	}
	if jumps := events.of(lockengine.EventClock); len(jumps) != 1 || (jumps[0].Jump-10*time.Minute).Abs() > time.Second {
		t.Errorf("told of %+v", jumps)
	}
}

func TestANodeWhoseClockDiffersFromTheOthersIsFlagged(t *testing.T) {
	t.Parallel()
	nodes := embeddedNodes(t, 3)
	nodes[1].ShiftClock(5 * time.Second)
	e := engineAt(t, patient, nodes[0].URL(), nodes[1].URL(), nodes[2].URL())
	eventually(t, "the finding", func() bool {
		f := e.Status()[1].Findings
		return len(f) > 0 && f[len(f)-1].Code == "clock" && f[len(f)-1].Mend != ""
	})
	voting(t, e, 1) // it is wrong, but steady
	for _, i := range []int{0, 2} {
		for _, f := range e.Status()[i].Findings {
			if f.Code == "clock" {
				t.Errorf("node %d: %s", i, f.Text)
			}
		}
	}
}

func embeddedNodes(t testing.TB, n int) []*embedded.Node {
	t.Helper()
	nodes, err := embedded.StartAll(n, embedded.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { embedded.StopAll(nodes) })
	return nodes
}

func TestANodeThatDoesNotAnswerIsNotAskedUntilAProbeFindsItBack(t *testing.T) {
	t.Parallel()
	events := &recorder{}
	cfg := patient
	cfg.Observer = events
	r := newRig(t, 3, cfg)
	r.stop(t, 2)
	eventually(t, "the circuit opens", func() bool { return !r.Status()[2].Up })
	if s := r.Status()[2]; s.Error == "" || !s.UpSince.IsZero() {
		t.Errorf("told %+v", s)
	}
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{})
	if v := voteOf(t, lease.Votes(), "c"); v.Vote != lockengine.VoteDown || !strings.Contains(v.Reason, "not asked") {
		t.Errorf("voted %+v", v)
	}
	r.resume(t, 2)
	eventually(t, "the circuit closes", func() bool { return r.Status()[2].Up })
	r.servers[1].Kill()
	eventually(t, "the circuit of a dead node opens", func() bool { return !r.Status()[1].Up })
	told := events.of(lockengine.EventCircuit)
	if len(told) != 3 || told[0].Err == nil || told[1].Err != nil || told[2].Err == nil || told[0].Node != "c" || told[2].Node != "b" {
		t.Errorf("told of %+v", told)
	}
}

// What was seen is not forgotten because it cannot be written down, whatever old
// marker the node shows meanwhile.
func TestALossThatCannotBeWrittenDownIsSatOutAllTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, forgetful)
	raw := r.clients[0]
	first := raw.Get(t.Context(), bornKey).Val()
	raw.FlushAll(t.Context())
	out(t, r.Engine, 0)
	voting(t, r.Engine, 0)

	lost := time.Now()
	_, err := raw.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Set(t.Context(), bornKey, first, 0)
		p.Do(t.Context(), "ACL", "SETUSER", "default", "-set", "-setnx")
		return nil
	})
	if err != nil || first == "" {
		t.Fatalf("the marker was %q: %v", first, err)
	}
	eventually(t, "it does not vote", func() bool { return !r.Engine.Status()[0].Votes })
	voting(t, r.Engine, 0)
	if sat := time.Since(lost); sat < forgetful.MaxTTL {
		t.Errorf("it voted after %s, leases last up to %s", sat, forgetful.MaxTTL)
	}
}
