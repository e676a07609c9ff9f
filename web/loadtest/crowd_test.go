package loadtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockscope/lockscope/web/streamclient"
)

// perAddress is how many streams come from one address: fewer than one may have.
const perAddress = 200

// A crowd is many clients that do nothing but notice probes.
type crowd struct {
	r      *rig
	probes *board
	conns  []*streamclient.Conn
	wg     sync.WaitGroup
	closed atomic.Int64 // streams that ended before the crowd left

	mu     sync.Mutex // guards what follows
	took   []time.Duration
	frames int
	bytes  int
	gone   bool
}

// gather opens n streams, each of which watches the locks of a team.
func (r *rig) gather(n int, probes *board) *crowd {
	r.t.Helper()
	c := &crowd{r: r, probes: probes}
	r.t.Cleanup(c.leave)
	for i := range n {
		from := net.IPv4(127, 0, 0, byte(2+i/perAddress))
		ready := c.join(i%teams, streamclient.Watch{View: "locks", Q: fmt.Sprintf("lock:team-%02d:", i%teams)},
			(&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext)
		select {
		case <-ready:
		case <-time.After(patience):
			r.t.Fatal("a stream got no snapshot")
		}
	}
	return c
}

// join opens one stream and tells when its snapshot has come.
func (c *crowd) join(team int, watch streamclient.Watch, dial streamclient.Dialer) (ready chan struct{}) {
	c.r.t.Helper()
	conn, err := streamclient.Dial(c.r.t.Context(), c.r.stream(), nil, dial)
	must(c.r.t, err)
	c.conns = append(c.conns, conn)
	must(c.r.t, conn.Watch("w", watch))
	ready = make(chan struct{})
	c.wg.Go(func() { c.read(conn, team, ready) })
	return ready
}

// read takes frames in, without reading what is in them: that would cost more
// than to make them.
func (c *crowd) read(conn *streamclient.Conn, team int, ready chan struct{}) {
	var seen *probe
	for {
		_ = conn.SetReadDeadline(time.Now().Add(2 * patience))
		_, text, err := conn.ReadMessage()
		if err != nil {
			c.mu.Lock()
			if !c.gone {
				c.closed.Add(1)
			}
			c.mu.Unlock()
			return
		}
		now := time.Now()
		if bytes.HasPrefix(text, []byte(`{"t":"snapshot"`)) {
			close(ready)
		}
		p := c.probes[team].Load()
		found := p != nil && p != seen && bytes.Contains(text, p.fingerprint)
		c.mu.Lock()
		c.frames++
		c.bytes += len(text)
		if found {
			seen = p
			c.took = append(c.took, now.Sub(p.at))
		}
		c.mu.Unlock()
	}
}

// leave closes all streams and waits for their readers.
func (c *crowd) leave() {
	c.mu.Lock()
	c.gone = true
	c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.wg.Wait()
}

// A reading is what a crowd has seen in a stretch of time.
type reading struct {
	took          []time.Duration // sorted
	frames, bytes int
	lasted, cpu   time.Duration
	changes       int
}

// measure lets locks change for a while and reads off what the crowd has seen.
func (c *crowd) measure(how pace, perSecond int, d time.Duration) reading {
	c.r.t.Helper()
	var m reading
	start, used := time.Now(), c.r.cpu()
	c.mu.Lock()
	c.took, c.frames, c.bytes = nil, 0, 0
	c.mu.Unlock()
	m.changes = c.r.underLoad(how, perSecond, c.probes, func() { lasts(c.r.t, d) })
	m.lasted, m.cpu = time.Since(start), c.r.cpu()-used
	c.mu.Lock()
	defer c.mu.Unlock()
	m.took, m.frames, m.bytes = c.took, c.frames, c.bytes
	c.took = nil
	slices.Sort(m.took)
	return m
}

// at is the time that a share of the probes did not exceed.
func (m reading) at(share float64) time.Duration {
	if len(m.took) == 0 {
		return 0
	}
	return m.took[int(share*float64(len(m.took)-1))].Round(100 * time.Microsecond)
}

func (m reading) String() string {
	return fmt.Sprintf("%d changes/s, from write to frame p50 %s p95 %s p99 %s (%d times), %d frames/s, %.1f MB/s, server CPU %.0f %%",
		int(float64(m.changes)/m.lasted.Seconds()), m.at(0.50), m.at(0.95), m.at(0.99), len(m.took),
		int(float64(m.frames)/m.lasted.Seconds()), float64(m.bytes)/1e6/m.lasted.Seconds(), 100*m.cpu.Seconds()/m.lasted.Seconds())
}

// A trickle is a connection that is read at 10 KB/s.
type trickle struct {
	net.Conn
	drops  *time.Ticker
	closed chan struct{}
	once   sync.Once
	read   atomic.Int64
}

const (
	dropSize  = 500
	dropEvery = 50 * time.Millisecond
)

func (s *trickle) Read(p []byte) (int, error) {
	select {
	case <-s.drops.C:
	case <-s.closed:
	}
	n, err := s.Conn.Read(p[:min(dropSize, len(p))])
	s.read.Add(int64(n))
	return n, err
}

func (s *trickle) Close() error {
	s.once.Do(func() {
		s.drops.Stop()
		close(s.closed)
	})
	return s.Conn.Close()
}

// dial connects as a trickle.
func (s *trickle) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	_ = conn.(*net.TCPConn).SetReadBuffer(8 << 10) // as little as the system lets it be
	s.Conn, s.drops, s.closed = conn, time.NewTicker(dropEvery), make(chan struct{})
	return s, nil
}
