package web

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

const (
	// frameInterval is the least time between two flushes of a socket, and
	// hiddenInterval that of one whose tab nobody sees.
	frameInterval = 100 * time.Millisecond
	// settleTime is how long the first change after a rest is held back, so
	// that the votes of one attempt, which come from the nodes one by one,
	// are shown together and not as a minority first.
	settleTime     = time.Millisecond
	hiddenInterval = time.Second
	// missShare bounds the time that a socket spends on changes that it turns
	// out not to show: after a look of 1 ms it rests for missShare ms.
	missShare = 10
	// sharedAge is how old a window may be for a flush that had to wait
	// anyway, so that sockets that flush together share it.
	sharedAge = 10 * time.Millisecond
	// nodeInterval is the least time between two node frames that bring
	// nothing but round trips, and countInterval that between two frames that
	// bring nothing but other counts of locks that the client does not see.
	nodeInterval  = time.Second
	countInterval = time.Second
	// beatInterval is how often a socket gets a beat and a ping, and idleBeats
	// how many of them it may leave unanswered. The first comes after firstBeat
	// and the next ones after twice as long each, so that a client soon knows
	// how far behind it is, also one that was busy with its start.
	beatInterval = 15 * time.Second
	firstBeat    = time.Second
	idleBeats    = 3
	// writeDeadline is how long a frame, or dripSize of one that is longer, may
	// take to be written.
	writeDeadline = 10 * time.Second
	// closeTime is how long a socket may take to answer a close.
	closeTime = time.Second
)

// A hub tells the sockets that something changed. It sends nothing itself:
// each socket works out what it has missed when it may send again.
type hub struct {
	board   *watcher.Board
	engine  *lockengine.Engine // nil where no lock can be taken
	tabs    *tabs
	hello   helloFields
	limits  Limits
	log     *slog.Logger
	windows *windows
	events  *eventCache
	journal *journal.Journal
	// beat is beatInterval, unless a test is in a hurry.
	beat time.Duration

	// notified is the last change of the Board that the sockets it concerns were
	// told of, and told the last event, which only the hub's goroutine knows.
	notified atomic.Uint64
	told     uint64
	nodes    atomic.Pointer[nodesState]

	start sync.Once
	stop  context.CancelFunc
	ctx   context.Context
	wg    sync.WaitGroup // the hub's goroutine and those of the sockets

	mu         sync.Mutex // guards everything below
	closed     bool
	sockets    map[*socket]struct{}
	followers  map[*socket]struct{} // those with feeds
	perSession map[session]int
	perAddress map[netip.Prefix]int
}

// helloFields are what every socket is told first.
type helloFields struct {
	role, environment string
	readOnly          bool
}

func newHub(asked rows, engine *lockengine.Engine, journal *journal.Journal, tabs *tabs, readOnly bool, environment string, limits Limits, log *slog.Logger) *hub {
	h := &hub{
		board: asked.board, engine: engine, tabs: tabs, limits: limits, log: log, windows: newWindows(asked), events: newEventCache(), journal: journal, beat: beatInterval,
		hello:      helloFields{role: "operator", environment: environment, readOnly: readOnly},
		sockets:    make(map[*socket]struct{}),
		followers:  make(map[*socket]struct{}),
		perSession: make(map[session]int),
		perAddress: make(map[netip.Prefix]int),
	}
	if readOnly {
		h.hello.role = "viewer"
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

var (
	errHubClosed      = errors.New("server is shutting down")
	errTooManySockets = errors.New("too many streams are open")
)

// add counts a socket and lets it hear of changes, or says why it may not.
func (h *hub) add(s *socket) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return errHubClosed
	case len(h.sockets) >= h.limits.Sockets,
		h.perAddress[s.client] >= h.limits.SocketsPerAddress,
		s.hasSession && h.perSession[s.session] >= h.limits.SocketsPerSession:
		return errTooManySockets
	}
	h.start.Do(func() {
		// Subscribed before anything is shown, so that no change is missed.
		changes := h.board.Subscribe()
		h.storeNodes(h.states())
		h.wg.Go(func() { h.run(changes) })
		h.journal.Watch(func() { h.touchFollowers(time.Now()) })
	})
	h.sockets[s] = struct{}{}
	h.perAddress[s.client]++
	if s.hasSession {
		h.perSession[s.session]++
	}
	h.wg.Add(1)
	return nil
}

// remove undoes add, when both goroutines of the socket have ended.
func (h *hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
	delete(h.followers, s)
	if h.perAddress[s.client]--; h.perAddress[s.client] == 0 {
		delete(h.perAddress, s.client)
	}
	if s.hasSession {
		if h.perSession[s.session]--; h.perSession[s.session] == 0 {
			delete(h.perSession, s.session)
		}
	}
	h.wg.Done()
}

// each calls f for every socket. f must not block.
func (h *hub) each(f func(*socket)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sockets {
		f(s)
	}
}

// shutdown closes all sockets and waits for them until ctx ends.
func (h *hub) shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	for s := range h.sockets {
		s.shut(websocket.CloseGoingAway, errHubClosed.Error())
	}
	h.mu.Unlock()
	h.stop()

	done := make(chan struct{})
	go func() {
		h.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		h.each(func(s *socket) { _ = s.conn.Close() })
		<-done // nothing is left that could hold them
		return context.Cause(ctx)
	}
}
