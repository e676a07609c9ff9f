package loadtest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/lockscope/lockscope/web/streamclient"
)

// A size is how much load there is.
type size struct {
	sockets, changes int // changes a second
	stretch          time.Duration
	clients, kills   int
}

func sizes() size {
	if *full {
		return size{sockets: 1000, changes: 1000, stretch: 10 * time.Second, clients: 100, kills: 3}
	}
	return size{sockets: 60, changes: 200, stretch: time.Second, clients: 20, kills: 1}
}

func TestACrowdSeesChangesAndASlowClientHoldsUpNobody(t *testing.T) {
	s := sizes()
	r := newRig(t)
	r.fill()
	var probes board
	before := r.memory()
	c := r.gather(s.sockets, &probes)
	c.measure(apart, s.changes, s.stretch/5) // the first changes of each window
	after := r.memory()
	t.Logf("%d streams: %d KiB each, of %d MiB in all", s.sockets, (after-before)/s.sockets, after/1024)

	m := c.measure(apart, s.changes, s.stretch)
	t.Logf("changes apart:        %s", m)
	if want := s.sockets * int(s.stretch/probeEvery) / 4; len(m.took) < want {
		t.Errorf("changes were seen %d times, want %d at least", len(m.took), want)
	}
	without := c.measure(storm, s.changes, s.stretch)
	t.Logf("a storm of changes:   %s", without)
	// Ten times a second what has changed, and once how the nodes are.
	if most := float64(s.sockets) * (3 + 11*without.lasted.Seconds()); float64(without.frames) > most {
		t.Errorf("%d frames came, want %.0f at most", without.frames, most)
	}

	slow := &trickle{}
	c.join(0, streamclient.Watch{View: "locks"}, slow.dial)
	read, start := slow.read.Load(), time.Now()
	with := c.measure(storm, s.changes, s.stretch)
	t.Logf("with a slow one:      %s", with)
	t.Logf("p95 is %s without and %s with a client that reads %.1f KB/s; memory %d MiB", without.at(0.95), with.at(0.95),
		float64(slow.read.Load()-read)/1000/time.Since(start).Seconds(), r.memory()/1024)
	if with.at(0.95) > 3*without.at(0.95)+300*time.Millisecond {
		t.Errorf("p95 is %s with a slow client, %s without", with.at(0.95), without.at(0.95))
	}
	if n := c.closed.Load(); n > 0 {
		t.Errorf("%d streams were closed", n)
	}
}

func TestAServerThatIsKilledUnderLoadLosesAndDoublesNothing(t *testing.T) {
	s := sizes()
	r := newRig(t)
	r.fill()
	clients := make([]*streamclient.Client, s.clients)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, s.clients)
	from := uint64(0)
	for i := range clients {
		c := streamclient.New(streamclient.Options{
			URL: r.stream(), FirstDelay: 100 * time.Millisecond, LastDelay: time.Second,
			Dial: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i/perAddress))}}).DialContext,
		})
		must(t, c.Watch("w", streamclient.Watch{View: "locks", Q: teamQuery(i)}))
		if i%10 == 0 {
			must(t, c.Watch("feed", streamclient.Watch{View: "events", After: &from}))
		}
		clients[i] = c
		go func() { ended <- c.Run(ctx) }()
	}
	defer func() {
		cancel()
		for range clients {
			must(t, <-ended)
		}
	}()
	everybody := func(what string, holds func(c *streamclient.Client) bool) {
		t.Helper()
		for _, c := range clients {
			eventually(t, what, func() bool { return holds(c) })
		}
	}
	connected := func(n int) func(*streamclient.Client) bool {
		return func(c *streamclient.Client) bool { return c.Stats().Connects >= n && c.Stats().Snapshots >= n }
	}
	everybody("a client is there", connected(1))
	var probes board
	var away time.Duration
	changes := r.underLoad(storm, s.changes/2, &probes, func() {
		for kill := range s.kills {
			lasts(t, s.stretch/3)
			r.kill()
			start := time.Now()
			r.start()
			everybody("a client is back", connected(kill+2))
			away += time.Since(start)
		}
		for _, c := range clients {
			c.Break() // and now only the connection
		}
		everybody("a client is back", func(c *streamclient.Client) bool { return c.Stats().Connects >= s.kills+2 })
	})

	var sum streamclient.Stats
	for i, c := range clients {
		eventually(t, fmt.Sprintf("client %d shows what the server does", i), func() bool { return r.sameAs(c, i) })
		stats := c.Stats()
		sum.Doubled += stats.Doubled
		sum.Lost += stats.Lost
		sum.Repeated += stats.Repeated
		sum.RowsRead += stats.RowsRead
		sum.Events += stats.Events
		if stats.Snapshots != s.kills+1 {
			t.Errorf("client %d got %d snapshots, want one from each server and what was missed after a break", i, stats.Snapshots)
		}
	}
	t.Logf("%d clients, %d changes, %d kills, back after %s each: %d rows and %d events, %d lost, %d doubled, %d sent again after a break",
		s.clients, changes, s.kills, (away / time.Duration(s.kills)).Round(time.Millisecond), sum.RowsRead, sum.Events, sum.Lost, sum.Doubled, sum.Repeated)
	if sum.Lost+sum.Doubled > 0 {
		t.Errorf("%d lost, %d doubled", sum.Lost, sum.Doubled)
	}
}

func teamQuery(client int) string { return fmt.Sprintf("lock:team-%02d:", client%teams) }

// sameAs reports whether a client shows what the server answers: every lock with
// the number of its last change, and all events.
func (r *rig) sameAs(c *streamclient.Client, i int) bool {
	r.t.Helper()
	var answer struct {
		Locks []streamclient.Row
		Total int
		Epoch string
	}
	r.ask("/api/v1/locks?q="+url.QueryEscape(teamQuery(i)), &answer)
	w, ok := c.Window("w")
	if !ok || w.Epoch != answer.Epoch || w.Total != answer.Total || len(w.Rows) != len(answer.Locks) {
		return false
	}
	for _, lock := range answer.Locks {
		row := w.Rows[lock.Key()]
		if row.Seq() != lock.Seq() || row.State() != lock.State() || holderOf(row) != holderOf(lock) {
			return false
		}
	}
	if feed, ok := c.Window("feed"); ok {
		var events struct{ Last uint64 }
		r.ask("/api/v1/events?limit=1", &events)
		return feed.After == events.Last
	}
	return true
}

func holderOf(row streamclient.Row) any {
	holder, _ := row["holder"].(map[string]any)
	return holder["fingerprint"]
}
