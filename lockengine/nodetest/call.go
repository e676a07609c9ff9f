package nodetest

import (
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// patience is how long a node may take for one operation.
const patience = 10 * time.Second

// A Call is an operation that was handed to a node and can be waited for.
type Call struct {
	op        lockengine.Op
	done      chan struct{}
	completed chan struct{} // receives a second time when Complete is called twice
}

// Complete implements [lockengine.Completer].
func (c *Call) Complete(*lockengine.Op) {
	select {
	case c.completed <- struct{}{}:
		close(c.done)
	default:
		panic("nodetest: an operation was completed twice")
	}
}

// Submit hands an operation to a node. An operation without a deadline gets
// one that is far away.
func Submit(n lockengine.Node, request lockengine.Request) *Call {
	c := &Call{op: lockengine.Op{Request: &request}, done: make(chan struct{}), completed: make(chan struct{}, 1)}
	request.To = c
	if request.Deadline.IsZero() {
		request.Deadline = time.Now().Add(patience)
	}
	n.Submit(&c.op)
	return c
}

// Answer waits for the answer.
func (c *Call) Answer(t testing.TB) lockengine.Answer {
	t.Helper()
	timer := time.NewTimer(2 * patience)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.op.Answer
	case <-timer.C:
		t.Fatalf("%s was never completed", c.op.Kind)
		panic("unreachable")
	}
}

// Do hands an operation to a node and waits for its answer.
func Do(t testing.TB, n lockengine.Node, request lockengine.Request) lockengine.Answer {
	t.Helper()
	return Submit(n, request).Answer(t)
}
