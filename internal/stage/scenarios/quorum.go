package scenarios

import (
	"time"

	"github.com/lockscope/lockscope/internal/stage"
)

// Scenarios about asking one node, or enough of them.

func oneNode() *stage.Scenario {
	return &stage.Scenario{
		ID: "one-node", Title: "One node is enough to lock",
		Watch: "the key on node a",
		Teaches: "A lock is a key with a secret value and an end: SET NX PX. One node is all it takes, for no two clients both get a yes from it. " +
			"It is also all that has to fail: when it is gone, so is the lock.",
		Help:     "single-node",
		Expected: "Alice and bob hold the lock one after the other; when the node stops, nobody can.",
		Sides:    []stage.Side{{Policy: stage.PolicySingle}},
		Clients:  cast("alice", "bob", "carol"),
		Steps: []stage.Step{
			{Caption: "Alice asks node a: SET NX PX. It holds nothing under that name, so it says yes.",
				Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "holding")},
			{Caption: "Bob asks the same node. The key is there, so SET NX changes nothing and the answer is no.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("bob", "idle")},
			{Caption: "Alice gives the lock back: the key is deleted, but only if it still holds her token.",
				Do: []stage.Command{client("release", "alice")}, Until: is("alice", "idle")},
			{Caption: "Now bob gets it.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("bob", "holding")},
			{Caption: "Node a stops. The other four know nothing of this lock: until a is back, nobody can take it.",
				Do: []stage.Command{node("stop", "a"), client("acquire", "carol")}, Until: is("carol", "idle")},
		},
		Facts: []stage.Fact{
			fact("alice held it, then bob", holders("alice", "bob")),
			fact("never two at once", overlaps(0)),
			fact("without its one node there is no lock", denied("bob", "carol")),
		},
	}
}

func firstYes() *stage.Scenario {
	return &stage.Scenario{
		ID: "first-yes", Title: "First yes wins: the sample from the text",
		Watch: "how many nodes each of them asks",
		Teaches: "The sample class asks the nodes one after the other and is content with the first yes. Any two clients that start at different nodes, or find the first one taken, both get one. " +
			"Only a majority cannot be had twice.",
		Help:     "quorum",
		Expected: "Two holders at once, and a report that one of them destroys.",
		Sides:    []stage.Side{{Label: "the sample", Policy: stage.PolicySample}},
		Beside:   &stage.Side{Label: "ours", Policy: stage.PolicyOurs},
		Clients:  cast("alice", "bob"),
		Steps: []stage.Step{
			{Caption: "Alice asks node a. It says yes, and that is enough for the sample.",
				Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "holding")},
			{Caption: "Bob asks node a and hears no. So he asks the next one.",
				Do: []stage.Command{client("acquire", "bob")}, Until: stage.Until{After: 20 * time.Millisecond}},
			{Caption: "Alice writes what she has made of the report.",
				Do: []stage.Command{client("write", "alice")}, Until: stage.Until{Writes: 1}},
			{Caption: "So does bob, who began before she wrote. What alice did is lost, and nobody is told.",
				Do: []stage.Command{client("write", "bob")}, Until: stage.Until{After: 20 * time.Millisecond}},
		},
		Facts: []stage.Fact{
			fact("alice and bob hold it at once", both(holders("alice", "bob"), overlaps(1))),
			fact("the report is corrupt", func(o stage.Outcome) bool { return o.Corrupt }),
			beside("bob is refused, and alice holds it alone", both(holders("alice"), denied("bob"))),
			beside("the report is whole", func(o stage.Outcome) bool { return !o.Corrupt && o.Accepted == 1 }),
		},
	}
}

