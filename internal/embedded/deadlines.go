package embedded

import "time"

// deadlines is a heap of the keys that will expire, the next one first, over
// all databases of a node.
type deadlines struct {
	heap []*entry
	// wake tells the goroutine that waits for the first deadline that there
	// is now an earlier one, or that the clock was moved. Capacity 1.
	wake chan struct{}
}

func newDeadlines() deadlines {
	return deadlines{wake: make(chan struct{}, 1)}
}

func (d *deadlines) poke() { poke(d.wake) }

func poke(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// set makes e expire when the millisecond at is over.
func (d *deadlines) set(e *entry, at int64) {
	e.expireAt = at
	if e.heapAt < 0 {
		e.heapAt = len(d.heap)
		d.heap = append(d.heap, e)
	}
	d.down(d.up(e.heapAt))
	if e.heapAt == 0 {
		d.poke()
	}
}

// clear makes e live for ever.
func (d *deadlines) clear(e *entry) {
	if e.heapAt < 0 {
		return
	}
	i, last := e.heapAt, len(d.heap)-1
	e.heapAt, e.expireAt = -1, 0
	if i != last {
		d.place(i, d.heap[last])
	}
	d.heap[last] = nil
	d.heap = d.heap[:last]
	if i != last {
		d.down(d.up(i))
	}
}

func (d *deadlines) place(i int, e *entry) {
	d.heap[i] = e
	e.heapAt = i
}

func (d *deadlines) up(i int) int {
	e := d.heap[i]
	for i > 0 {
		parent := (i - 1) / 2
		if d.heap[parent].expireAt <= e.expireAt {
			break
		}
		d.place(i, d.heap[parent])
		i = parent
	}
	d.place(i, e)
	return i
}

func (d *deadlines) down(i int) {
	e := d.heap[i]
	for {
		child := 2*i + 1
		if child >= len(d.heap) {
			break
		}
		if child+1 < len(d.heap) && d.heap[child+1].expireAt < d.heap[child].expireAt {
			child++
		}
		if e.expireAt <= d.heap[child].expireAt {
			break
		}
		d.place(i, d.heap[child])
		i = child
	}
	d.place(i, e)
}

// expireBatch is how many keys expire before others get a turn at the mutex.
const expireBatch = 256

// expireOnTime removes keys when their time has come, until the life ends.
func (n *Node) expireOnTime(l *life) {
	n.mu.Lock()
	wake := n.deadlines.wake
	n.mu.Unlock()
	for {
		if !n.gate.pass(l.stop) {
			return
		}
		stop := n.clock.at(n.expireDue(), func() { poke(wake) })
		select {
		case <-l.stop:
			stop()
			return
		case <-wake:
			stop()
		}
	}
}

// expireDue removes the keys whose deadline has passed, a batch of them, and
// returns when the next will be due.
func (n *Node) expireDue() (ms int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.clock.nowMillis()
	later := n.now + int64(time.Hour/time.Millisecond)
	for range expireBatch {
		if len(n.deadlines.heap) == 0 {
			return later
		}
		first := n.deadlines.heap[0]
		if first.expireAt >= n.now {
			return min(first.expireAt, later) + 1 // the key lives until its last millisecond is over
		}
		n.expire(first)
	}
	return n.now
}
