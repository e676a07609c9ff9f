package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/internal/stage"
)

const (
	// stageProtocol is what the streams of stages speak.
	stageProtocol = "lockscope.stage.v1.json"
	// stageInterval is the least time between two messages of a stage, and
	// stageTick how often it says what moment is looked at while that moves on.
	stageInterval = 33 * time.Millisecond
	stageTick     = 50 * time.Millisecond
	// stageFrames is how many frames go into one message.
	stageFrames = 400
	// closeSwept ends the stream of a stage that is over.
	closeSwept = 4410
)

// stageUpgrader makes sockets for stages, as upgrader does for the other stream.
var stageUpgrader = func() websocket.Upgrader {
	u := upgrader
	u.Subprotocols = []string{stageProtocol}
	return u
}()

// stages are all stages, and the sockets through which they are watched.
type stages struct {
	all  *stage.Stages
	most int

	mu     sync.Mutex // guards everything below
	open   map[*websocket.Conn]struct{}
	closed bool
	wg     sync.WaitGroup
}

func newStages(all *stage.Stages, most int) *stages {
	return &stages{all: all, most: most, open: make(map[*websocket.Conn]struct{})}
}

// add counts a socket, or reports that there is no room for it.
func (x *stages) add(conn *websocket.Conn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || len(x.open) >= x.most {
		return false
	}
	x.open[conn] = struct{}{}
	x.wg.Add(1)
	return true
}

func (x *stages) remove(conn *websocket.Conn) {
	x.mu.Lock()
	delete(x.open, conn)
	x.mu.Unlock()
	x.wg.Done()
}

// shutdown ends all sockets and waits for them; those that do not go until ctx
// ends are cut.
func (x *stages) shutdown(ctx context.Context) {
	if x == nil {
		return
	}
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	done := make(chan struct{})
	go func() {
		x.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		x.mu.Lock()
		for conn := range x.open {
			_ = conn.Close()
		}
		x.mu.Unlock()
		<-done
	}
}

// stageStream lets one viewer watch a stage.
func (s *Server) stageStream(c echo.Context) error {
	r := c.Request()
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		c.Response().Header().Set("Upgrade", "websocket")
		return problem(http.StatusUpgradeRequired, codeBadRequest, "this address speaks websocket, with the protocol "+stageProtocol)
	case !sameOrigin(r):
		return problem(http.StatusForbidden, codeForbiddenOrigin, "a page of another site may not open the stream")
	}
	if offered := websocket.Subprotocols(r); len(offered) > 0 && !slices.Contains(offered, stageProtocol) {
		return problem(http.StatusBadRequest, codeUnsupported, "want the protocol "+stageProtocol)
	}
	tab := c.QueryParam("tab")
	if bad := checkTab(tab); bad != nil {
		return bad
	}
	conn, err := stageUpgrader.Upgrade(c.Response(), r, c.Response().Header().Clone())
	if err != nil {
		s.log.Debug("upgrade failed", "error", err)
		return nil // gorilla has answered
	}
	defer conn.Close()
	if !s.stages.add(conn) {
		say(conn, closeTooMany, "too many streams are open")
		return nil
	}
	defer s.stages.remove(conn)
	// A browser is not told why an upgrade is refused, so the refusals of a stage
	// come as closes.
	var full *stage.FullError
	viewer, err := s.join(c.QueryParam("stage"), tab)
	switch {
	case errors.As(err, &full):
		say(conn, closeTooMany, "too many viewers")
		return nil
	case err != nil:
		say(conn, closeSwept, "this stage was swept")
		return nil
	}
	defer viewer.Leave()
	w := &stageSocket{conn: conn, viewer: viewer, gone: make(chan struct{})}
	go w.read()
	w.write(s.stopping)
	_ = conn.Close()
	<-w.gone
	return nil
}

// join lets a tab watch a stage.
func (s *Server) join(id, tab string) (*stage.Viewer, error) {
	on, err := s.stages.all.Find(id)
	if err != nil {
		return nil, err
	}
	return on.Join(tab)
}

// say sends a close.
func say(conn *websocket.Conn, code int, reason string) {
	_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(closeTime))
}

