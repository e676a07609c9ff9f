package stage

import (
	"slices"
	"testing"
	"time"
)

// ask has alice ask once and returns what the nodes said.
func ask(t *testing.T, r *rig) map[string]string {
	t.Helper()
	r.do(tell("acquire", "alice")).run("alice has asked", Until{Is: map[string]string{"alice": stateHolding}, After: 60 * time.Millisecond, Asking: true})
	votes := see[ClientView](r, "0/c/alice").Votes
	r.do(tell("release", "alice")).run("alice is idle", is("alice", stateIdle))
	return votes
}

func TestWhatIsWrongWithANodeShowsInItsVote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   []Command
		mend []Command
		vote string // of node e
	}{
		{"stopped", []Command{onNode("stop", "e")}, nil, "down"},
		{"frozen", []Command{onNode("freeze", "e")}, []Command{onNode("thaw", "e")}, ""},
		{"cut off", []Command{{Do: "cut", Node: "e", Way: "both"}}, []Command{onNode("heal", "e")}, ""},
		{"cut off inwards", []Command{{Do: "cut", Node: "e", Way: "in"}}, []Command{onNode("heal", "e")}, ""},
		{"cut off outwards", []Command{{Do: "cut", Node: "e", Way: "out"}}, []Command{onNode("heal", "e")}, ""},
		{"losing answers", []Command{{Do: "lossy", Node: "e", On: true}}, []Command{{Do: "lossy", Node: "e"}}, ""},
		{"slow", []Command{{Do: "slow", Node: "e", For: 200 * time.Millisecond}}, []Command{onNode("heal", "e")}, ""},
		{"a little slow", []Command{{Do: "slow", Node: "e", For: 10 * time.Millisecond}}, []Command{onNode("heal", "e")}, "granted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := open(t).add(PolicyOurs, "alice").do(c.do...)
			if votes := ask(t, r); votes["a"] != "granted" || votes["e"] != c.vote {
				t.Errorf("the votes are %v, want %q of e", votes, c.vote)
			}
			if c.mend == nil {
				return
			}
			r.do(c.mend...).run("the node is found back", Until{After: 3 * time.Second})
			if votes := ask(t, r); votes["e"] != "granted" {
				t.Errorf("once mended, the votes are %v", votes)
			}
		})
	}
}

func TestANodeThatForgetsSitsOut(t *testing.T) {
	t.Parallel()
	for _, do := range []string{"amnesia", "restart", "empty"} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			r := open(t).add(PolicyOurs, "alice").do(onNode(do, "c")).run("the engine notices", Until{After: 2500 * time.Millisecond})
			if n := see[NodeView](r, "0/n/c"); n.Out == 0 || n.Why == "" {
				t.Errorf("node c is %+v", n)
			}
			if votes := ask(t, r); votes["c"] != "quarantined" && votes["c"] != "amnesia" {
				t.Errorf("the votes are %v", votes)
			}
			r.run("it is let in again", Until{After: longestTTL + 3*time.Second})
			if n := see[NodeView](r, "0/n/c"); n.Out != 0 {
				t.Errorf("node c is still out: %+v", n)
			}
		})
	}
}

func TestAnEvictedLockIsGoneOnOneNode(t *testing.T) {
	t.Parallel()
	r := open(t).add(PolicyOurs, "alice")
	r.do(tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
	r.do(onNode("evict", "b")).run("it is seen", Until{After: 10 * time.Millisecond})
	if a, b := see[NodeView](r, "0/n/a"), see[NodeView](r, "0/n/b"); a.Holder != "alice" || b.Holder != "" {
		t.Errorf("a holds it for %q, b for %q", a.Holder, b.Holder)
	}
	r.do(tell("extend", "alice")).run("it is extended and healed", Until{After: 20 * time.Millisecond})
	if b := see[NodeView](r, "0/n/b"); b.Holder != "alice" {
		t.Errorf("after the extension b holds it for %q", b.Holder)
	}
}

func TestAClockThatIsWrongEndsALeaseAtItsOwnTime(t *testing.T) {
	t.Parallel()
	r := open(t, Side{NoQuarantine: true}).add(PolicyOurs, "alice")
	r.do(Command{Do: "skew", Node: "d", Rate: 2}, tell("acquire", "alice")).run("alice holds the lock", is("alice", stateHolding))
	r.run("the fast clock ends it", Until{After: 5200 * time.Millisecond})
	if c, d := see[NodeView](r, "0/n/c"), see[NodeView](r, "0/n/d"); c.Holder != "alice" || d.Holder != "" || d.Rate != 2 {
		t.Errorf("c %+v, d %+v", c, d)
	}
	r.do(Command{Do: "jump", Node: "c", For: -time.Minute}).run("the clock of c goes back", Until{After: 10 * time.Millisecond})
	if c := see[NodeView](r, "0/n/c"); c.Offset != -60_000 || c.Until < 60_000_000 {
		t.Errorf("c %+v", c)
	}
}

// addresses are those of all nodes and resources.
func (r *rig) addresses() (all []string) {
	for _, w := range r.worlds {
		for _, n := range w.nodes {
			all = append(all, n.server.Addr())
		}
		all = append(all, w.resource.server.Addr())
	}
	return all
}

func TestAStageHasNodesOfItsOwn(t *testing.T) {
	t.Parallel()
	r, other := open(t, Side{}, Side{}), open(t)
	seen := map[string]bool{}
	for _, addr := range slices.Concat(r.addresses(), other.addresses()) {
		if seen[addr] {
			t.Errorf("%s is there twice", addr)
		}
		seen[addr] = true
	}
	if len(seen) != 18 {
		t.Errorf("%d addresses, want 18", len(seen))
	}
}

func TestAFrozenOrStoppedNodeCannotBeTold(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.do(onNode("freeze", "a"), onNode("stop", "b"))
	for _, c := range []Command{onNode("evict", "a"), onNode("empty", "a"), onNode("empty", "b"), onNode("evict", "b")} {
		if err := r.Do(c); err == nil {
			t.Errorf("%s on %s is said to be done", c.Do, c.Node)
		}
	}
	r.do(onNode("stop", "b"), onNode("freeze", "b"), onNode("stop", "a"), onNode("restart", "a"), onNode("restart", "b"))
	if a := see[NodeView](r, "0/n/a"); !a.Up || a.Frozen {
		t.Errorf("node a is %+v", a)
	}
}