func twoDown() *stage.Scenario {
	return &stage.Scenario{
		ID: "two-down", Title: "A quorum with two nodes down",
		Watch: "the votes: three of five",
		Teaches: "Redlock asks all nodes at once and needs a majority of those that are configured. Two of five may be gone, and nothing changes but the votes. " +
			"Two majorities always share a node, and that one says yes only once.",
		Help:     "quorum",
		Expected: "Alice gets the lock with three votes, bob is refused, and gets it after her.",
		Clients:  cast("alice", "bob"),
		Steps: []stage.Step{
			{Caption: "Nodes d and e stop.",
				Do: []stage.Command{node("stop", "d"), node("stop", "e")}, Until: after(5 * time.Millisecond)},
			{Caption: "Alice asks all five at once. Three say yes: that is a majority of five, and she has the lock.",
				Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "holding")},
			{Caption: "Bob asks. Three nodes hold alice’s token; two cannot make a majority.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("bob", "idle")},
			{Caption: "Alice writes, and gives the lock back to all five.",
				Do: []stage.Command{client("write", "alice"), client("release", "alice")}, Until: is("alice", "idle")},
			{Caption: "Bob asks again, and has it.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("bob", "holding")},
		},
		Facts: []stage.Fact{
			fact("alice held it, then bob", holders("alice", "bob")),
			fact("never two at once", overlaps(0)),
			fact("bob was refused while alice held it", denied("bob")),
			fact("the fencing token grew", func(o stage.Outcome) bool { return len(o.Fences) == 2 && o.Fences[0] < o.Fences[1] }),
		},
	}
}

func threeDown() *stage.Scenario {
	return &stage.Scenario{
		ID: "three-down", Title: "Three down: no lock, and nothing left behind",
		Watch: "a and b after alice has given up",
		Teaches: "Without a majority there is no lock, whatever the minority says. What the minority gave has to be taken back at once, on all nodes, or the next one would wait for leases that nobody holds. " +
			"In doubt a lock says no: that is the price of never saying yes twice.",
		Help:     "no-quorum",
		Expected: "Alice gets nothing and leaves nothing; bob gets the lock as soon as a third node is back.",
		Clients:  cast("alice", "bob"),
		Steps: []stage.Step{
			{Caption: "Nodes d and e stop, and c is cut off from everybody.",
				Do: []stage.Command{node("stop", "d"), node("stop", "e"), {Do: "cut", Node: "c", Way: "both"}}, Until: after(5 * time.Millisecond)},
			{Caption: "Alice asks. Two say yes, three are needed. She takes back what a and b gave, and tries again a few times.",
				Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "idle")},
			{Caption: "She gives up. Nothing is left on a and b.",
				Until: after(50 * time.Millisecond)},
			{Caption: "Node c can be reached again.",
				Do: []stage.Command{node("heal", "c")}, Until: after(1500 * time.Millisecond)},
			{Caption: "Bob asks, and three say yes at once: nothing was in his way.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("bob", "holding")},
			{Caption: "He gives it back.",
				Do: []stage.Command{client("release", "bob")}, Until: is("bob", "idle")},
		},
		Facts: []stage.Fact{
			fact("alice got nothing", denied("alice")),
			fact("bob got it at once", both(holders("bob"), func(o stage.Outcome) bool { return o.Asks["bob"] <= 20 })),
			fact("no token is left anywhere", func(o stage.Outcome) bool { return o.Residue == 0 }),
		},
	}
}

func splitVote() *stage.Scenario {
	const close, far = 600 * time.Microsecond, 3 * time.Millisecond
	before := []stage.Command{}
	for name, nodes := range map[string]string{"alice": "ab", "bob": "cd", "carol": "e"} {
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			way := time.Duration(far)
			for _, its := range nodes {
				if string(its) == id {
					way = close
				}
			}
			before = append(before, near(name, id, way))
		}
	}
	return &stage.Scenario{
		ID: "split-vote", Title: "A split vote, and another try",
		Watch: "who reaches which node first",
		Teaches: "When several ask at the same moment, each may get some nodes and nobody a majority. All take back what they got and try again after a pause that differs from one to the next. " +
			"Nobody waits for a lease to end, and nobody has to be told.",
		Help:     "split",
		Expected: "The first round goes to nobody; a moment later exactly one has the lock.",
		Clients:  cast("alice", "bob", "carol"),
		Before:   before,
		Steps: []stage.Step{
			{Caption: "Alice is near to a and b, bob to c and d, carol to e. All three ask at the same moment.",
				Do: []stage.Command{client("acquire", "alice"), client("acquire", "bob"), client("acquire", "carol")}, Until: after(12 * time.Millisecond)},
			{Caption: "Two votes, two votes, one vote: nobody has three. All take back what they got.",
				Until: after(20 * time.Millisecond)},
			{Caption: "After a pause of its own, each tries again. Who comes first finds all nodes free.",
				Until: stage.Until{Holds: 1}},
			{Caption: "The others hear no from all five.",
				Until: stage.Until{After: 400 * time.Millisecond, Holds: 1}},
		},
		Facts: []stage.Fact{
			fact("exactly one has it", func(o stage.Outcome) bool { return len(o.Holders) == 1 && o.Overlaps == 0 }),
			fact("the other two were refused", func(o stage.Outcome) bool { return len(o.Denied) == 2 }),
			fact("it took a second round", func(o stage.Outcome) bool {
				asks := 0
				for _, n := range o.Asks {
					asks += n
				}
				return asks > 3*10
			}),
		},
	}
}

