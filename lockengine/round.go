package lockengine

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A round asks all nodes the same thing at once and counts their votes.
type round struct {
	kind   Kind
	token  string
	start  time.Time
	quorum int
	nodes  []Node
	ops    []Op
	// answered, where set, is called once per node with its answer, outside of
	// the lock, on the node's goroutine. late says that the round had been
	// closed by then.
	answered func(op *Op, late bool)

	mu       sync.Mutex // guards everything below, and the answers in ops
	done     []bool     // the node has answered
	answers  int
	granted  int
	refused  int           // answers that say no, whatever the reason
	denied   int           // answers in which a node said that the token is not there
	settled  chan struct{} // closed when the outcome is certain
	complete chan struct{} // closed when every node has answered
	closed   bool          // the outcome has been read: later answers are late
}

// unsentGrace is how much longer than a node timeout a release may wait in a
// node's queue: unlike an acquire, it is wanted however late it is.
const unsentGrace = 20

func (e *Engine) newRound(kind Kind, name, token string, ttl time.Duration) *round {
	r := &round{
		kind:     kind,
		token:    token,
		start:    time.Now(),
		quorum:   e.quorum,
		nodes:    e.nodes,
		ops:      make([]Op, len(e.nodes)),
		done:     make([]bool, len(e.nodes)),
		settled:  make(chan struct{}),
		complete: make(chan struct{}),
	}
	deadline := r.start.Add(e.cfg.NodeTimeout)
	if kind == KindRelease {
		deadline = r.start.Add(unsentGrace * e.cfg.NodeTimeout)
	}
	for i := range r.ops {
		r.ops[i] = Op{Kind: kind, Name: name, Token: token, TTL: ttl, Deadline: deadline, To: r, Index: i}
	}
	return r
}

// send hands the operations to the nodes.
func (r *round) send() {
	for i, node := range r.nodes {
		node.Submit(&r.ops[i])
	}
}

// Complete counts the answer of one node.
func (r *round) Complete(op *Op) {
	r.mu.Lock()
	if r.done[op.Index] {
		r.mu.Unlock()
		return
	}
	r.done[op.Index] = true
	switch op.Answer.Vote {
	case VoteGranted:
		r.granted++
	case VoteOther, VoteFree:
		r.refused++
		r.denied++
	default:
		r.refused++
	}
	if r.answers++; r.answers == len(r.ops) {
		close(r.complete)
	}
	late := r.closed
	if !late && r.certain() {
		select {
		case <-r.settled:
		default:
			close(r.settled)
		}
	}
	r.mu.Unlock()
	if r.answered != nil {
		r.answered(op, late)
	}
}

// certain reports whether no further answer can change the outcome.
func (r *round) certain() bool {
	return r.granted >= r.quorum || len(r.ops)-r.refused < r.quorum
}

// wait returns when the outcome is certain, at latest after timeout, or when
// ctx ends. It closes the round: what comes later is late.
func (r *round) wait(ctx context.Context, timeout time.Duration) {
	timer := time.NewTimer(timeout - time.Since(r.start))
	defer timer.Stop()
	select {
	case <-r.settled:
	case <-timer.C:
	case <-ctx.Done():
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
}

// restTime is how long a lost round waits for the nodes that have not answered
// yet: the caller is told what each said, and nothing is lost by it.
const restTime = 5 * time.Millisecond

// rest waits a moment for the answers that no longer matter.
func (r *round) rest(ctx context.Context) {
	timer := time.NewTimer(restTime)
	defer timer.Stop()
	select {
	case <-r.complete:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// won reports whether a quorum said yes.
func (r *round) won() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.granted >= r.quorum
}

// lost reports whether so many nodes said that the token is not there that a
// quorum can no longer hold it.
func (r *round) lost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ops)-r.denied < r.quorum
}

// answer returns what node i said, and false when it has not answered.
func (r *round) answer(i int) (Answer, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done[i] {
		return Answer{}, false
	}
	return r.ops[i].Answer, true
}

// votes returns a vote per node. A node that has not answered has timed out if
// timeout has passed since the start.
func (r *round) votes(timeout time.Duration) []NodeVote {
	votes := make([]NodeVote, len(r.nodes))
	over := time.Since(r.start) >= timeout
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range votes {
		if r.done[i] {
			votes[i] = nodeVote(r.nodes[i].ID(), &r.ops[i].Answer)
			continue
		}
		votes[i] = NodeVote{Node: r.nodes[i].ID(), Vote: VoteUnknown}
		if over {
			votes[i].Vote = VoteTimeout
			votes[i].Reason = "no answer within " + timeout.String()
		}
	}
	return votes
}

func nodeVote(id string, a *Answer) NodeVote {
	v := NodeVote{Node: id, Vote: a.Vote, RTT: a.RTT}
	if a.Vote == VoteOther {
		v.TTL = a.TTL
		if a.Holder != "" {
			v.Fingerprint = Fingerprint(a.Holder)
		}
	}
	if a.Err != nil {
		v.Reason = a.Err.Error()
	}
	return v
}

// rival returns the value that most nodes hold instead of ours, and on how
// many nodes it was seen.
func (r *round) rival() (value string, nodes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := make(map[string]int, 1)
	for i := range r.ops {
		if !r.done[i] || r.ops[i].Answer.Vote != VoteOther {
			continue
		}
		a := &r.ops[i].Answer
		seen[a.Holder]++
		if n := seen[a.Holder]; n > nodes || n == nodes && a.Holder < value {
			value, nodes = a.Holder, n
		}
	}
	return value, nodes
}

// longestTTL returns the longest lease of others that nodes reported.
func (r *round) longestTTL() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var longest time.Duration
	for i := range r.ops {
		if !r.done[i] || r.ops[i].Answer.Vote != VoteOther {
			continue
		}
		a := &r.ops[i].Answer
		if a.TTL == NoExpiry {
			return NoExpiry
		}
		longest = max(longest, a.TTL)
	}
	return longest
}

// errUnsent is the reason of operations that were never sent.
var errUnsent = errors.New("not sent: the node was busy with earlier operations for too long")

// Unsent is what a Node answers to an operation whose deadline had passed
// before it could be sent.
func Unsent(op *Op) Answer {
	return Answer{Vote: VoteTimeout, Void: true, Err: errUnsent}
}
