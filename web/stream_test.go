package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// A viewer is a client of the stream that a test leads step by step.
type viewer struct {
	*streamclient.Conn
	t testing.TB
}

// open opens a stream under the base path.
func (w *world) open(base string, header ...string) *viewer {
	w.t.Helper()
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return w.dial(base+"/api/v1/stream", h)
}

// dial opens the stream at a path.
func (w *world) dial(path string, header http.Header) *viewer {
	w.t.Helper()
	conn, err := streamclient.Dial(w.t.Context(), "ws://"+w.addr+path, header, nil)
	must(w.t, err)
	w.t.Cleanup(func() { conn.Close() })
	return &viewer{Conn: conn, t: w.t}
}

// send sends a message, a string as it is.
func (v *viewer) send(message any) {
	v.t.Helper()
	text, ok := message.(string)
	if !ok {
		text = string(encode(message))
	}
	must(v.t, v.SendText([]byte(text)))
}

// read returns the next frame.
func (v *viewer) read() (streamclient.Frame, error) { return v.ReadWithin(patience) }

// next returns the next frame of a kind.
func (v *viewer) next(kind string) streamclient.Frame {
	v.t.Helper()
	for {
		f, err := v.read()
		if err != nil {
			v.t.Fatalf("waiting for %s: %v", kind, err)
		}
		if f.T == kind {
			return f
		}
		if f.T != "node" && f.T != "beat" {
			v.t.Fatalf("got %+v, want %s", f, kind)
		}
	}
}

func (v *viewer) hello() streamclient.Frame { v.t.Helper(); return v.next("hello") }

// closed reads until the server closes the stream, and checks with which code.
func (v *viewer) closed(code int) string {
	v.t.Helper()
	for until := time.Now().Add(patience); ; {
		_, err := v.read()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			if closed.Code != code {
				v.t.Errorf("closed with %d %q, want %d", closed.Code, closed.Text, code)
			}
			return closed.Text
		}
		if err != nil {
			v.t.Errorf("got %v, want a close with %d", err, code)
			return ""
		}
		if time.Now().After(until) {
			v.t.Errorf("still open after %s, want a close with %d", patience, code)
			return ""
		}
	}
}

// watch asks for all locks and returns the snapshot.
func (v *viewer) watch(more ...any) streamclient.Frame {
	v.t.Helper()
	v.send(watchFrame("w", more...))
	return v.next("snapshot")
}

func watchFrame(id string, more ...any) fields {
	f := fields{"t": "watch", "id": id, "view": "locks"}
	for i := 0; i+1 < len(more); i += 2 {
		f[more[i].(string)] = more[i+1]
	}
	return f
}

func names(rows []streamclient.Row) []string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.Key()
	}
	slices.Sort(list)
	return list
}

func TestAStreamSaysHelloThenSnapshotThenDeltas(t *testing.T) {
	w := begin(t, 3)
	w.set("lock:a", "v", time.Minute, 0, 1)
	w.awaitState("lock:a", watcher.StateHeld)
	v := w.open("")
	hello := v.hello()
	if hello.E != w.board.Epoch() || hello.Epoch != hello.E || hello.Quorum != 2 || hello.Role != "operator" ||
		len(hello.Nodes) != 3 || hello.ServerTime.IsZero() || hello.Seq == 0 || hello.S != 0 {
		t.Errorf("hello: got %+v", hello)
	}
	shot := v.watch()
	if shot.ID != "w" || !slices.Equal(names(shot.Rows), []string{"lock:a"}) || *shot.Total != 1 ||
		shot.Counts.Held != 1 || *shot.Offset != 0 || *shot.Limit != maxWindow || shot.S == 0 {
		t.Errorf("snapshot: got %+v", shot)
	}
	w.set("lock:b\xff", "v", time.Minute, 0, 1, 2)
	delta := v.next("delta")
	if delta.ID != "w" || len(delta.Set) != 1 || delta.Set[0].Key() != "b64:bG9jazpi/w==" || delta.S <= shot.S || *delta.Total != 2 {
		t.Errorf("delta: got %+v", delta)
	}
	must(t, w.redis[0].Del(t.Context(), "lock:a").Err())
	must(t, w.redis[1].Del(t.Context(), "lock:a").Err())
	m := mirrorOf(shot, delta)
	for m["lock:a"].State() != "free" {
		m.apply(v.next("delta"))
	}
}

