package embedded

import (
	"net"
	"time"
)

const (
	maxClients = 10_000
	// readBuffer is what a connection starts with and returns to.
	readBuffer = 16 << 10
	// flushAt is how many bytes of replies gather before they are written
	// although more commands of the same batch wait.
	flushAt = 64 << 10
)

// A conn is one client. Its own goroutine reads, carries out commands under the
// node's mutex and writes replies without it.
type conn struct {
	node *Node
	life *life
	nc   net.Conn // nil for scripts and in tests of the dispatcher
	id   int64
	born time.Time

	// out gathers replies. Once the client has subscribed to anything, what
	// is in out goes to the box instead of the socket, because pushes and
	// replies must stay in one order.
	out reply
	box *outbox

	argv [][]byte // reused for parsing

	// Guarded by Node.mu, like all that follows.
	db       int
	name     string
	library  string
	libver   string
	authed   bool
	closing  bool // close after what is in out was written
	muteAll  bool // CLIENT REPLY OFF
	muteNext bool // CLIENT REPLY SKIP: the next command
	muteThis bool
	lastSeen time.Time
	lastCmd  string
	tx       transaction
	channels subscriptions
	patterns subscriptions
	x        call // reused for every command
}

// newConn registers a client. Callers hold mu.
func newConn(n *Node, l *life, nc net.Conn) *conn {
	n.lastID++
	n.stats.connections++
	now := time.Now()
	c := &conn{node: n, life: l, nc: nc, id: n.lastID, born: now, lastSeen: now, authed: n.cfg.Password == ""}
	c.out.proto = 2
	n.clients[c.id] = c
	return c
}

// serve reads commands until the client goes.
func (c *conn) serve() {
	defer c.leave()
	buf := make([]byte, readBuffer)
	start, end := 0, 0
	for {
		for start < end {
			done, args, left, err := nextCommand(buf[start:end], c.argv)
			if err != nil {
				c.refuse(err)
				return
			}
			if !done {
				break
			}
			c.argv = args
			start = end - len(left)
			if len(args) == 0 {
				continue
			}
			if !c.node.gate.pass(c.life.stop) {
				return
			}
			c.handle(args)
			if c.closing || len(c.out.buf) >= flushAt {
				if c.flush() != nil || c.closing {
					return
				}
			}
		}
		if c.flush() != nil {
			return
		}
		switch {
		case start == end:
			start, end = 0, 0
			if len(buf) > 1<<20 {
				buf = make([]byte, readBuffer)
			}
		case end == len(buf) && start > 0:
			end = copy(buf, buf[start:end])
			start = 0
		case end == len(buf):
			if len(buf) >= maxRequest {
				c.refuse(errRequestTooLarge)
				return
			}
			buf = append(buf, make([]byte, len(buf))...)
		}
		got, err := c.nc.Read(buf[end:])
		if err != nil {
			return
		}
		end += got
	}
}

// refuse tells the client why it is being disconnected.
func (c *conn) refuse(err error) {
	c.node.mu.Lock()
	c.out.err("ERR " + err.Error())
	c.forward()
	c.node.mu.Unlock()
	c.flush()
}

// handle carries out one command.
func (c *conn) handle(args [][]byte) {
	n := c.node
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.clock.nowMillis()
	before := len(c.out.buf)
	c.muteThis, c.muteNext = c.muteNext, false
	n.dispatch(c, args)
	if c.muteAll || c.muteThis {
		c.out.buf = c.out.buf[:before]
	}
	c.forward()
}

// forward hands replies over to the box of a client that has one. Callers hold
// mu, so that nothing is published in between.
func (c *conn) forward() {
	if c.box == nil || len(c.out.buf) == 0 {
		return
	}
	if !c.box.put(c.out.buf) {
		c.drop()
	}
	c.out.buf = c.out.buf[:0]
}

// flush writes the replies that have gathered. It blocks as long as the client
// does not read, which is the client's own affair: mu is not held.
func (c *conn) flush() error {
	if c.box != nil || len(c.out.buf) == 0 {
		return nil
	}
	_, err := c.nc.Write(c.out.buf)
	if cap(c.out.buf) > 4*flushAt {
		c.out.buf = nil
	}
	c.out.buf = c.out.buf[:0]
	return err
}

// drop disconnects the client at once; its goroutine does the rest.
func (c *conn) drop() {
	if c.nc != nil {
		c.nc.Close()
	}
}

// leave takes the client out of the node.
func (c *conn) leave() {
	n := c.node
	n.mu.Lock()
	n.unwatch(c)
	n.unsubscribeAll(c)
	delete(n.clients, c.id)
	box := c.box
	n.mu.Unlock()
	if box != nil {
		box.finish()
	}
	c.nc.Close()
}
