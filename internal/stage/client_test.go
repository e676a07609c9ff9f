package stage

import (
	"strings"
	"testing"
	"time"
)

func TestAClientTakesTheLockWritesAndGivesItBack(t *testing.T) {
	t.Parallel()
	for _, policy := range Policies {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r := open(t).add(policy, "alice")
			r.do(tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
			held := see[ClientView](r, "0/c/alice")
			if held.Until-held.From < 9_800_000 || held.Votes["a"] != "granted" || (policy == PolicyOurs) != (held.Fence > 0) {
				t.Errorf("got %+v", held)
			}
			if n := see[NodeView](r, "0/n/a"); n.Holder != "alice" || n.TTL != 10_000_000 {
				t.Errorf("node a is %+v", n)
			}
			r.do(tell("write", "alice")).run("alice has written", Until{Writes: 1})
			r.do(tell("release", "alice")).run("alice is idle", is("alice", stateIdle))
			want := ""
			if policy == PolicySample { // its unlock refuses just the locks that are held
				want = "alice"
			}
			if n := see[NodeView](r, "0/n/a"); n.Holder != want {
				t.Errorf("after the release node a holds the lock for %q, want %q", n.Holder, want)
			}
			if out := r.outcome(); out.Accepted != 1 || out.Corrupt || out.Overlaps != 0 {
				t.Errorf("got %+v", out)
			}
		})
	}
}

func TestALeaseEndsOnTheStageWhenItsTimeIsUp(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice").add(PolicyDel, "bob")
	r.do(tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
	before := r.Clock.Elapsed()
	r.run("her lease is over", is("alice", stateIdle))
	if lasted := r.Clock.Elapsed() - before; lasted < 9800*time.Millisecond || lasted > 10*time.Second {
		t.Errorf("it lasted %s", lasted)
	}
	if c := see[ClientView](r, "0/c/alice"); c.Says != "its lease is over" {
		t.Errorf("alice says %q", c.Says)
	}
	r.run("the keys are gone", Until{After: 300 * time.Millisecond})
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		if n := see[NodeView](r, "0/n/"+id); n.Holder != "" {
			t.Errorf("node %s still holds the lock for %s", id, n.Holder)
		}
	}
}

func TestAPausedClientDoesNothingAndThenGoesOn(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice")
	r.do(tell("pause", "alice"), tell("acquire", "alice"))
	r.run("some time passes", Until{After: time.Second})
	if out := r.outcome(); len(out.Asks) != 0 {
		t.Errorf("a paused client sent %v", out.Asks)
	}
	r.do(tell("resume", "alice")).run("alice holds the lock", is("alice", stateHolding))
	r.do(Command{Do: "pause", Client: "alice", For: 20 * time.Second})
	r.run("she runs again and sees that her lease is over", is("alice", stateIdle))
	if hold := see[HoldView](r, "0/h/2"); hold.To != hold.Until {
		t.Errorf("a paused client held the lock until %d, its lease ended at %d", hold.To, hold.Until)
	}
}

func TestWhoLooksAtTheLeaseDoesNotWriteLateAndWhoIsRecklessDoes(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice")
	r.do(tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
	r.run("her lease is over", is("alice", stateIdle))
	r.do(tell("write", "alice")).run("she looks", is("alice", stateIdle))
	if c := see[ClientView](r, "0/c/alice"); !strings.Contains(c.Says, "does not write") {
		t.Errorf("alice says %q", c.Says)
	}
	r.do(Command{Do: "reckless", Client: "alice", On: true}, tell("write", "alice")).run("she writes", Until{Writes: 1})
	if out := r.outcome(); out.Accepted != 1 || out.Late != 1 {
		t.Errorf("got %+v", out)
	}
}

func TestAKilledClientLeavesItsLockToTheTTL(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice", "bob")
	r.do(tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
	r.do(tell("kill", "alice"))
	r.do(Command{Do: "acquire", Client: "bob", Wait: 30 * time.Second})
	before := r.Clock.Elapsed()
	r.run("bob has it", is("bob", stateHolding))
	if waited := r.Clock.Elapsed() - before; waited < 9*time.Second {
		t.Errorf("bob had it after %s", waited)
	}
	r.do(Command{Do: "add", Client: "alice", Policy: PolicyPolling})
	if c := see[ClientView](r, "0/c/alice"); c.State != stateIdle || c.Policy != PolicyPolling {
		t.Errorf("alice came back as %+v", c)
	}
}

func TestClientsThatLoopTakeTurns(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice", "bob")
	on := func(name string, on bool) Command { return Command{Do: "loop", Client: name, On: on} }
	r.do(on("alice", true), on("bob", true)).run("six writes", Until{Writes: 6})
	r.do(on("alice", false), on("bob", false))
	out := r.outcome()
	if out.Overlaps != 0 || out.Corrupt || out.Refused != 0 {
		t.Errorf("got %+v", out)
	}
	seen := map[string]bool{}
	for _, name := range out.Holders {
		seen[name] = true
	}
	if len(seen) != 2 {
		t.Errorf("only %v held the lock", out.Holders)
	}
	for i := 1; i < len(out.Fences); i++ {
		if out.Fences[i] <= out.Fences[i-1] {
			t.Errorf("the fences are %v", out.Fences)
		}
	}
	r.run("both are idle", Until{Is: map[string]string{"alice": stateIdle, "bob": stateIdle}})
}

func TestAnExtensionMakesTheLeaseLonger(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice")
	r.do(tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
	before := see[ClientView](r, "0/c/alice").Until
	r.run("five seconds", Until{After: 5 * time.Second})
	r.do(tell("extend", "alice")).run("it is extended", Until{After: 20 * time.Millisecond})
	if after := see[ClientView](r, "0/c/alice").Until; after < before+4_900_000 {
		t.Errorf("until %d, then until %d", before, after)
	}
}
