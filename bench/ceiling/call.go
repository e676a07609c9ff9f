package ceiling

import "sync/atomic"

// A call is one command to all nodes, and the votes on it. It is used again
// when the caller and every node are done with it.
type call struct {
	locks *Locks
	// votes counts in one word, so that one addition tells who made the
	// difference: those for in the lowest bits, those against from the 16th
	// and the caller, once it has its answer, from the 32nd.
	votes   atomic.Uint64
	decided chan bool // receives once
	command []byte
}

const (
	voteYes    = 1
	voteNo     = 1 << 16
	callerDone = 1 << 32
	countMask  = 1<<16 - 1
)

// vote counts the answer of a node. The one that brings the majority, or makes
// it impossible, wakes the caller.
func (c *call) vote(yes bool) {
	if yes {
		now := c.votes.Add(voteYes)
		if now&countMask == uint64(c.locks.majority) {
			c.decided <- true
		}
		c.recycle(now)
		return
	}
	now := c.votes.Add(voteNo)
	if now>>16&countMask == uint64(len(c.locks.conns)-c.locks.majority+1) {
		c.decided <- false
	}
	c.recycle(now)
}

// wait returns whether a majority said yes, as soon as that is certain.
func (c *call) wait() bool {
	won := <-c.decided
	c.recycle(c.votes.Add(callerDone))
	return won
}

// recycle gives the call back when now is the count of the last one.
func (c *call) recycle(now uint64) {
	if now>>32 == 1 && now&countMask+now>>16&countMask == uint64(len(c.locks.conns)) {
		c.votes.Store(0)
		c.locks.calls.Put(c)
	}
}
