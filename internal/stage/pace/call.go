package pace

import (
	"container/heap"
	"time"
)

// A Call is something that the clock will do.
type Call struct {
	clock *Clock
	f     func()
	// visible calls can be seen on the stage: the pace lingers for them, and a
	// step ends with one.
	visible bool

	// Guarded by the clock.
	at    time.Duration
	seq   uint64
	index int // in the queue, -1 when it is not there
}

// AfterFunc calls f on a goroutine of its own when d has passed.
func (c *Clock) AfterFunc(d time.Duration, f func()) *Call {
	call := &Call{clock: c, f: func() { go f() }, index: -1}
	call.Reset(d)
	return call
}

// After calls f when d has passed. f must not block: the clock waits for it.
func (c *Clock) After(d time.Duration, f func()) *Call {
	call := &Call{clock: c, f: f, index: -1}
	call.Reset(d)
	return call
}

// Show is After for something that can be seen.
func (c *Clock) Show(d time.Duration, f func()) *Call {
	call := &Call{clock: c, f: f, visible: true, index: -1}
	call.Reset(d)
	return call
}

// At calls f when the clock shows t. f must not block.
func (c *Clock) At(t time.Time, f func()) *Call {
	call := &Call{clock: c, f: f, index: -1}
	c.mu.Lock()
	call.put(t.Sub(c.origin))
	c.mu.Unlock()
	c.poke()
	return call
}

// Stop calls it off, and reports whether there was anything to call off.
func (x *Call) Stop() bool {
	c := x.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	return x.remove()
}

// Reset makes it happen when d has passed from now, and reports whether it was
// still to come.
func (x *Call) Reset(d time.Duration) bool {
	c := x.clock
	c.mu.Lock()
	waited := x.remove()
	x.put(c.elapsed(time.Now()) + max(d, 0))
	c.mu.Unlock()
	c.poke()
	return waited
}

// put and remove are called under the clock's lock.
func (x *Call) put(at time.Duration) {
	c := x.clock
	c.seq++
	// What is late is due now: the clock does not go backwards.
	x.at, x.seq = max(at, c.at), c.seq
	heap.Push(&c.calls, x)
}

func (x *Call) remove() bool {
	if x.index < 0 {
		return false
	}
	heap.Remove(&x.clock.calls, x.index)
	return true
}

// A queue is a heap of calls, the next one first, and of several at one moment
// the one that was planned first.
type queue []*Call

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].seq < q[j].seq
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	call := x.(*Call)
	call.index = len(*q)
	*q = append(*q, call)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	call := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	call.index = -1
	return call
}
