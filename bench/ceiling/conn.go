package ceiling

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
)

// A conn is the one connection to a node.
type conn struct {
	to net.Conn

	mu       sync.Mutex // guards everything below
	gathered []byte     // commands that are not yet written
	calls    []*call    // whose answers the reader has not yet asked for, in the order of the commands
	work     sync.Cond  // something was gathered, or the connection failed
	failed   error
}

func dial(ctx context.Context, addr string) (*conn, error) {
	to, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &conn{to: to}
	c.work.L = &c.mu
	if _, err := to.Write(appendCommand(nil, "SCRIPT", "LOAD", unlockScript)); err != nil {
		to.Close()
		return nil, fmt.Errorf("load the script: %w", err)
	}
	loaded, err := newReplyReader(to).next()
	if err == nil && loaded.kind != '$' {
		err = fmt.Errorf("got %q", loaded.text)
	}
	if err != nil {
		to.Close()
		return nil, fmt.Errorf("load the script: %w", err)
	}
	return c, nil
}

// submit hands over a command. The bytes are copied.
func (c *conn) submit(command []byte, k *call) {
	c.mu.Lock()
	if c.failed != nil {
		c.mu.Unlock()
		k.vote(false)
		return
	}
	c.gathered = append(c.gathered, command...)
	c.calls = append(c.calls, k)
	c.mu.Unlock()
	c.work.Signal()
}

// write sends what has gathered until the connection fails. Having been woken
// it first lets others run: callers that are awake already get their commands
// into the same batch, which makes batches up to three times as long and costs
// a lone caller nothing that can be measured.
func (c *conn) write() {
	var batch []byte
	for {
		c.mu.Lock()
		for len(c.gathered) == 0 && c.failed == nil {
			c.work.Wait()
		}
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
		failed := c.failed
		batch, c.gathered = c.gathered, batch[:0]
		c.mu.Unlock()
		if failed != nil {
			return
		}
		if _, err := c.to.Write(batch); err != nil {
			c.fail(err)
			return
		}
	}
}

// read gives answers to the calls until the connection fails.
func (c *conn) read() {
	replies := newReplyReader(c.to)
	var waiting, spare []*call
	for {
		rep, err := replies.next()
		if len(waiting) == 0 {
			c.mu.Lock()
			waiting, c.calls = c.calls, spare[:0]
			c.mu.Unlock()
			spare = waiting
		}
		if err == nil && len(waiting) == 0 {
			err = fmt.Errorf("%w: an answer to nothing", errBadReply)
		}
		if err != nil {
			c.fail(err)
			for _, k := range waiting {
				k.vote(false)
			}
			c.mu.Lock()
			rest := c.calls
			c.calls = nil
			c.mu.Unlock()
			for _, k := range rest {
				k.vote(false)
			}
			return
		}
		waiting[0].vote(rep.yes())
		waiting = waiting[1:]
	}
}

// fail ends the connection. What was handed over is answered no by the reader.
func (c *conn) fail(why error) {
	c.mu.Lock()
	if c.failed == nil {
		c.failed = why
	}
	c.mu.Unlock()
	c.work.Broadcast()
	c.to.Close()
}
