package web

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// follow runs a client of the stream until the test ends.
func (w *world) follow(watches map[string]streamclient.Watch) *streamclient.Client {
	w.t.Helper()
	c := streamclient.New(streamclient.Options{
		URL: "ws://" + w.addr + "/api/v1/stream", FirstDelay: 5 * time.Millisecond, LastDelay: 50 * time.Millisecond,
	})
	for id, watch := range watches {
		must(w.t, c.Watch(id, watch))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		must(w.t, <-done)
	})
	return c
}

// sees reports whether a client shows what the Board does.
func sees(c *streamclient.Client, id string, view watcher.View) bool {
	window, ok := c.Window(id)
	if !ok || window.Total != view.Total || window.Counts != streamclient.Counts(view.Counts) {
		return false
	}
	return mirror(window.Rows).shows(view)
}

// storm takes and gives up locks, some at a time in turn over a number of names,
// pause apart, until it is told to stop.
func (w *world) storm(names, batch int, pause time.Duration) (calm func()) {
	stop, done := make(chan struct{}), make(chan error, 1)
	again := time.NewTicker(pause)
	go func() {
		defer again.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			case <-again.C:
			}
			pipe := w.redis[0].Pipeline()
			for n := range batch {
				name := fmt.Sprintf("lock:%03d", (i*batch+n)*7%names)
				pipe.Del(w.t.Context(), name)
				if i%3 != 0 {
					pipe.Set(w.t.Context(), name, i, time.Minute)
				}
			}
			_, err := pipe.Exec(w.t.Context())
			if err != nil {
				done <- err
				return
			}
		}
	}()
	return func() {
		w.t.Helper()
		close(stop)
		must(w.t, <-done)
	}
}

func TestAClientThatIsCutOffAgainAndAgainLosesAndDoublesNothing(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:first", "v", time.Minute, 0) // where nothing ever was, there is nothing to resume from
	w.awaitName("lock:first")
	from := uint64(0)
	c := w.follow(map[string]streamclient.Watch{
		"all": {View: "locks"}, "feed": {View: "events", After: &from},
	})
	eventually(t, "the client is there", func() bool { _, ok := c.Window("all"); return ok })
	calm := w.storm(40, 1, time.Millisecond)
	for range 10 {
		before := c.Stats()
		c.Break()
		eventually(t, "the next connection brings changes", func() bool {
			s := c.Stats()
			return s.Connects > before.Connects && s.Deltas > before.Deltas+1
		})
	}
	calm()
	eventually(t, "the client shows what the Board does", func() bool {
		feed, ok := c.Window("feed")
		return sees(c, "all", w.board.Window(watcher.Query{Sort: "name", Limit: maxWindow})) &&
			ok && feed.After == w.board.Activity(0, 0).Last
	})
	s := c.Stats()
	if s.Lost != 0 || s.Doubled != 0 || s.Connects != 11 {
		t.Errorf("got %+v, want nothing lost or doubled over 11 connections", s)
	}
	if s.Events != w.board.Activity(0, 0).Last || len(s.Gaps) != 0 {
		t.Errorf("%d of %d events were told, with the gaps %v", s.Events, w.board.Activity(0, 0).Last, s.Gaps)
	}
	if s.Snapshots != 1 {
		t.Errorf("%d snapshots, want one and then what was missed", s.Snapshots)
	}
}

func TestPlacesInAQueueAreToldTenTimesASecondAtMost(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	v := alice.openTab("t1")
	key := tabKey{newSession(onlySession(t, alice)), "t1"}
	v.send(fields{"t": "watch", "id": "n", "view": "nodes"})
	v.next("node") // so the tab is there
	start := time.Now()
	for i := range 500 {
		w.server.tabs.moved(key, "lock:a", place{500 - i, 500})
	}
	var last streamclient.Frame
	told := 0
	for last.Position != 1 {
		last = v.next("wait")
		told++
		if last.Position > 1 {
			continue
		}
	}
	if most := 2 + int(time.Since(start)/frameInterval); told > most {
		t.Errorf("told %d times in %s, want at most %d", told, time.Since(start), most)
	}
}

// onlySession is the value of the session cookie of a browser.
func onlySession(t testing.TB, b *browser) string {
	t.Helper()
	u := b.get("/").Request.URL
	cookies := b.client.Jar.Cookies(u)
	if len(cookies) != 1 {
		t.Fatalf("the cookies are %v", cookies)
	}
	return cookies[0].Value
}

func TestAClientThatReadsLateGetsFewerFramesThatAreFresher(t *testing.T) {
	w := begin(t, 1)
	conn, err := streamclient.Dial(t.Context(), "ws://"+w.addr+"/api/v1/stream", nil,
		func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err == nil {
				_ = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
			}
			return conn, err
		})
	must(t, err)
	defer conn.Close()
	slow := &viewer{Conn: conn, t: t}
	slow.hello()
	slow.send(watchFrame("w"))
	behind := w.onlySocket()
	fast := w.follow(map[string]streamclient.Watch{"w": {View: "locks"}})
	eventually(t, "the fast client is there", func() bool { _, ok := fast.Window("w"); return ok })
	calm := w.storm(maxWindow, maxWindow, 40*time.Millisecond) // not so many that they are not followed
	// What the buffers hold comes late; what comes after it is what counts.
	eventually(t, "the buffers are full", func() bool { return behind.lag(time.Now()) > 5*frameInterval })
	held := fast.Stats().Deltas
	eventually(t, "the storm has outlasted them", func() bool { return fast.Stats().Deltas > held+15 })
	calm()
	m := mirrorOf(slow.next("snapshot"))
	frames := 0
	for !m.shows(w.board.Window(watcher.Query{Sort: "name", Limit: maxWindow})) {
		m.apply(slow.next("delta"))
		frames++
	}
	if all := fast.Stats().Deltas; frames > held+5 {
		t.Errorf("the slow client got %d frames, the fast one %d, and %d when the buffers were full", frames, all, held)
	}
}

// onlySocket is the one stream that is open.
func (w *world) onlySocket() *socket {
	w.t.Helper()
	var only *socket
	n := 0
	w.server.hub.each(func(s *socket) { only, n = s, n+1 })
	if n != 1 {
		w.t.Fatalf("%d streams are open, want one", n)
	}
	return only
}
