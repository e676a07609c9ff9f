package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// databases is how many numbered keyspaces a node has, as Redis by default.
const databases = 16

// Config says how a node is run. The zero value is the default.
type Config struct {
	// Addr is the TCP address to listen on, 127.0.0.1:0 by default: a free
	// loopback port.
	Addr string
	// Password is what clients have to give with AUTH, none by default.
	Password string
	// SubscriberLimit is how many bytes may wait for one subscriber before it
	// is disconnected, 8 MiB by default.
	SubscriberLimit int
	// ScriptTime is how long one script may run, a second by default.
	ScriptTime time.Duration
	// Clock is what the node takes the time from, the machine's by default.
	Clock Clock
}

func (c Config) withDefaults() Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.SubscriberLimit <= 0 {
		c.SubscriberLimit = 8 << 20
	}
	if c.ScriptTime <= 0 {
		c.ScriptTime = time.Second
	}
	if c.Clock == nil {
		c.Clock = machine{}
	}
	return c
}

// A Node is one Redis server inside the process. Its methods may be called from
// any goroutine.
type Node struct {
	cfg   Config
	addr  string
	clock clock
	gate  gate

	lifeMu sync.Mutex // guards life; held while one starts or ends
	life   *life      // nil while the node is stopped

	mu sync.Mutex // guards everything below: one command at a time
	// now is the node's time in Unix milliseconds, taken when the current
	// command, transaction or script began: within it, time stands still.
	now       int64
	dbs       [databases]*keyspace
	deadlines deadlines
	pubsub    pubsub
	settings  settings
	scripts   scripts
	clients   map[int64]*conn
	lastID    int64
	stats     stats
}

// A life is the time from one start of a node to its stop.
type life struct {
	ln      net.Listener
	stop    chan struct{} // closed when the life ends
	wg      sync.WaitGroup
	runID   string
	started time.Time
	ended   bool // guarded by Node.mu: accept no more clients
}

// Start runs one node and returns when it accepts connections. The error tells
// why cfg.Addr cannot be listened on.
func Start(cfg Config) (*Node, error) {
	n := &Node{cfg: cfg.withDefaults()}
	n.addr = n.cfg.Addr
	n.clock.source = n.cfg.Clock
	n.forget()
	n.settings = newSettings()
	if err := n.Restart(true); err != nil {
		return nil, err
	}
	return n, nil
}

// StartAll runs count nodes, each on a port of its own, so cfg.Addr must be
// empty or end in ":0" for more than one. When one fails, those already started
// are stopped.
func StartAll(count int, cfg Config) ([]*Node, error) {
	nodes := make([]*Node, 0, count)
	for range count {
		n, err := Start(cfg)
		if err != nil {
			StopAll(nodes)
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// StopAll stops every node.
func StopAll(nodes []*Node) {
	for _, n := range nodes {
		n.Stop()
	}
}

// Restart starts a stopped node again, on the address it had. keep tells
// whether it still knows its keys, as a server with a perfect disk would, or
// comes back empty. A node that runs is left alone.
func (n *Node) Restart(keep bool) error {
	n.lifeMu.Lock()
	defer n.lifeMu.Unlock()
	if n.life != nil {
		return nil
	}
	ln, err := net.Listen("tcp", n.addr)
	if err != nil {
		return fmt.Errorf("embedded node: %w", err)
	}
	l := &life{ln: ln, stop: make(chan struct{}), runID: newRunID(), started: time.Now()}
	n.mu.Lock()
	if !keep {
		n.forget()
	}
	n.addr = ln.Addr().String()
	n.clients = make(map[int64]*conn)
	n.pubsub = newPubsub()
	n.scripts = scripts{}
	n.stats = stats{}
	n.mu.Unlock()
	n.life = l
	l.wg.Go(func() { n.accept(l) })
	l.wg.Go(func() { n.expireOnTime(l) })
	return nil
}

// forget drops every key. Callers hold mu or are alone.
func (n *Node) forget() {
	for i := range n.dbs {
		n.dbs[i] = newKeyspace(i)
	}
	n.deadlines = newDeadlines()
}

// Stop closes every connection, stops listening and waits until no goroutine of
// the node is left. Stopping a stopped node does nothing. What the node knew is
// kept for Restart.
func (n *Node) Stop() {
	n.lifeMu.Lock()
	defer n.lifeMu.Unlock()
	n.end(n.life)
}

// end ends l. Callers hold lifeMu.
func (n *Node) end(l *life) {
	if l == nil || n.life != l {
		return
	}
	close(l.stop)
	l.ln.Close()
	n.mu.Lock()
	l.ended = true
	for _, c := range n.clients {
		c.drop()
	}
	n.mu.Unlock()
	l.wg.Wait()
	n.mu.Lock()
	n.scripts.close()
	n.mu.Unlock()
	n.life = nil
}

// shutDown ends the life l from within one of its commands, which cannot wait
// for itself.
func (n *Node) shutDown(l *life) {
	go func() {
		n.lifeMu.Lock()
		defer n.lifeMu.Unlock()
		n.end(l)
	}()
}

// Running tells whether the node accepts connections. It turns false when the
// node was stopped, or told SHUTDOWN by a client.
func (n *Node) Running() bool {
	n.lifeMu.Lock()
	defer n.lifeMu.Unlock()
	return n.life != nil
}

// Freeze makes the node hang as a stopped process does: connections are
// accepted, nothing is answered, nothing expires visibly, until Thaw.
func (n *Node) Freeze() { n.gate.shut() }

// Thaw lets a frozen node go on with everything it was sent meanwhile.
func (n *Node) Thaw() { n.gate.open() }

// Addr returns the address the node listens on, such as "127.0.0.1:40123". It
// stays the same over Stop and Restart.
func (n *Node) Addr() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.addr
}

// URL returns the address as a Redis URL, such as "redis://127.0.0.1:40123". It
// holds no password.
func (n *Node) URL() string { return "redis://" + n.Addr() }

// accept takes connections until the listener is closed.
func (n *Node) accept(l *life) {
	for {
		nc, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, say: let others finish first.
			select {
			case <-l.stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		n.mu.Lock()
		switch {
		case l.ended:
			nc.Close()
		case len(n.clients) >= maxClients:
			nc.SetWriteDeadline(time.Now().Add(time.Second))
			nc.Write([]byte("-ERR max number of clients reached\r\n"))
			nc.Close()
		default:
			c := newConn(n, l, nc)
			l.wg.Go(c.serve)
		}
		n.mu.Unlock()
	}
}

// newRunID returns 40 random hex digits, as Redis names one run of a server.
func newRunID() string {
	var b [20]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
