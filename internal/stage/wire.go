package stage

import (
	"sync/atomic"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// A wire is a node as the engine of a client knows it: at the far end of a link,
// asked over TCP.
type wire struct {
	link *link
	node *redisnode.Node
	next atomic.Pointer[redisnode.Node] // after a restart of the node
}

// ID names the node.
func (x *wire) ID() string { return x.link.far }

// current is the connection in use.
func (x *wire) current() *redisnode.Node {
	if n := x.next.Load(); n != nil {
		return n
	}
	return x.node
}

// redial replaces the connection to a node that was restarted: that it would
// notice by itself, in its own time.
func (x *wire) redial() {
	old := x.current()
	x.next.Store(dialNode(x.link.node))
	_ = old.Close()
}

// Submit sends an operation over the link, see [lockengine.Node].
func (x *wire) Submit(op *lockengine.Op) {
	w := x.link.w
	w.do(func() {
		sent := w.clock.Now()
		if op.Kind == lockengine.KindAcquire || op.Kind == lockengine.KindHeal {
			w.tokens.add(op.Token, x.link.client.name)
		}
		ask := &exchange{
			link: x.link, text: request(op, x.link.client.won), quiet: isAside(op.Kind),
			work: func() outcome { return x.carry(op) },
			done: func(out outcome) {
				op.Answer = out.toEngine()
				came := w.clock.Now()
				op.Answer.RTT = came.Sub(sent)
				if h := op.Answer.Health; h != nil {
					h.Sent, h.Received = sent, came
				}
				op.To.Complete(op)
			},
		}
		ask.send()
	})
}

// isAside reports whether an operation is about the node itself.
func isAside(kind lockengine.Kind) bool {
	return kind == lockengine.KindHealth || kind == lockengine.KindMark
}

// request is an operation in a word. won is the fingerprint of the client's last
// lease: what is given back is released, what was never had is undone.
func request(op *lockengine.Op, won string) string {
	switch op.Kind {
	case lockengine.KindAcquire:
		return "SET NX"
	case lockengine.KindRelease:
		if lockengine.Fingerprint(op.Token) == won {
			return "release"
		}
		return "undo"
	}
	return op.Kind.String()
}

// carry has the real node carry out a copy of the operation, and waits for it.
func (x *wire) carry(op *lockengine.Op) outcome {
	done := make(carried, 1)
	real := *op.Request
	real.Deadline, real.To = time.Now().Add(wireTimeout), done
	x.current().Submit(&lockengine.Op{Request: &real})
	a := (<-done).Answer
	return outcome{vote: a.Vote, text: a.Vote.String(), err: a.Err, answer: &a}
}

// carried receives an operation that the node has carried out.
type carried chan *lockengine.Op

// Complete is told once per operation.
func (c carried) Complete(op *lockengine.Op) { c <- op }

// toEngine is the outcome as the engine is told it.
func (o outcome) toEngine() lockengine.Answer {
	if o.answer != nil {
		return *o.answer
	}
	return lockengine.Answer{Vote: o.vote, Err: o.err}
}