func TestAWindowShowsWhatItsQuerySelectsAndForgetsWhatLeavesIt(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:a", "v", time.Minute, 0)
	w.awaitState("lock:a", watcher.StateHeld)
	v := w.open("")
	v.hello()
	if shot := v.watch("q", "A", "state", "held", "sort", "expires"); len(shot.Rows) != 1 {
		t.Errorf("got %+v", shot)
	}
	w.set("lock:b", "v", time.Minute, 0)
	delta := v.next("delta") // only the counts have changed
	if len(delta.Set) != 0 || len(delta.Del) != 0 || delta.Counts.Held != 2 || *delta.Total != 1 {
		t.Errorf("got %+v", delta)
	}
	must(t, w.redis[0].Del(t.Context(), "lock:a").Err())
	delta = v.next("delta")
	if len(delta.Set) != 0 || !slices.Equal(names(delta.Del), []string{"lock:a"}) || *delta.Total != 0 {
		t.Errorf("got %+v", delta)
	}
	if shot := v.watch("limit", 1); len(shot.Rows) != 1 || *shot.Limit != 1 || *shot.Total < 1 {
		t.Errorf("another query in the same place: got %+v", shot)
	}
}

// A mirror is what a client shows.
type mirror map[string]streamclient.Row

func mirrorOf(frames ...streamclient.Frame) mirror {
	m := mirror{}
	for _, f := range frames {
		m.apply(f)
	}
	return m
}

func (m mirror) apply(f streamclient.Frame) {
	if f.T == "snapshot" {
		clear(m)
		f.Set = f.Rows
	}
	for _, r := range f.Set {
		m[r.Key()] = m[r.Key()].Patched(r)
	}
	for _, r := range f.Del {
		delete(m, r.Key())
	}
}

// shows reports whether the mirror is the Board's window.
func (m mirror) shows(view watcher.View) bool {
	if len(m) != len(view.Locks) {
		return false
	}
	for _, l := range view.Locks {
		if m[l.Name].Seq() != l.Seq || m[l.Name].State() != string(l.State) {
			return false
		}
	}
	return true
}

