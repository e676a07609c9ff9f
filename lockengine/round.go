package lockengine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A round asks all nodes the same thing at once and counts their votes.
type round struct {
	engine  *Engine
	request Request
	start   time.Time
	ops     []Op
	// answered, where set, is called once per node with its answer, outside of
	// the lock, on the node's goroutine. late says that the round had been
	// closed by then.
	answered func(op *Op, vote Vote, late bool)

	unheard atomic.Int32  // with toTheEnd, how many nodes are still to answer
	wake    chan struct{} // receives when the outcome is certain or the time is up
	over    atomic.Bool   // nobody waits any more

	mu      sync.Mutex // guards everything below, and the answers in ops
	granted int
	raised  int // granted, with the candidate above every fence before
	refused int // answers that say no, whatever the reason
	denied  int // answers in which a node said that the token is not there
	answers int
	all     chan struct{} // where set, closed when every node has answered
	closed  bool          // the outcome has been read: later answers are late
}

// judged is what one node's answer counts for.
type judged struct {
	done bool
	vote Vote
}

// unsentGrace is how much longer than a node timeout a release may wait in a
// node's queue: unlike an acquire, it is wanted however late it is.
const unsentGrace = 20

func (e *Engine) newRound(request Request) *round {
	r := emptyRound(len(e.members))
	r.engine, r.request, r.start, r.wake = e, request, e.now(), e.waking()
	patience := e.cfg.NodeTimeout
	if request.Kind == KindRelease {
		patience *= unsentGrace
	}
	r.request.Deadline, r.request.To = r.start.Add(patience), r
	for i := range r.ops {
		r.ops[i].Request, r.ops[i].Index = &r.request, i
	}
	return r
}

// emptyRound returns a round with that many operations. The usual numbers come in
// one piece, since a lock needs two rounds and little else.
func emptyRound(nodes int) *round {
	switch nodes {
	case 1:
		x := new(struct {
			round
			ops [1]Op
		})
		x.round.ops = x.ops[:]
		return &x.round
	case 3:
		x := new(struct {
			round
			ops [3]Op
		})
		x.round.ops = x.ops[:]
		return &x.round
	case 5:
		x := new(struct {
			round
			ops [5]Op
		})
		x.round.ops = x.ops[:]
		return &x.round
	}
	return &round{ops: make([]Op, nodes)}
}

// waking returns a channel for the wake of a round, which may have served another
// one before.
func (e *Engine) waking() chan struct{} {
	if wake, ok := e.wakes.Get().(chan struct{}); ok {
		return wake
	}
	return make(chan struct{}, 1)
}

// send hands the operations to the nodes.
func (r *round) send() {
	for i, m := range r.engine.members {
		m.submit(&r.ops[i])
	}
}

// toTheEnd has the engine count the round as under way until heard was called
// for every node.
func (r *round) toTheEnd() {
	r.unheard.Store(int32(len(r.ops)))
	r.engine.hold(1)
}

func (r *round) heard() {
	if r.unheard.Add(-1) == 0 {
		r.engine.end()
	}
}

// Complete counts the answer of one node.
func (r *round) Complete(op *Op) {
	vote := r.engine.members[op.Index].judge(op, r.start)
	r.mu.Lock()
	if op.judged.done {
		r.mu.Unlock()
		return
	}
	op.judged = judged{done: true, vote: vote}
	if vote == VoteGranted {
		r.granted++
		if op.Answer.Raised {
			r.raised++
		}
	} else {
		r.refused++
	}
	if raw := op.Answer.Vote; raw == VoteOther || raw == VoteFree {
		r.denied++
	}
	if r.answers++; r.answers == len(r.ops) && r.all != nil {
		close(r.all)
	}
	late := r.closed
	if r.certain() {
		r.wakeLocked()
	}
	r.mu.Unlock()
	if r.answered != nil {
		r.answered(op, vote, late)
	}
}

// timeUp ends the waiting.
func (r *round) timeUp() {
	r.mu.Lock()
	r.wakeLocked()
	r.mu.Unlock()
}

