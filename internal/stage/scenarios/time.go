package scenarios

import (
	"time"

	"github.com/lockscope/lockscope/internal/stage"
)

// Scenarios about holders that are late, and nodes that forget.

func pauseFence() *stage.Scenario {
	return &stage.Scenario{
		ID: "pause-fence", Title: "The holder pauses, the fence saves the resource",
		Watch: "the write, not the lock",
		Teaches: "A lease is a promise about time, and a paused process does not see time pass. No lock service can stop its late write; only the resource can refuse it. " +
			"For that every lock has to carry a number that grows.",
		Help:     "fencing",
		Expected: "Alice’s late write is refused: the resource has seen a higher number.",
		Sides:    []stage.Side{{Label: "with a fence check"}},
		Beside:   &stage.Side{Label: "without", Unfenced: true},
		Clients:  cast("alice", "bob"),
		Steps: []stage.Step{
			{Caption: "Alice takes the lock. Her fencing token is {alice.fence}.",
				Do: []stage.Command{{Do: "work", Client: "alice", For: 3 * time.Second}}, Until: is("alice", "working")},
			{Caption: "She looks at her lease, it is fine, she is about to write, and then her process stops: a long garbage collection, a laptop that is closed.",
				Do: []stage.Command{client("pause", "alice")}, Until: after(400 * time.Millisecond)},
			{Caption: "Bob wants the lock, and has to wait for her lease to end.",
				Do: []stage.Command{{Do: "acquire", Client: "bob", Wait: 30 * time.Second}}, Until: is("bob", "waiting")},
			{Caption: "The lease ends by itself. Nobody can tell alice. Bob gets the lock, with the token {bob.fence}.",
				Until: is("bob", "holding")},
			{Caption: "Bob writes. The resource remembers {bob.fence}.",
				Do: []stage.Command{client("write", "bob")}, Until: stage.Until{Writes: 1}},
			{Caption: "Alice wakes up and writes. She does not know that her lease is over. But the resource has seen {bob.fence}, and hers is {alice.fence}.",
				Do: []stage.Command{client("resume", "alice")}, Until: stage.Until{Writes: 2, Is: map[string]string{"alice": "idle"}}},
			{Caption: "Bob gives the lock back.",
				Do: []stage.Command{client("release", "bob")}, Until: is("bob", "idle")},
		},
		Facts: []stage.Fact{
			fact("alice held it, then bob, never both", both(holders("alice", "bob"), overlaps(0))),
			fact("the late write was refused", func(o stage.Outcome) bool { return o.Refused == 1 && o.Late == 0 }),
			fact("the report is whole", func(o stage.Outcome) bool { return !o.Corrupt }),
			beside("the late write went through", func(o stage.Outcome) bool { return o.Refused == 0 && o.Late == 1 }),
			beside("the report is corrupt", func(o stage.Outcome) bool { return o.Corrupt }),
		},
	}
}

// minority makes alice hold the lock on a, b and c only, so that one node more
// that forgets gives bob a majority.
func minority(then ...stage.Step) []stage.Step {
	cut := func(id string) stage.Command { return stage.Command{Do: "cut", Node: id, Way: "both"} }
	return append([]stage.Step{
		{Caption: "Nodes d and e are cut off.",
			Do: []stage.Command{cut("d"), cut("e")}, Until: after(5 * time.Millisecond)},
		{Caption: "Alice takes the lock with the votes of a, b and c.",
			Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "holding")},
		{Caption: "Nodes d and e are back. They know nothing of her lock, and need not: three of five do.",
			Do: []stage.Command{node("heal", "d"), node("heal", "e")}, Until: after(2 * time.Second)},
	}, then...)
}