func TestAWindowFollowsTheBoardThroughAStormOfChanges(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	m := mirrorOf(v.watch("limit", 20, "offset", 5))
	started, frames := time.Now(), 0
	done := make(chan error, 1)
	go func() {
		for i := range 600 {
			name := fmt.Sprintf("lock:%02d", i*7%40)
			err := w.redis[0].Set(t.Context(), name, i, time.Minute).Err()
			if i%3 == 0 {
				err = w.redis[0].Del(t.Context(), name).Err()
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	last := uint64(0)
	stormy := true
	for stormy || !m.shows(w.board.Window(watcher.Query{Sort: "name", Offset: 5, Limit: 20})) {
		f := v.next("delta")
		frames++
		if f.S <= last {
			t.Fatalf("frame %d is at %d, after %d", frames, f.S, last)
		}
		for _, r := range f.Set {
			if old, ok := m[r.Key()]; ok && old.Seq() >= r.Seq() {
				t.Errorf("%s was sent at %d and again at %d", r.Key(), old.Seq(), r.Seq())
			}
		}
		last = f.S
		m.apply(f)
		select {
		case err := <-done:
			must(t, err)
			stormy = false
		default:
		}
	}
	if most := 2 + int(time.Since(started)/frameInterval); frames > most {
		t.Errorf("got %d frames in %s, want at most %d", frames, time.Since(started), most)
	}
}

func TestTwoChangesAreSentAtOnceAndTheNextAfterAPause(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	v.watch()
	start := time.Now()
	for i := range 3 {
		w.set("lock:a", fmt.Sprint(i), time.Minute, 0)
		v.next("delta")
	}
	if three := time.Since(start); three < frameInterval {
		t.Errorf("three frames within %s", three)
	}
}

func TestATabThatNobodySeesGetsAFrameASecond(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	v.watch()
	v.send(fields{"t": "visible", "visible": false})
	start := time.Now()
	w.set("lock:a", "1", time.Minute, 0)
	v.next("delta")
	w.set("lock:a", "2", time.Minute, 0)
	v.next("delta")
	if both := time.Since(start); both < hiddenInterval {
		t.Errorf("two frames within %s", both)
	}
	w.set("lock:a", "3", time.Minute, 0)
	seen := time.Now()
	v.send(fields{"t": "visible", "visible": true})
	v.next("delta")
	if gap := time.Since(seen); gap > hiddenInterval*8/10 {
		t.Errorf("a tab that is seen again waited %s", gap)
	}
}

func TestANodeThatGoesDownIsToldAtOnce(t *testing.T) {
	w := begin(t, 3)
	v := w.open("")
	v.hello()
	w.servers[1].Stop()
	for {
		nodes := v.next("node").Nodes
		if len(nodes) == 3 && !nodes[1].Up {
			break
		}
	}
	v.send(fields{"t": "watch", "id": "n", "view": "nodes"})
	if nodes := v.next("node").Nodes; len(nodes) != 3 || nodes[1].Up || !nodes[0].Up {
		t.Errorf("got %+v", nodes)
	}
}

func TestShutdownClosesStreamsWithGoingAway(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	stopped := make(chan error, 1)
	go func() { stopped <- w.server.hub.shutdown(t.Context()) }()
	v.closed(websocket.CloseGoingAway)
	must(t, <-stopped)
	w.open("").closed(websocket.CloseGoingAway)
}

func TestAClientThatStopsReadingHoldsUpNobody(t *testing.T) {
	w := begin(t, 1)
	deaf := w.open("")
	deaf.hello()
	deaf.watch()
	_ = deaf.NetConn().(*net.TCPConn).SetReadBuffer(1024)
	v := w.open("")
	v.hello()
	m := mirrorOf(v.watch())
	for i := range 300 {
		w.set(fmt.Sprintf("lock:%03d", i%150), fmt.Sprint(i), time.Minute, 0)
	}
	for !m.shows(w.board.Window(watcher.Query{Sort: "name", Limit: maxWindow})) {
		m.apply(v.next("delta"))
	}
}

func TestAnUnwatchedWindowSendsNothing(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	v.watch()
	v.send(fields{"t": "unwatch", "id": "w"})
	v.send(watchFrame("other", "q", "zzz"))
	v.next("snapshot")
	w.set("lock:a", "v", time.Minute, 0)
	if delta := v.next("delta"); delta.ID != "other" {
		t.Errorf("got %+v", delta)
	}
	kept := func() int {
		w.server.hub.windows.mu.Lock()
		defer w.server.hub.windows.mu.Unlock()
		return len(w.server.hub.windows.entries)
	}
	if n := kept(); n != 1 {
		t.Errorf("%d windows are kept", n)
	}
	v.Close()
	eventually(t, "the windows of a socket that is gone are forgotten", func() bool { return kept() == 0 })
}

func TestABeatComesAndAnAnswerToItKeepsTheStream(t *testing.T) {
	w := begin(t, 1)
	w.server.hub.beat = 200 * time.Millisecond
	v := w.open("")
	v.hello()
	shot := v.watch()
	for beats := 0; beats < 2*idleBeats; {
		f, err := v.read() // answers pings on the way
		must(t, err)
		if f.T != "beat" {
			continue
		}
		beats++
		if f.S != shot.S || f.LagMs == nil || *f.LagMs != 0 || f.ServerTime.IsZero() {
			t.Errorf("got %+v", f)
		}
	}
}

func TestTheFirstBeatDoesNotWaitForTheInterval(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	hello := v.hello()
	v.watch()
	for {
		f, err := v.read()
		must(t, err)
		if f.T != "beat" {
			continue
		}
		if after := f.ServerTime.Sub(hello.ServerTime); after < firstBeat || after > beatInterval/2 {
			t.Errorf("the first beat came %s after the hello", after)
		}
		return
	}
}

func TestAStreamWithoutASignOfLifeIsClosed(t *testing.T) {
	w := begin(t, 1)
	w.server.hub.beat = 20 * time.Millisecond
	v := w.open("")
	v.SetPingHandler(func(string) error { return nil })
	v.closed(closeSlow)
}