func slowNode() *stage.Scenario {
	return &stage.Scenario{
		ID: "slow-node", Title: "A slow node costs nothing",
		Watch: "when alice has the lock, and when e answers",
		Teaches: "Once three of five have said yes, the other two cannot change that, so nobody waits for them. A node that hangs or is slow costs an attempt nothing. " +
			"Its late vote still counts for the view, and its key is deleted with the others.",
		Help:     "slow-nodes",
		Expected: "Alice has the lock in a few milliseconds, although one node is slow and one hangs.",
		Beside:   &stage.Side{Label: "waiting for all", Policy: stage.PolicyPolling},
		Clients:  cast("alice"),
		Steps: []stage.Step{
			{Caption: "Node e becomes slow, 200 ms each way, and node d hangs.",
				Do: []stage.Command{{Do: "slow", Node: "e", For: 200 * time.Millisecond}, node("freeze", "d")}, Until: after(5 * time.Millisecond)},
			{Caption: "Alice asks all five. The third yes decides: she does not wait for the rest.",
				Do: []stage.Command{client("acquire", "alice")}, Until: stage.Until{Is: map[string]string{"alice": "holding"}, Asking: true}},
			{Caption: "The vote of e comes long after. It is a yes, too, and changes nothing.",
				Until: stage.Until{After: 450 * time.Millisecond, Asking: true}},
			{Caption: "Node d goes on, with all it was sent. Alice gives the lock back, on all nodes.",
				Do: []stage.Command{node("thaw", "d"), node("heal", "e"), client("release", "alice")}, Until: is("alice", "idle")},
		},
		Facts: []stage.Fact{
			fact("it took less than 10 ms", func(o stage.Outcome) bool { return o.Slowest < 10*time.Millisecond }),
			fact("no token is left anywhere", func(o stage.Outcome) bool { return o.Residue == 0 && len(o.Holders) == 1 }),
			beside("it took a whole timeout", func(o stage.Outcome) bool { return o.Slowest >= 50*time.Millisecond }),
		},
	}
}

func lostReply() *stage.Scenario {
	lossy := func(id string, on bool) stage.Command { return stage.Command{Do: "lossy", Node: id, On: on} }
	return &stage.Scenario{
		ID: "lost-reply", Title: "A lost reply is not a lost lock",
		Watch: "the nodes whose answer never came",
		Teaches: "A node that does not answer may have done what it was asked. So a lock that was won is given back on all nodes, and an attempt that failed is taken back on all nodes, whether they answered or not. " +
			"Whoever cleans up only where it heard a yes leaves keys behind that nobody owns.",
		Help:     "lost-replies",
		Expected: "Alice gets the lock with three answers, later fails with two, and leaves nothing behind either time.",
		Clients:  cast("alice"),
		Steps: []stage.Step{
			{Caption: "The answers of d and e get lost. What they are asked, they do.",
				Do: []stage.Command{lossy("d", true), lossy("e", true)}, Until: after(5 * time.Millisecond)},
			{Caption: "Alice asks. Five nodes hold her token, three answers arrive: she has the lock.",
				Do: []stage.Command{client("acquire", "alice")}, Until: stage.Until{Is: map[string]string{"alice": "holding"}, After: 20 * time.Millisecond}},
			{Caption: "She gives it back, also where she never heard anything.",
				Do: []stage.Command{client("release", "alice")}, Until: stage.Until{Is: map[string]string{"alice": "idle"}, After: 20 * time.Millisecond}},
			{Caption: "Now the answers of c get lost, too. Alice asks again, and knows of two votes only.",
				Do: []stage.Command{lossy("c", true), client("acquire", "alice")}, Until: is("alice", "idle")},
			{Caption: "She has no lock, and takes back what may be there. Nothing stays on any node.",
				Do: []stage.Command{lossy("c", false), lossy("d", false), lossy("e", false)}, Until: after(1500 * time.Millisecond)},
		},
		Facts: []stage.Fact{
			fact("she got the lock once", holders("alice")),
			fact("and was refused once", denied("alice")),
			fact("no token is left anywhere", func(o stage.Outcome) bool { return o.Residue == 0 }),
		},
	}
}