func amnesia() *stage.Scenario {
	return &stage.Scenario{
		ID: "amnesia", Title: "A node restarts empty, with and without quarantine",
		Watch: "node c, and who gets its vote",
		Teaches: "A quorum is a memory: a node that comes back without it can vote a second time. The Redlock text asks to keep such a node out for as long as a lease may last, which libraries leave out. " +
			"Here every batch of votes is vouched for by a marker in the node’s memory, and a node without it sits out.",
		Help:     "quarantine",
		Expected: "Without quarantine bob gets a second majority; with it, he is refused.",
		Sides:    []stage.Side{{Label: "with quarantine"}, {Label: "without", NoQuarantine: true}},
		Clients:  cast("alice", "bob"),
		Steps: minority(
			stage.Step{Caption: "Node c restarts, and has lost everything: its memory was not on disk.",
				Do: []stage.Command{node("amnesia", "c")}, Until: after(1500 * time.Millisecond)},
			stage.Step{Caption: "Bob asks. Nodes c, d and e know of nobody. That would be three of five.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("alice", "holding")},
			stage.Step{Caption: "With quarantine the vote of c does not count until the longest lease is over: bob has two. Without it there are two holders.",
				Until: after(400 * time.Millisecond)},
			stage.Step{Caption: "When all that c may have forgotten has ended, it votes again.",
				Until: after(20 * time.Second)},
		),
		Facts: []stage.Fact{
			fact("bob is refused, alice holds it alone", both(holders("alice"), overlaps(0))),
			fact("node c sat out", func(o stage.Outcome) bool { return equal(o.Quarantined, []string{"c"}) }),
			beside("alice and bob hold it at once", both(holders("alice", "bob"), overlaps(1))),
		},
	}
}

func clockJump() *stage.Scenario {
	return &stage.Scenario{
		ID: "clock-jump", Title: "A clock jumps",
		Watch: "the key on c when its clock jumps",
		Teaches: "A node ends a lease by its own clock. One that jumps ahead forgets leases that are still held, and votes again too soon. " +
			"The engine reads the clock of every node once a second, and one that jumped sits out as if it had lost its memory.",
		Help:     "clocks",
		Expected: "Node c drops alice’s key too early, is noticed, and does not help bob to a second majority.",
		Sides:    []stage.Side{{Label: "with quarantine"}},
		Beside:   &stage.Side{Label: "without", NoQuarantine: true},
		Clients:  cast("alice", "bob"),
		Steps: minority(
			stage.Step{Caption: "The clock of c jumps ahead by a minute. To c, the lease of alice is over: the key is gone.",
				Do: []stage.Command{{Do: "jump", Node: "c", For: time.Minute}}, Until: after(1500 * time.Millisecond)},
			stage.Step{Caption: "Bob asks. Nodes c, d and e hold nothing. But c was seen to jump, and sits out.",
				Do: []stage.Command{client("acquire", "bob")}, Until: after(time.Second)},
		),
		Facts: []stage.Fact{
			fact("bob is refused, alice holds it alone", both(holders("alice"), denied("bob"))),
			fact("node c sat out", func(o stage.Outcome) bool { return equal(o.Quarantined, []string{"c"}) }),
			beside("alice and bob hold it at once", both(holders("alice", "bob"), overlaps(1))),
		},
	}
}

func plainDel() *stage.Scenario {
	return &stage.Scenario{
		ID: "plain-del", Title: "A plain DEL deletes another’s lock",
		Watch: "whose key alice deletes",
		Teaches: "Whoever unlocks with DEL deletes whatever lock is there, also one that somebody else has taken since. The value tells them apart: delete only what still holds your own token, in one step on the node. " +
			"A token that is never used twice makes that safe for ever; that is the cure for ABA.",
		Help:     "release",
		Expected: "Alice deletes bob’s lock, and carol gets in beside him.",
		Sides:    []stage.Side{{Label: "unlock by DEL", Policy: stage.PolicyDel}},
		Beside:   &stage.Side{Label: "ours", Policy: stage.PolicyOurs},
		Clients:  cast("alice", "bob", "carol"),
		Steps: []stage.Step{
			{Caption: "Alice takes the lock.",
				Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "holding")},
			{Caption: "Her process is paused until her lease is over.",
				Do: []stage.Command{client("pause", "alice")}, Until: after(10200 * time.Millisecond)},
			{Caption: "Bob takes the lock. It is his, by all rules.",
				Do: []stage.Command{client("acquire", "bob")}, Until: is("bob", "holding")},
			{Caption: "Alice wakes up and unlocks. With DEL, she deletes a key that is not hers.",
				Do: []stage.Command{client("release", "alice"), client("resume", "alice")}, Until: is("alice", "idle")},
			{Caption: "Carol asks. The nodes know of nobody, and bob has not been told.",
				Do: []stage.Command{client("acquire", "carol")}, Until: stage.Until{After: 500 * time.Millisecond}},
		},
		Facts: []stage.Fact{
			fact("carol holds it while bob does", both(holders("alice", "bob", "carol"), overlaps(1))),
			beside("alice’s unlock does nothing, and carol is refused", both(holders("alice", "bob"), both(overlaps(0), denied("carol")))),
		},
	}
}

func herd() *stage.Scenario {
	waiters := []string{"bob", "carol", "dave", "erin", "frank"}
	var queue []stage.Command
	for _, name := range waiters {
		queue = append(queue, stage.Command{Do: "work", Client: name, Wait: 30 * time.Second, For: 100 * time.Millisecond})
	}
	done := stage.Until{Is: map[string]string{}, Writes: len(waiters)}
	for _, name := range waiters {
		done.Is[name] = "idle"
	}
	asks := func(o stage.Outcome) int {
		sum := 0
		for _, n := range o.Asks {
			sum += n
		}
		return sum
	}
	return &stage.Scenario{
		ID: "herd", Title: "Thundering herd: polling against wake-up",
		Watch: "how much is sent while nobody can get the lock",
		Teaches: "Those who poll ask all nodes again and again, and are late all the same. Those who are told ask once, wait, and ask again when a majority of nodes says that the lock is free. " +
			"It is less work for everybody, and the lock changes hands in milliseconds.",
		Help:     "waiting",
		Expected: "Five wait for one lock: with wake-up it takes a fraction of the messages, and no time is lost between two holders.",
		Sides:    []stage.Side{{Label: "wake-up", Policy: stage.PolicyOurs}, {Label: "polling", Policy: stage.PolicyPolling}},
		Clients:  cast(append([]string{"alice"}, waiters...)...),
		Steps: []stage.Step{
			{Caption: "Alice has the lock.",
				Do: []stage.Command{client("acquire", "alice")}, Until: is("alice", "holding")},
			{Caption: "Five others want it. One side is told when it is free; the other side asks again and again.",
				Do: queue, Until: stage.Until{After: 2500 * time.Millisecond, Asking: true}},
			{Caption: "Alice gives it back. Now they get it, one after the other.",
				Do: []stage.Command{client("release", "alice")}, Until: done},
		},
		Facts: []stage.Fact{
			fact("everybody got it, never two at once", func(o stage.Outcome) bool { return len(o.Holders) == 6 && o.Overlaps == 0 }),
			fact("fewer than 600 requests", func(o stage.Outcome) bool { return asks(o) < 600 }),
			beside("everybody got it here, too", func(o stage.Outcome) bool { return len(o.Holders) == 6 && o.Overlaps == 0 }),
			beside("with more than 1,000 requests", func(o stage.Outcome) bool { return asks(o) > 1000 }),
		},
	}
}
