package lockengine

import (
	"time"
)

// maxResidue bounds the operations that the engine repeats until a node
// answers. What is beyond it goes by its TTL.
const maxResidue = 10_000

const (
	residueFirstPause = 50 * time.Millisecond
	residueLastPause  = time.Second
)

// undo takes back what the round may have left, on all nodes, ordered on each
// behind the round's own operation. It does not depend on the caller's context.
func (e *Engine) undo(r *round, owner string) *round {
	undo := e.newRound(Request{Kind: KindRelease, Name: r.request.Name, Token: r.request.Token})
	until := r.start.Add(r.request.TTL + e.cfg.drift(r.request.TTL))
	undo.answered = func(op *Op, vote Vote, _ bool) {
		asked, answered := r.answer(op.Index)
		e.reap(op, until,
			answered && (asked.Void && r.request.Kind == KindAcquire || asked.Vote == VoteOther || asked.Vote == VoteFree),
			answered && asked.Vote == VoteGranted)
		if e.cfg.Observer != nil {
			e.observe(Event{Kind: EventUndone, Name: op.Name, Owner: owner, Fingerprint: Fingerprint(op.Token), At: r.start,
				Votes: []NodeVote{e.members[op.Index].nodeVote(&op.Answer, vote)}})
		}
		undo.heard()
	}
	undo.toTheEnd()
	undo.send()
	return undo
}

// reap looks at the answer to a release and repeats the release where the node
// may still come to hold the token.
//
// nothingLeft says that the operation that is taken back certainly left
// nothing; settled that the node had answered it, so that a node without the
// token cannot get it any more. Otherwise that operation may still be on its
// way, and only a deletion or the end of the lease is certain.
func (e *Engine) reap(op *Op, until time.Time, nothingLeft, settled bool) {
	switch {
	case nothingLeft, op.Answer.Vote == VoteGranted:
		return
	case settled && (op.Answer.Vote == VoteFree || op.Answer.Vote == VoteOther):
		return
	case e.residue.Load() >= maxResidue:
		return
	}
	x := &residue{
		engine: e, until: until, settled: settled, pause: residueFirstPause,
		op: Op{Index: op.Index},
	}
	x.op.Request = &Request{Kind: KindRelease, Name: op.Name, Token: op.Token, To: x}
	e.residue.Add(1)
	e.residual(op.Token, 1)
	x.again()
}

// residual counts one more or less node on which a token is being taken back.
// A token that is gone everywhere is remembered for as long as a round may
// last that met it before.
func (e *Engine) residual(token string, change int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.residues[token] += change; e.residues[token] > 0 {
		return
	}
	e.afterFunc(2*e.cfg.NodeTimeout, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.residues[token] <= 0 {
			delete(e.residues, token)
		}
	})
}

// isResidue reports whether a value found on a node is a token of this engine
// that is being taken back, or has just been: nobody holds the lock, however it
// looks.
func (e *Engine) isResidue(value string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, is := e.residues[value]
	return is
}

// A residue is a token that may still stand on one node, and is taken back
// again and again until the node has said that it is gone or the lease has
// ended by itself.
type residue struct {
	engine  *Engine
	op      Op
	until   time.Time
	settled bool
	pause   time.Duration
}

// done ends the repetition.
func (x *residue) done() {
	x.engine.residue.Add(-1)
	x.engine.residual(x.op.Token, -1)
}

// again sends the release once more after a pause.
func (x *residue) again() {
	if x.engine.isClosed() || x.engine.now().Add(x.pause).After(x.until) {
		x.done()
		return
	}
	pause := x.pause
	x.pause = min(2*pause, residueLastPause) // before the timer, which may call again
	x.engine.afterFunc(pause, func() {
		if x.engine.begin() != nil {
			x.done()
			return
		}
		x.op.Answer = Answer{}
		x.op.Deadline = x.engine.now().Add(unsentGrace * x.engine.cfg.NodeTimeout)
		x.engine.members[x.op.Index].submit(&x.op)
	})
}

// Complete takes the answer of the node.
func (x *residue) Complete(op *Op) {
	defer x.engine.end()
	gone := op.Answer.Vote == VoteFree || op.Answer.Vote == VoteOther
	if op.Answer.Vote == VoteGranted || x.settled && gone {
		x.done()
		return
	}
	x.again()
}
