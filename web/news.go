package web

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

// How the hub tells sockets that there is news: only those that a change
// concerns, at once; and what all are told now and then, a few at a time, so that
// it does not stand in the way of the others.

// run passes changes on until the hub is stopped.
func (h *hub) run(changes *watcher.Subscription) {
	defer changes.Close()
	nodes := h.states()
	published, counted := time.Now(), time.Now()
	showNodes, recount := stopped(), stopped()
	defer showNodes.Stop()
	defer recount.Stop()
	var slow trickle
	defer slow.stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-slow.next():
			slow.tell(time.Now())
		case <-recount.C:
			counted = time.Now()
			slow.add(h.windows.recount(h.notified.Load()))
		case <-showNodes.C:
			nodes, published = h.states(), time.Now()
			if h.storeNodes(nodes) {
				slow.add(h.all())
			}
		case <-changes.C():
			change := changes.Take()
			if h.pass(change) {
				recount.Reset(countInterval - time.Since(counted))
			}
			if !change.Nodes {
				continue
			}
			present := h.states()
			if wait := nodeInterval - time.Since(published); wait > 0 && slices.EqualFunc(nodes, present, nodeState.alike) {
				showNodes.Reset(wait)
				continue
			}
			showNodes.Stop()
			nodes, published = present, time.Now()
			if h.storeNodes(nodes) {
				now := time.Now()
				h.each(func(s *socket) { s.touch(now) })
			}
		}
	}
}

// stopped returns a timer that does not run.
func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// pass tells the sockets that changes concern, and reports whether others show
// counts that are of the past.
func (h *hub) pass(change watcher.Changes) (miscounted bool) {
	before := h.notified.Load()
	if change.Seq > before {
		due, old := h.windows.concerned(change, before)
		miscounted = old
		h.notified.Store(change.Seq)
		now := time.Now()
		for _, s := range due {
			s.touch(now)
		}
	}
	if change.Activity > h.told {
		h.told = change.Activity
		h.touchFollowers(time.Now())
	}
	return miscounted
}

// follow says whether a socket has feeds.
func (h *hub) follow(s *socket, has bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.sockets[s]; there && has {
		h.followers[s] = struct{}{}
	} else {
		delete(h.followers, s)
	}
}

// touchFollowers tells the sockets with feeds that there is news.
func (h *hub) touchFollowers(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.followers {
		s.touch(now)
	}
}

// all returns the sockets that there are.
func (h *hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		list = append(list, s)
	}
	return list
}

const (
	// trickleEvery is the time between two steps of a trickle, and trickleSteps
	// in how many of them everybody is told.
	trickleEvery = 4 * time.Millisecond
	trickleSteps = 50
)

// A trickle tells many sockets of what is not urgent, some at a time.
type trickle struct {
	waiting []*socket
	step    int
	ticker  *time.Ticker
}

// add has more sockets told, the first of them at once.
func (t *trickle) add(more []*socket) {
	t.waiting = append(t.waiting, more...)
	t.step = len(t.waiting)/trickleSteps + 1
	t.tell(time.Now())
}

// next receives when it is time for the next step.
func (t *trickle) next() <-chan time.Time {
	if t.ticker == nil {
		return nil
	}
	return t.ticker.C
}

// tell takes a step.
func (t *trickle) tell(now time.Time) {
	n := min(t.step, len(t.waiting))
	for _, s := range t.waiting[:n] {
		s.touch(now)
	}
	if t.waiting = t.waiting[n:]; len(t.waiting) == 0 {
		t.waiting = nil
		t.stop()
	} else if t.ticker == nil {
		t.ticker = time.NewTicker(trickleEvery)
	}
}

func (t *trickle) stop() {
	if t.ticker != nil {
		t.ticker.Stop()
		t.ticker = nil
	}
}

// A nodesState is what a node frame says, with a number that grows.
type nodesState struct {
	generation uint64
	json       []byte

	mu     sync.Mutex // guards frames
	frames map[uint64]*websocket.PreparedMessage
}

// frame is the frame that tells of the nodes, for a socket that is at seq.
func (n *nodesState) frame(epoch string, seq uint64) *websocket.PreparedMessage {
	n.mu.Lock()
	defer n.mu.Unlock()
	frame, ok := n.frames[seq]
	if !ok {
		b := frameHead("node", epoch, seq)
		b = append(b, `,"nodes":`...)
		b = append(b, n.json...)
		frame = prepare(append(b, '}'))
		if len(n.frames) < maxFrames {
			n.frames[seq] = frame
		}
	}
	return frame
}

// states is how the nodes are now.
func (h *hub) states() []nodeState { return nodeStates(h.board, h.engine) }

// storeNodes keeps how the nodes are, and reports whether that is news.
func (h *hub) storeNodes(nodes []nodeState) (news bool) {
	next := &nodesState{generation: 1, json: encode(toNodes(nodes)), frames: make(map[uint64]*websocket.PreparedMessage)}
	if last := h.nodes.Load(); last != nil {
		if bytes.Equal(last.json, next.json) {
			return false
		}
		next.generation = last.generation + 1
	}
	h.nodes.Store(next)
	return true
}