func (r *round) wakeLocked() {
	if !r.closed {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// certain reports whether no further answer can change the outcome.
func (r *round) certain() bool {
	return r.granted >= r.engine.quorum || len(r.ops)-r.refused < r.engine.quorum
}

// wait returns when the outcome is certain, at latest after the node timeout,
// or when ctx ends. It closes the round: what comes later is late. It is called
// once.
func (r *round) wait(ctx context.Context) {
	select {
	case <-r.wake:
	default:
		r.engine.deadlines.watch(r)
		select {
		case <-r.wake:
		case <-ctx.Done():
		}
		r.over.Store(true)
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	select {
	case <-r.wake:
	default:
	}
	r.engine.wakes.Put(r.wake) // nobody uses that of a closed round
}

// restTime is how long a lost round waits for the nodes that have not answered
// yet: the caller is told what each said, and nothing is lost by it.
const restTime = 5 * time.Millisecond

// rest waits for the answers that no longer matter, for so long at most.
func (r *round) rest(ctx context.Context, most time.Duration) {
	r.mu.Lock()
	all := make(chan struct{})
	if r.all = all; r.answers == len(r.ops) {
		close(all)
	}
	r.mu.Unlock()
	over, timer := r.engine.newTimer(most)
	defer timer.Stop()
	select {
	case <-all:
	case <-over:
	case <-ctx.Done():
	}
}

// won reports whether a quorum said yes.
func (r *round) won() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.granted >= r.engine.quorum
}

// lost reports whether so many nodes said that the token is not there that a
// quorum can no longer hold it.
func (r *round) lost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)-r.denied < r.engine.quorum
}

// answer returns what node i said, and false when it has not answered.
func (r *round) answer(i int) (Answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ops[i].judged.done {
		return Answer{}, false
	}
	return r.ops[i].Answer, true
}

// each calls f with the answer of every node that has given one, under the
// lock.
func (r *round) each(f func(a *Answer, vote Vote)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.ops {
		if op := &r.ops[i]; op.judged.done {
			f(&op.Answer, op.judged.vote)
		}
	}
}

// votes returns a vote per node. A node that has not answered has timed out if
// the node timeout has passed since the start.
func (r *round) votes() []NodeVote {
	votes := make([]NodeVote, len(r.ops))
	timeout := r.engine.cfg.NodeTimeout
	over := r.engine.since(r.start) >= timeout
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range votes {
		m := r.engine.members[i]
		if op := &r.ops[i]; op.judged.done {
			votes[i] = m.nodeVote(&op.Answer, op.judged.vote)
			continue
		}
		votes[i] = NodeVote{Node: m.node.ID(), Vote: VoteUnknown}
		if over {
			votes[i].Vote = VoteTimeout
			votes[i].Reason = "no answer within " + timeout.String()
		}
	}
	return votes
}

// nodeVote is an answer in the form that is shown.
func (m *member) nodeVote(a *Answer, vote Vote) NodeVote {
	v := NodeVote{Node: m.node.ID(), Vote: vote, RTT: a.RTT}
	if vote == VoteOther {
		v.TTL = a.TTL
		if a.Holder != "" {
			v.Fingerprint = Fingerprint(a.Holder)
		}
	}
	switch {
	case a.Err != nil:
		v.Reason = a.Err.Error()
	case vote == VoteAmnesia:
		v.Reason = "it lost its memory: this vote does not count"
	case vote == VoteQuarantined:
		v.Reason = m.quarantineReason()
	case vote == VoteUnknown && a.Vote != VoteUnknown:
		v.Reason = m.strangerReason()
	}
	return v
}

// rival returns the value that most nodes hold instead of ours, and on how
// many nodes it was seen.
func (r *round) rival() (value string, nodes int) {
	seen := make(map[string]int, 1)
	r.each(func(a *Answer, _ Vote) {
		if a.Vote != VoteOther {
			return
		}
		seen[a.Holder]++
		if n := seen[a.Holder]; n > nodes || n == nodes && a.Holder < value {
			value, nodes = a.Holder, n
		}
	})
	return value, nodes
}

// longestTTL returns the longest lease of others that nodes reported.
func (r *round) longestTTL() (longest time.Duration) {
	r.each(func(a *Answer, _ Vote) {
		switch {
		case a.Vote != VoteOther || longest == NoExpiry:
		case a.TTL == NoExpiry:
			longest = NoExpiry
		default:
			longest = max(longest, a.TTL)
		}
	})
	return longest
}

// errUnsent and errCrowded are the reasons of operations that were never sent
// because of those before them. They say nothing of the node.
var (
	errUnsent  = errors.New("not sent: the node was busy with earlier operations for too long")
	errCrowded = errors.New("not sent: too many operations are waiting for the node")
)

func wasNotSent(err error) bool { return errors.Is(err, errUnsent) || errors.Is(err, errCrowded) }

// Crowded is what a Node answers to an operation for which it has no room.
func Crowded() Answer {
	return Answer{Vote: VoteDown, Void: true, Err: errCrowded}
}

// Unsent is what a Node answers to an operation whose deadline had passed
// before it could be sent.
func Unsent(*Op) Answer {
	return Answer{Vote: VoteTimeout, Void: true, Err: errUnsent}
}
