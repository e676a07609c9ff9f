package streamclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Options say how a Client connects.
type Options struct {
	// URL is the stream's, ws or wss, and Header what is sent with it.
	URL    string
	Header http.Header
	// Dial makes the connections; nil is that of net.Dialer.
	Dial Dialer
	// FirstDelay and LastDelay bound the pause before an attempt to connect,
	// which grows and is drawn between nothing and its bound. Defaults 500 ms
	// and 30 s.
	FirstDelay, LastDelay time.Duration
	// OnFrame, if not nil, hears of every frame once it is applied. It is
	// called by Run.
	OnFrame func(Frame)
}

// A Client keeps what it watches up to date through any number of connections.
// Its methods may be called at the same time.
type Client struct {
	opts Options

	mu    sync.Mutex // guards everything below
	views map[string]*view
	order []string // of the ids, as they were asked for
	conn  *Conn    // nil while there is none that has said hello
	stats Stats
}

// New returns a client that does nothing before Run.
func New(opts Options) *Client {
	if opts.FirstDelay <= 0 {
		opts.FirstDelay = 500 * time.Millisecond
	}
	if opts.LastDelay <= 0 {
		opts.LastDelay = 30 * time.Second
	}
	return &Client{opts: opts, views: make(map[string]*view)}
}

// Watch asks for something to be kept up to date, in place of what has the same
// id. Without a connection it is asked for with the next one.
func (c *Client) Watch(id string, w Watch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.views[id]; !ok {
		c.order = append(c.order, id)
	}
	c.views[id] = &view{watch: w}
	if c.conn == nil {
		return nil
	}
	return c.conn.Watch(id, w)
}

// Unwatch gives up what was asked for.
func (c *Client) Unwatch(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.views, id)
	c.order = slices.DeleteFunc(c.order, func(other string) bool { return other == id })
	if c.conn == nil {
		return nil
	}
	return c.conn.Send(struct {
		T  string `json:"t"`
		ID string `json:"id"`
	}{"unwatch", id})
}

// Window returns what the client has of a watch, and false while that is
// nothing.
func (c *Client) Window(id string) (Window, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.views[id]
	if v == nil || !v.has {
		return Window{}, false
	}
	return v.copied(), true
}

// Stats returns what the client has counted.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Gaps = slices.Clone(s.Gaps)
	return s
}

// Break closes the connection, as a bad network would. Run makes a new one.
func (c *Client) Break() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// Run connects, and again after every break, until ctx ends, and then returns
// nil. It returns an error when the server says that trying again is of no use.
func (c *Client) Run(ctx context.Context) error {
	for attempt := 0; ; {
		hello, err := c.connected(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case websocket.IsCloseError(err, CloseMalformed, websocket.CloseMessageTooBig):
			return err
		case hello:
			attempt = 0
		}
		bound := min(c.opts.LastDelay, c.opts.FirstDelay<<min(attempt, 10))
		attempt++
		pause := time.NewTimer(rand.N(bound))
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
	}
}

// connected lives through one connection. It reports whether there was a hello
// and how the connection ended.
func (c *Client) connected(ctx context.Context) (hello bool, err error) {
	conn, err := Dial(ctx, c.opts.URL, c.opts.Header, c.opts.Dial)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	first, err := conn.Read()
	if err != nil {
		return false, err
	}
	if first.T != "hello" {
		return false, errors.New("the server did not say hello first")
	}
	if err := c.greet(conn); err != nil {
		return true, err
	}
	c.take(first)
	defer func() {
		c.mu.Lock()
		c.conn = nil
		c.mu.Unlock()
	}()
	for {
		f, err := conn.Read()
		if err != nil {
			return true, err
		}
		c.take(f)
	}
}

// greet answers the hello: with what the windows have, so that only what was
// missed is sent, and with all that is to be watched.
func (c *Client) greet(conn *Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Connects++
	epoch, seq, windows := "", uint64(0), 0
	known := true
	for _, v := range c.views {
		switch {
		case v.watch.feed() || v.watch.View == "nodes":
		case !v.has || (windows > 0 && v.Epoch != epoch):
			known = false
		case windows == 0 || v.Seq < seq:
			epoch, seq = v.Epoch, v.Seq
			windows++
		default:
			windows++
		}
	}
	if known && windows > 0 {
		if err := conn.Resume(epoch, seq); err != nil {
			return err
		}
	}
	for _, v := range c.views {
		v.resumed = seq
	}
	for _, id := range c.order {
		v := c.views[id]
		message := watchMessage{T: "watch", ID: id, Watch: v.watch}
		if v.watch.feed() && v.has {
			message.Epoch, message.After = v.Epoch, &v.After
		}
		if err := conn.Send(message); err != nil {
			return err
		}
	}
	c.conn = conn
	return nil
}

// take applies a frame and passes it on.
func (c *Client) take(f Frame) {
	c.mu.Lock()
	c.stats.Frames++
	if v := c.views[f.ID]; v != nil {
		v.apply(f, &c.stats)
	}
	c.mu.Unlock()
	if c.opts.OnFrame != nil {
		c.opts.OnFrame(f)
	}
}
