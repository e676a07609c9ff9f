package scenarios

import (
	"time"

	"github.com/lockscope/lockscope/internal/stage"
)

// All returns the scenarios in the order in which they teach best.
func All() []*stage.Scenario {
	return []*stage.Scenario{
		oneNode(), firstYes(), twoDown(), threeDown(), splitVote(), lostReply(),
		pauseFence(), amnesia(), clockJump(), slowNode(), plainDel(), herd(),
	}
}

// How the scripts say what is done.

// cast are clients that lock in the way of the side.
func cast(names ...string) []stage.Member {
	members := make([]stage.Member, len(names))
	for i, name := range names {
		members[i] = stage.Member{Name: name}
	}
	return members
}

// client and node say what one of them does, or what is done to it.
func client(do, name string) stage.Command { return stage.Command{Do: do, Client: name} }
func node(do, id string) stage.Command     { return stage.Command{Do: do, Node: id} }

// near puts a client near to a node, or far from it.
func near(name, id string, way time.Duration) stage.Command {
	return stage.Command{Do: "near", Client: name, Node: id, For: way}
}

// is waits for the states of clients, given as name, state, name, state.
func is(pairs ...string) stage.Until {
	u := stage.Until{Is: make(map[string]string)}
	for i := 0; i+1 < len(pairs); i += 2 {
		u.Is[pairs[i]] = pairs[i+1]
	}
	return u
}

// after waits for a while.
func after(d time.Duration) stage.Until { return stage.Until{After: d} }

// fact is something that has to be the case in the first world, and beside in the
// second.
func fact(text string, holds func(stage.Outcome) bool) stage.Fact {
	return stage.Fact{Text: text, Holds: holds}
}

func beside(text string, holds func(stage.Outcome) bool) stage.Fact {
	return stage.Fact{Text: text, Side: 1, Holds: holds}
}

// What facts are made of.

func overlaps(n int) func(stage.Outcome) bool {
	return func(o stage.Outcome) bool { return o.Overlaps == n }
}

func holders(names ...string) func(stage.Outcome) bool {
	return func(o stage.Outcome) bool { return equal(o.Holders, names) }
}

func denied(names ...string) func(stage.Outcome) bool {
	return func(o stage.Outcome) bool { return equal(o.Denied, names) }
}

func both(a, b func(stage.Outcome) bool) func(stage.Outcome) bool {
	return func(o stage.Outcome) bool { return a(o) && b(o) }
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
