package web

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// A socket is one stream. Its reader changes what is watched, its writer sends
// what is due; nothing is queued between them.
type socket struct {
	hub        *hub
	conn       *websocket.Conn
	client     netip.Prefix
	session    session
	hasSession bool
	tab        tabKey // with an empty id where the client named none

	// wake makes the writer look for what is due; its capacity is 1.
	wake chan struct{}
	// dirty is set while there are changes, of the Board, the nodes or a place
	// in a queue, that the socket was not checked against, dirtySince since
	// when, in nanoseconds since 1970.
	dirty      atomic.Bool
	dirtySince atomic.Int64

	// closing is closed when the socket is to end, with code and reason set.
	closing chan struct{}
	once    sync.Once
	code    int
	reason  string
	// readerDone is closed when the reader has returned.
	readerDone chan struct{}

	// These belong to the reader.
	messages *rate.Limiter
	resumed  *clientFrame // a resume that the next watches may use

	mu      sync.Mutex // guards everything below
	watches []*watch   // in the order in which they were asked for
	feeds   []follower // in that order, too
	hidden  bool
	// nodes is the generation of the last node frame sent, 0 to send it again.
	nodes uint64

	// These belong to the writer.
	lastSent  time.Time // the last flush that sent something
	paid      time.Time // until when the frames sent so far use up the pace
	rested    time.Time // when to look again after a flush that sent nothing
	throttled bool      // the next flush had to wait
	places    uint64    // the news about waiting that was sent
	nextBeat  time.Time
	beatAfter time.Duration // from the next beat to the one after it
}

// A watch is a window that a client looks at.
type watch struct {
	id    string
	query rowQuery
	entry *windowEntry
	// have is what the client has; nil until it was sent anything. Its socket's
	// writer sets it, together with upTo: up to which change it is what there is.
	have atomic.Pointer[base]
	upTo uint64
	// resume is the frame that said what the client had before it lost its
	// connection; nil when it had nothing.
	resume *clientFrame
}

func newSocket(h *hub, conn *websocket.Conn, client netip.Prefix, own session, hasSession bool) *socket {
	return &socket{
		hub: h, conn: conn, client: client, session: own, hasSession: hasSession,
		wake:       make(chan struct{}, 1),
		closing:    make(chan struct{}),
		readerDone: make(chan struct{}),
		messages:   rate.NewLimiter(rate.Limit(h.limits.MessageRate), h.limits.MessageRate),
	}
}

// touch says that something has changed. It never blocks.
func (s *socket) touch(now time.Time) {
	if !s.dirty.Load() {
		s.dirtySince.Store(now.UnixNano())
		s.dirty.Store(true)
		s.signal()
	}
}

// signal makes the writer look for what is due. It never blocks.
func (s *socket) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// shut ends the socket with the first code and reason given. It never blocks.
func (s *socket) shut(code int, reason string) {
	s.once.Do(func() {
		s.code, s.reason = code, reason
		close(s.closing)
	})
}

// write sends what is due until the socket ends.
func (s *socket) write() {
	defer s.conn.Close()
	now := time.Now()
	s.beatAfter = firstBeat
	s.planBeat(now)
	if !s.send(s.helloFrame(now)) {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.closing:
			s.sayGoodbye()
			return
		case <-timer.C:
		case <-s.wake:
		}
		next, ok := s.sendDue(time.Now())
		if !ok {
			return
		}
		timer.Reset(time.Until(next))
	}
}

// sendDue sends what is due now and returns when something will be. It reports
// false when the socket is broken.
func (s *socket) sendDue(now time.Time) (next time.Time, ok bool) {
	s.mu.Lock()
	due := s.fresh()
	flushAt := s.flushAt()
	if s.dirty.Load() && !flushAt.After(now) {
		flushed := s.flush()
		if len(flushed) > 0 {
			s.lastSent = now
			s.paid = later(s.paid, now).Add(frameInterval)
		} else {
			s.rested = now.Add(min(missShare*time.Since(now), frameInterval))
		}
		due = append(due, flushed...)
		flushAt = s.flushAt()
	}
	if !s.nextBeat.After(now) {
		s.planBeat(now)
		s.advance()
		due = append(due, prepare(beatFrame(s.hub.board.Epoch(), s.delivered(), now, s.lag(now))))
		// A ping that cannot be written shows at the next frame.
		_ = s.conn.WriteControl(websocket.PingMessage, nil, now.Add(writeDeadline))
	}
	dirty := s.dirty.Load()
	// A change that only settles is not shown as it was some time ago.
	s.throttled = dirty && flushAt.Sub(now) > settleTime
	s.mu.Unlock()

	for _, frame := range due {
		if !s.send(frame) {
			return next, false
		}
	}
	next = s.nextBeat
	if dirty && flushAt.Before(next) {
		next = flushAt
	}
	return next, true
}

// planBeat says when the next beat is due.
func (s *socket) planBeat(now time.Time) {
	s.nextBeat = now.Add(min(s.beatAfter, s.hub.beat))
	s.beatAfter = min(2*s.beatAfter, s.hub.beat)
}

