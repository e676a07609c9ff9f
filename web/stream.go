package web

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
)

// upgrader makes sockets. Compression is off: it costs more memory per socket
// than it saves on rows of a few hundred bytes.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: readHeaderTimeout,
	ReadBufferSize:   1024,
	WriteBufferSize:  1024,
	WriteBufferPool:  &sync.Pool{},
	Subprotocols:     []string{streamProtocol},
	CheckOrigin:      sameOrigin,
}

// stream serves one socket until it ends.
func (s *Server) stream(c echo.Context) error {
	r := c.Request()
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		c.Response().Header().Set("Upgrade", "websocket")
		return problem(http.StatusUpgradeRequired, codeBadRequest, "this address speaks websocket, with the protocol "+streamProtocol)
	case !sameOrigin(r):
		return problem(http.StatusForbidden, codeForbiddenOrigin, "a page of another site may not open the stream")
	}
	if offered := websocket.Subprotocols(r); len(offered) > 0 && !slices.Contains(offered, streamProtocol) {
		return problem(http.StatusBadRequest, codeUnsupported, "want the protocol "+streamProtocol)
	}
	own, hasSession := s.readSession(r)
	tab := c.QueryParam("tab")
	if tab != "" && !tabForm.MatchString(tab) {
		return invalid(FieldError{Field: "tab", Message: "want 1 to 64 letters, digits, - and _", Got: shorten(tab)})
	}
	header := c.Response().Header().Clone()
	conn, err := upgrader.Upgrade(dripper{c.Response(), idleBeats * s.hub.beat}, r, header)
	if err != nil {
		s.log.Debug("upgrade failed", "error", err)
		return nil // gorilla has answered
	}
	socket := newSocket(s.hub, conn, clientOf(r), own, hasSession)
	if hasSession {
		socket.tab = tabKey{own, tab}
	}
	s.hub.serve(socket)
	return nil
}

// serve runs a socket until both its goroutines have ended.
func (h *hub) serve(s *socket) {
	if err := h.add(s); err != nil {
		code := closeTooMany
		if errors.Is(err, errHubClosed) {
			code = websocket.CloseGoingAway
		}
		s.shut(code, err.Error())
		close(s.readerDone) // it never began
		s.sayGoodbye()
		_ = s.conn.Close()
		return
	}
	defer h.remove(s)
	defer s.unwatchAll()
	if s.tab.id != "" {
		h.tabs.open(s.tab, s)
		defer h.tabs.shut(s.tab, s)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
	}()
	s.read()
	close(s.readerDone)
	<-written
	h.log.Debug("stream ended", "code", s.code, "reason", s.reason)
}

// read takes what the client sends until the connection ends. After a shut it
// goes on reading, to no effect, until the writer closes the connection.
func (s *socket) read() {
	s.conn.SetReadLimit(maxFrame)
	stayAwake := func() { _ = s.conn.SetReadDeadline(time.Now().Add(idleBeats * s.hub.beat)) }
	stayAwake()
	s.conn.SetPongHandler(func(string) error { stayAwake(); return nil })
	for {
		kind, message, err := s.conn.ReadMessage()
		if err != nil {
			s.readFailed(err)
			return
		}
		stayAwake()
		select {
		case <-s.closing:
			continue
		default:
		}
		switch {
		case !s.messages.Allow():
			s.shut(closeTooMany, "too many messages")
		case kind != websocket.TextMessage:
			s.shut(closeMalformed, "want text frames")
		default:
			s.receive(message)
		}
	}
}

// readFailed ends the socket for the reason that err gives.
func (s *socket) readFailed(err error) {
	var timeout net.Error
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		s.shut(websocket.CloseMessageTooBig, "frame over 16 KiB")
		// gorilla has said so. The rest of the frame is read so that the
		// client gets to see it; the writer closes the connection soon.
		_, _ = io.Copy(io.Discard, s.conn.NetConn())
	case errors.As(err, &timeout) && timeout.Timeout():
		s.shut(closeSlow, "no sign of life")
	case errors.As(err, &closed):
		s.shut(closed.Code, "")
	default:
		s.shut(websocket.CloseProtocolError, "")
	}
}

// receive does what one message asks for.
func (s *socket) receive(message []byte) {
	frame, err := parseClientFrame(message)
	if err != nil {
		s.shut(closeMalformed, err.Error())
		return
	}
	switch frame.T {
	case "watch":
		s.watch(frame)
		return // keeps the resume for the next watch
	case "unwatch":
		s.unwatch(frame.ID)
	case "visible":
		s.mu.Lock()
		s.hidden = !*frame.Visible
		s.mu.Unlock()
		s.signal()
	case "resume":
		s.resumed = &frame
		return
	}
	// A resume speaks for the watches right after it. A window that is opened
	// later was not there before the connection was lost.
	s.resumed = nil
}

// watch shows the client a window or a feed, in the place of one with the same
// id.
func (s *socket) watch(frame clientFrame) {
	query := frame.query(s.session)
	if frame.View == "locks" && frame.Name != "" {
		s.hub.windows.asked.around(&query, frame.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.signal()
	if frame.View == "nodes" {
		s.nodes = 0 // they are sent again, and always when they change
		s.touch(time.Now())
		return
	}
	if s.removeLocked(frame.ID) {
		s.resumed = nil // the client chose anew; what it had is of no use
	}
	if len(s.watches)+len(s.feeds) >= s.hub.limits.Watches {
		s.shut(closeTooMany, "too many watches")
		return
	}
	if frame.View == "events" || frame.View == "audit" {
		var f follower = newFeed(&frame, s.hub.board)
		if frame.View == "audit" {
			f = newAuditFeed(&frame, s.hub.journal)
		}
		s.feeds = append(s.feeds, f)
		s.hub.follow(s, true)
		s.touch(time.Now()) // there may be some already
		return
	}
	w := &watch{id: frame.ID, query: query, resume: s.resumed}
	s.hub.windows.retain(w, s)
	s.watches = append(s.watches, w)
}

func (s *socket) unwatch(id string) {
	s.mu.Lock()
	s.removeLocked(id)
	s.mu.Unlock()
}

func (s *socket) unwatchAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.watches {
		s.hub.windows.release(w)
	}
	s.watches = nil
}

// removeLocked ends a watch and reports whether there was one of a window.
func (s *socket) removeLocked(id string) bool {
	s.feeds = slices.DeleteFunc(s.feeds, func(f follower) bool { return f.watchID() == id })
	s.hub.follow(s, len(s.feeds) > 0)
	for i, w := range s.watches {
		if w.id == id {
			s.hub.windows.release(w)
			s.watches = slices.Delete(s.watches, i, i+1)
			return true
		}
	}
	return false
}