// A stageSocket shows a stage to one viewer. It keeps no queue: it knows which
// frame it sent last, and a viewer that is too slow gets a fresh picture.
type stageSocket struct {
	conn   *websocket.Conn
	viewer *stage.Viewer
	gone   chan struct{} // closed when nothing more can be read

	epoch int
	seq   uint64
	last  stageNow
}

// A stageHello begins a showing, and says at once how it stands: whoever sees that
// it is on can act on it.
type stageHello struct {
	T string `json:"t"`
	// Epoch is the showing; whoever has seen another forgets it.
	Epoch    int           `json:"epoch"`
	Sides    int           `json:"sides"`
	Scenario string        `json:"scenario"`
	Compare  bool          `json:"compare"`
	Policies []string      `json:"policies"`
	At       int64         `json:"at"`
	Seq      uint64        `json:"seq"`
	Picture  stage.Picture `json:"picture"`
	// Frames and Now are those of the messages that follow.
	Frames []stage.Frame `json:"f"`
	Now    stageNow      `json:"now"`
}

// stageNews are the frames that a viewer has not seen.
type stageNews struct {
	T      string        `json:"t"`
	Frames []stage.Frame `json:"f"`
}

// stageNow is what is looked at, and who drives.
type stageNow struct {
	T string `json:"t"`
	stage.Moment
	Wheel stage.Wheel `json:"wheel"`
}

// read notices the end of the connection. A viewer has nothing to say.
func (w *stageSocket) read() {
	defer close(w.gone)
	w.conn.SetReadLimit(1 << 10)
	awake := func() { _ = w.conn.SetReadDeadline(time.Now().Add(idleBeats * beatInterval)) }
	awake()
	w.conn.SetPongHandler(func(string) error { awake(); return nil })
	for {
		if _, _, err := w.conn.ReadMessage(); err != nil {
			return
		}
	}
}

// write sends what is new until the viewer, the stage or the server goes.
func (w *stageSocket) write(stopping context.Context) {
	tick := time.NewTicker(stageTick)
	defer tick.Stop()
	beat := time.NewTicker(beatInterval)
	defer beat.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		moves, ok := w.sendNews()
		if !ok {
			return
		}
		rest.Reset(stageInterval)
		select { // not more often than this
		case <-rest.C:
		case <-w.gone:
			return
		}
		var passes <-chan time.Time
		if moves {
			passes = tick.C
		}
		select {
		case <-w.viewer.C:
		case <-passes:
		case <-beat.C:
			if w.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeDeadline)) != nil {
				return
			}
		case <-w.gone:
			return
		case <-stopping.Done():
			say(w.conn, websocket.CloseGoingAway, "server is shutting down")
			return
		}
	}
}

// sendNews sends what the viewer has not seen. moves is true while what it looks
// at moves on by itself.
func (w *stageSocket) sendNews() (moves, ok bool) {
	look, on := w.viewer.Look()
	if !on {
		say(w.conn, closeSwept, "this stage was swept")
		return false, false
	}
	log := look.Showing.Log
	now := stageNow{T: "now", Moment: look.Moment, Wheel: look.Wheel}
	frames, known := log.Since(w.seq, stageFrames)
	switch {
	case look.Epoch != w.epoch || !known:
		picture, at, seq := log.First()
		frames, _ = log.Since(seq, stageFrames)
		w.epoch, w.seq, w.last = look.Epoch, seq, now
		if !w.send(stageHello{T: "stage", Epoch: look.Epoch, Sides: look.Showing.Sides(), Scenario: look.Want.Scenario,
			Compare: look.Want.Compare, Policies: append([]string{}, look.Want.Policies...), At: at, Seq: seq, Picture: picture, Frames: frames, Now: now}) {
			return false, false
		}
	case len(frames) > 0 && !w.send(stageNews{T: "frames", Frames: frames}):
		return false, false
	}
	if len(frames) > 0 {
		w.seq = frames[len(frames)-1].Seq
	}
	if now != w.last {
		w.last = now
		if !w.send(now) {
			return false, false
		}
	}
	more := len(frames) == stageFrames
	return more || !look.Moment.Paused || look.Wheel.Asking > 0 || look.Wheel.Driver == 0, true
}

func (w *stageSocket) send(v any) bool {
	_ = w.conn.SetWriteDeadline(time.Now().Add(writeDeadline))
	return w.conn.WriteMessage(websocket.TextMessage, encode(v)) == nil
}