// flushAt is when changes may be sent again. The caller holds mu.
func (s *socket) flushAt() time.Time {
	// What follows close on a change often belongs to it, so a second flush may
	// come at once; in the long run there is one in each frameInterval.
	at := s.paid.Add(-frameInterval)
	if s.hidden {
		at = s.lastSent.Add(hiddenInterval)
	}
	settled := time.Unix(0, s.dirtySince.Load()).Add(settleTime)
	return later(later(at, settled), s.rested)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lag is how long the oldest change that was not sent yet has been waiting.
func (s *socket) lag(now time.Time) time.Duration {
	if !s.dirty.Load() {
		return 0
	}
	return max(0, now.Sub(time.Unix(0, s.dirtySince.Load())))
}

// fresh returns the first frame of each new watch. The caller holds mu.
func (s *socket) fresh() []*websocket.PreparedMessage {
	var frames []*websocket.PreparedMessage
	for _, w := range s.watches {
		if w.have.Load() != nil {
			continue
		}
		// The Board itself is asked what to show at least: a client that
		// resumes may know more than the hub was told of by now.
		view, upTo := w.entry.get(s.hub.board.Seq(), 0)
		w.have.Store(view.base)
		w.upTo = upTo
		frames = append(frames, s.firstFrame(w, view))
		w.resume = nil
	}
	return frames
}

// firstFrame is the snapshot of a window or, for a client that had it before,
// what it has missed.
func (s *socket) firstFrame(w *watch, view *window) *websocket.PreparedMessage {
	if r := w.resume; r != nil && r.Epoch == view.epoch && r.Seq > 0 && r.Seq <= w.upTo {
		// Asked for after the window, so that no row that is missing from it
		// is missing here.
		if changed, ok := s.hub.board.Since(r.Seq); ok {
			if set, del, ok := view.since(r.Seq, changed); ok {
				return prepare(view.deltaFrame(w.id, s.delivered(), s.hub.windows.rows.all(set), del))
			}
		}
	}
	return view.snapshot(w.id, s.delivered(), s.hub.windows.rows)
}

// flush brings all windows and feeds, the nodes and the places in queues to the
// present and returns the frames that do so. The caller holds mu.
func (s *socket) flush() []*websocket.PreparedMessage {
	s.dirty.Store(false)
	need := s.hub.notified.Load()
	s.advance()
	// These say how far the windows are, so they come before the windows move.
	frames := s.hub.tabs.waiting(s.tab, &s.places, s.hub.board)
	if frame := s.nodeFrame(); frame != nil {
		frames = append(frames, frame)
	}
	age := time.Duration(0)
	if s.throttled {
		age = sharedAge
	}
	type step struct {
		watch *watch
		from  *base
		to    *window
	}
	var steps []step
	before := s.delivered()
	for _, w := range s.watches {
		to, upTo := w.entry.get(need, age)
		if upTo < need {
			s.dirty.Store(true) // the rest comes with the next flush
		}
		if have := w.have.Swap(to.base); to.differs(have) {
			steps = append(steps, step{w, have, to})
		}
		w.upTo = max(w.upTo, upTo)
	}
	for i, step := range steps {
		// Only with the last frame has the client got everything.
		seq := before
		if i == len(steps)-1 {
			seq = s.delivered()
		}
		frames = append(frames, step.to.delta(step.from, step.watch.id, seq, s.hub.windows.rows))
	}
	for _, f := range s.feeds {
		news, more := f.frames(s.hub, s.delivered())
		if more {
			s.dirty.Store(true)
		}
		frames = append(frames, news...)
	}
	return frames
}

// advance notes up to which change the windows that the client has are what there
// is. The caller holds mu.
func (s *socket) advance() {
	for _, w := range s.watches {
		if now := w.entry.now.Load(); now != nil && w.have.Load() == now.window.base {
			w.upTo = max(w.upTo, now.upTo)
		}
	}
}

// delivered is the change up to which all windows have been brought, once the
// frames under way are sent. It is 0, from which nobody can resume, while one
// was not sent at all. The caller holds mu.
func (s *socket) delivered() uint64 {
	var seq uint64
	for i, w := range s.watches {
		switch {
		case w.have.Load() == nil:
			return 0
		case i == 0 || w.upTo < seq:
			seq = w.upTo
		}
	}
	return seq
}

func (s *socket) helloFrame(now time.Time) *websocket.PreparedMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	nodes := s.hub.nodes.Load()
	s.nodes = nodes.generation
	board := s.hub.board
	b := frameHead("hello", board.Epoch(), 0)
	b = appendField(b, "serverTime", Time{now})
	b = appendField(b, "epoch", board.Epoch())
	b = appendField(b, "seq", board.Seq())
	b = appendField(b, "role", s.hub.hello.role)
	b = appendField(b, "environment", s.hub.hello.environment)
	b = appendField(b, "readOnly", s.hub.hello.readOnly)
	b = appendField(b, "quorum", board.Quorum())
	b = append(b, `,"nodes":`...)
	b = append(b, nodes.json...)
	return prepare(append(b, '}'))
}

// nodeFrame returns the nodes if the client does not have them as they are.
// The caller holds mu.
func (s *socket) nodeFrame() *websocket.PreparedMessage {
	nodes := s.hub.nodes.Load()
	if s.nodes == nodes.generation {
		return nil
	}
	s.nodes = nodes.generation
	return nodes.frame(s.hub.board.Epoch(), s.delivered())
}

// send writes one frame. One that takes too long ends the socket: its client
// is gone or reads less than it asks for.
func (s *socket) send(frame *websocket.PreparedMessage) bool {
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeDeadline))
	if err := s.conn.WritePreparedMessage(frame); err != nil {
		s.shut(closeSlow, "frames are not being read")
		return false
	}
	return true
}

// sayGoodbye sends the close and gives the client a moment to read it: a
// connection that is closed with bytes unread loses what was just written.
func (s *socket) sayGoodbye() {
	message := websocket.FormatCloseMessage(s.code, s.reason)
	_ = s.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(closeTime))
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	select {
	case <-s.readerDone:
	case <-timer.C:
	}
}
