package redisnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"
)

const (
	// confirmEvery is how often the sentinels are asked who is the master.
	confirmEvery = time.Second
	// confirmPatience is how long a master is believed in that the sentinels do
	// not confirm: one that is cut off with us from the others may have been
	// replaced. It should be shorter than their down-after-milliseconds.
	confirmPatience = 2 * time.Second
)

var errReplaced = errors.New("it is not the master any more")

// A follower knows which server is the master of a node behind sentinels, and
// cuts the connections when that changes or cannot be known.
type follower struct {
	ctx     context.Context // ends with the node
	locator *target.Locator
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)

	mu        sync.Mutex // guards what follows
	master    string     // where it is
	confirmed time.Time  // when the sentinels last said so
	conns     map[*followed]struct{}
}

// newFollower returns a follower for connections with the options.
func newFollower(ctx context.Context, at *target.Target, o redis.Options) *follower {
	f := &follower{ctx: ctx, locator: at.Locator(), dial: o.Dialer, conns: make(map[*followed]struct{})}
	if f.dial == nil {
		f.dial = redis.NewDialer(&o)
	}
	return f
}

// connect opens a connection to the present master. It is a redis.Options.Dialer
// that takes no notice of the address.
func (f *follower) connect(ctx context.Context, network, _ string) (net.Conn, error) {
	layout, err := f.locator.Locate(ctx)
	if err != nil {
		return nil, err
	}
	master := layout.Masters[0].Addr
	f.confirm(master)
	conn, err := f.dial(ctx, network, master)
	if err != nil {
		return nil, fmt.Errorf("master %s: %w", master, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.master != master {
		conn.Close()
		return nil, errReplaced
	}
	c := &followed{Conn: conn, follower: f}
	f.conns[c] = struct{}{}
	return c, nil
}

// confirm notes what the sentinels said, and cuts the connections to another
// server.
func (f *follower) confirm(master string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.master != master {
		f.cutLocked(errReplaced)
	}
	f.master, f.confirmed = master, time.Now()
}

// doubt notes that the sentinels did not say who the master is.
func (f *follower) doubt(why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.confirmed) > confirmPatience {
		f.cutLocked(why)
	}
}

func (f *follower) cutLocked(why error) {
	for c := range f.conns {
		c.why.Store(&why)
		c.Conn.Close()
	}
	clear(f.conns)
}

// run asks the sentinels again and again until the node is closed.
func (f *follower) run() {
	defer f.locator.Close()
	ticker := time.NewTicker(confirmEvery)
	defer ticker.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-ticker.C:
		}
		if layout, err := f.locator.Locate(f.ctx); err == nil {
			f.confirm(layout.Masters[0].Addr)
		} else {
			f.doubt(err)
		}
	}
}

// A followed connection says why it was cut.
type followed struct {
	net.Conn
	follower *follower
	why      atomic.Pointer[error]
}

// Read implements net.Conn.
func (c *followed) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.because(err)
}

// Write implements net.Conn.
func (c *followed) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.because(err)
}

func (c *followed) because(err error) error {
	if why := c.why.Load(); err != nil && why != nil {
		return *why
	}
	return err
}

// Close implements net.Conn.
func (c *followed) Close() error {
	c.follower.mu.Lock()
	delete(c.follower.conns, c)
	c.follower.mu.Unlock()
	return c.Conn.Close()
}
