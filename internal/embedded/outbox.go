package embedded

import (
	"net"
	"sync"
	"time"
)

// lastWords is how long a client that is being disconnected may take to read
// what it is still owed.
const lastWords = time.Second

// An outbox is what a subscriber is owed and has not read yet. Whoever publishes
// puts bytes in and goes on; the box's own goroutine writes them.
type outbox struct {
	nc    net.Conn
	limit int
	wake  chan struct{} // capacity 1: something was put, or the box is closed
	done  chan struct{} // closed when the writer has ended

	mu     sync.Mutex // guards queue, closed, failed
	queue  []byte
	closed bool // nothing more will be put: write what is there and end
	failed bool // overflowed or the socket broke: put drops everything
}

func newOutbox(nc net.Conn, limit int) *outbox {
	return &outbox{nc: nc, limit: limit, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// put appends b, or returns false when the box is full: the client is too slow
// and has to go. Later bytes are dropped, so no client sees a gap.
func (o *outbox) put(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed || o.closed {
		return true
	}
	if len(o.queue)+len(b) > o.limit {
		o.failed, o.queue = true, nil
		return false
	}
	o.queue = append(o.queue, b...)
	o.signal()
	return true
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run writes until the box is finished or broken, or the node stops.
func (o *outbox) run(g *gate, stop <-chan struct{}) {
	defer close(o.done)
	var spare []byte
	for range o.wake {
		if !g.pass(stop) {
			return
		}
		o.mu.Lock()
		b, closed, failed := o.queue, o.closed, o.failed
		o.queue = spare[:0]
		o.mu.Unlock()
		if failed {
			return
		}
		if len(b) > 0 {
			if _, err := o.nc.Write(b); err != nil {
				o.mu.Lock()
				o.failed, o.queue = true, nil
				o.mu.Unlock()
				o.nc.Close() // wakes the reader
				return
			}
		}
		if closed {
			return
		}
		if spare = b; cap(spare) > 1<<20 {
			spare = nil
		}
	}
}

// finish writes what is left and waits until the writer has ended.
func (o *outbox) finish() {
	o.mu.Lock()
	o.closed = true
	o.signal()
	o.mu.Unlock()
	o.nc.SetWriteDeadline(time.Now().Add(lastWords))
	<-o.done
}

// size is how many bytes wait.
func (o *outbox) size() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue)
}
