package redisnode

import (
	"errors"
	"runtime"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// maxUnderWay is how many batches may be written and not answered. What comes
// meanwhile gathers into the next, which saves the server most of its work; the
// second keeps a batch from waiting for the answers to the one before.
const maxUnderWay = 2

// writeAll sends batch after batch until the connection is over.
func (c *conn) writeAll() {
	n := c.node
	for {
		runtime.Gosched() // whoever is about to hand over more goes first
		n.mu.Lock()
		switch {
		case c.broken != nil || n.closed:
			n.mu.Unlock()
			return
		case len(n.queue) > 0 && len(c.sent) < maxUnderWay:
			c.takeLocked()
			n.mu.Unlock()
			c.write()
			continue
		}
		n.asleep = true
		n.mu.Unlock()
		<-n.wake
	}
}

// isLoneLocked reports whether a single operation is best written at once by
// who hands it over, instead of waking the writer: nothing is under way and
// little was lately, so that nothing would gather, and the write does not wait
// since the connection's buffer is empty.
func (c *conn) isLoneLocked() bool {
	return c.node.asleep && len(c.node.queue) == 1 && len(c.sent) == 0 && c.calm && c.broken == nil
}

// writeLone writes in place of the sleeping writer, whom nobody can wake
// meanwhile since it does not count as asleep.
func (c *conn) writeLone() {
	c.write()
	n := c.node
	n.mu.Lock()
	n.asleep = true
	if c.broken != nil || n.closed || len(n.queue) > 0 {
		n.wakeLocked()
	}
	n.mu.Unlock()
}

// takeLocked takes what has gathered.
func (c *conn) takeLocked() {
	n := c.node
	size := min(len(n.queue), maxBatch)
	c.taken = append(c.taken[:0], n.queue[:size]...)
	rest := copy(n.queue, n.queue[size:])
	clear(n.queue[rest:])
	n.queue = n.queue[:rest]
}

// write sends what was taken, and answers what came too late for that.
func (c *conn) write() {
	b := c.batch()
	b.legacy = c.node.legacy.Load()
	b.sent = time.Now()
	for _, e := range c.taken {
		if b.sent.After(e.op.Deadline) {
			e.op.Answer = lockengine.Unsent(e.op)
			e.op.To.Complete(e.op)
			continue
		}
		b.add(e)
	}
	clear(c.taken)
	b.finish()
	switch {
	case len(b.entries) == 0:
		c.spareBatch(b)
	case !c.underWay(b):
		// It was not sent: the next connection may be in time for it.
		c.node.requeue(b.entries)
	default:
		if _, err := c.raw.Write(b.out); err != nil {
			c.end(err)
		}
	}
}

// underWay notes a batch that is about to be written, unless the connection is
// over.
func (c *conn) underWay(b *batch) bool {
	c.node.mu.Lock()
	defer c.node.mu.Unlock()
	if c.broken != nil {
		return false
	}
	c.sent = append(c.sent, b)
	if !c.armed {
		c.armed = true
		c.overdue.Reset(answerTimeout)
	}
	return true
}

// requeue puts operations back before all others.
func (n *Node) requeue(entries []entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(append(make([]entry, 0, len(entries)+len(n.queue)), entries...), n.queue...)
	n.wakeLocked()
}

// readAll completes batch after batch until the connection is over, also while
// nothing is asked: that is how a server that goes away is noticed at once.
func (c *conn) readAll() {
	var r reply
	for {
		if err := c.readOne(&r); err != nil {
			c.end(err)
			c.failAll()
			return
		}
	}
}

// readOne reads the answers to the oldest batch and completes it.
func (c *conn) readOne(r *reply) error {
	if _, err := c.in.Peek(1); err != nil {
		return err
	}
	b := c.oldest()
	if b == nil {
		return c.readUnasked(r)
	}
	again, err := b.read(c.in, r)
	if err != nil {
		return err
	}
	if b.asks && b.refusal == nil && b.born != c.born {
		c.born = b.born
		c.marker, c.lost = c.node.vouches(c.born, c.history)
	}
	born, lost := c.marker, c.lost
	if !b.asks || b.born == "" {
		born, lost = "", ""
	}
	demoted := c.node.follow != nil && b.demoted()
	for i := range again {
		again[i].again = true
	}
	c.answered(again)
	c.complete(b, again, born, lost)
	c.spareBatch(b)
	if demoted {
		return errReplica
	}
	return nil
}

// readUnasked passes over what a server may say without having been asked.
func (c *conn) readUnasked(r *reply) error {
	if err := r.readAny(c.in); err != nil {
		return err
	}
	if r.kind != '>' {
		return errProtocol
	}
	return skip(c.in, r.n)
}

func (c *conn) oldest() *batch {
	c.node.mu.Lock()
	defer c.node.mu.Unlock()
	if len(c.sent) == 0 {
		return nil
	}
	return c.sent[0]
}

// answered takes the oldest batch off the way, and has what must be asked again
// sent before all others.
func (c *conn) answered(again []entry) {
	n := c.node
	if len(again) > 0 {
		n.requeue(again)
	}
	n.mu.Lock()
	c.calm = len(c.sent[0].entries) == 1
	c.sent = append(c.sent[:0], c.sent[1:]...)
	if len(n.queue) > 0 {
		n.wakeLocked()
	}
	n.mu.Unlock()
}

// complete tells who asked. Nothing vouches for the memory of a node that does
// not say its marker, whatever else it says, though it may have done it.
func (c *conn) complete(b *batch, again []entry, born, lost string) {
	run := c.node.runID()
	rtt := time.Since(b.sent)
	for _, e := range b.entries {
		if len(again) > 0 && isAmong(again, e.op) {
			continue
		}
		a := &e.op.Answer
		a.Born, a.Run, a.Lost = born, run, lost
		switch {
		case a.Vote == lockengine.VoteDown || a.Vote == lockengine.VoteTimeout:
		case b.refusal != nil:
			*a = failure(b.refusal)
			a.Void = false
		default:
			a.RTT = rtt
		}
		e.op.To.Complete(e.op)
	}
}

func isAmong(entries []entry, op *lockengine.Op) bool {
	for _, e := range entries {
		if e.op == op {
			return true
		}
	}
	return false
}

// end says that nothing more can be sent, and why.
func (c *conn) end(why error) {
	c.node.mu.Lock()
	if c.broken == nil {
		c.broken = why
	}
	c.node.wakeLocked()
	c.node.mu.Unlock()
	_ = c.raw.Close()
}

// failAll answers everything under way when the connection is over. It may have
// had its effect, and is never sent again: the second answer to an acquire
// would say "taken" of a lock that is ours.
func (c *conn) failAll() {
	c.node.mu.Lock()
	sent := c.sent
	c.sent = nil
	why := c.broken
	if c.node.closed {
		why = errGivenUp
	}
	c.node.mu.Unlock()
	run := c.node.runID()
	for _, b := range sent {
		for _, e := range b.entries {
			e.op.Answer = failure(why)
			e.op.Answer.Run = run
			e.op.To.Complete(e.op)
		}
	}
}

var errGivenUp = errors.New("the node's connection was closed before it answered")

// checkOverdue gives up the connection when the oldest batch has waited too
// long for its answer. One timer serves all batches.
func (c *conn) checkOverdue() {
	c.node.mu.Lock()
	if len(c.sent) == 0 {
		c.armed = false
		c.node.mu.Unlock()
		return
	}
	left := answerTimeout - time.Since(c.sent[0].sent)
	if left > 0 {
		c.overdue.Reset(left)
		c.node.mu.Unlock()
		return
	}
	c.node.mu.Unlock()
	c.end(errNoAnswer)
}

// batch returns an empty batch.
func (c *conn) batch() *batch {
	c.node.mu.Lock()
	defer c.node.mu.Unlock()
	if last := len(c.spare) - 1; last >= 0 {
		b := c.spare[last]
		c.spare = c.spare[:last]
		return b
	}
	return new(batch)
}

func (c *conn) spareBatch(b *batch) {
	b.reset()
	c.node.mu.Lock()
	c.spare = append(c.spare, b)
	c.node.mu.Unlock()
}
