package web

import (
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

const (
	// feedStep is how many events a frame holds at most.
	feedStep = 500
	// feedLook is how many events are looked at for a frame at most, so that a
	// feed that selects few of them does not hold up the others.
	feedLook = 5000
)

// An eventFilter selects events. The zero value selects all.
type eventFilter struct {
	kinds       []watcher.ActivityKind
	name, owner string
	text        string // in lower case
}

// parseKinds reads kinds with commas between. It reports false for one that does
// not exist.
func parseKinds(list string) (kinds []watcher.ActivityKind, ok bool) {
	if list == "" {
		return nil, true
	}
	for kind := range strings.SplitSeq(list, ",") {
		if !slices.Contains(watcher.ActivityKinds, watcher.ActivityKind(kind)) {
			return nil, false
		}
		kinds = append(kinds, watcher.ActivityKind(kind))
	}
	return kinds, true
}

// selects reports whether the filter lets an event through.
func (f *eventFilter) selects(a *watcher.Activity) bool {
	return (len(f.kinds) == 0 || slices.Contains(f.kinds, a.Kind)) &&
		(f.name == "" || a.Name == f.name) && (f.owner == "" || a.Owner == f.owner) && mentions(a, f.text)
}

// mentions reports whether an event holds the text, which is in lower case.
func mentions(a *watcher.Activity, text string) bool {
	return text == "" || slices.ContainsFunc([]string{a.Name, a.Owner, a.Fingerprint, a.Other, a.Library, a.Node}, func(s string) bool {
		return strings.Contains(strings.ToLower(s), text)
	})
}

// A follower is what a client follows that is told one after another. Nothing is
// queued for it: what it has not had yet is looked up when the socket may send.
type follower interface {
	watchID() string
	// frames returns what leads from what the client has to the present, and
	// whether there is more than fits.
	frames(h *hub, seq uint64) (frames []*websocket.PreparedMessage, more bool)
}

// A feed is the events that a client follows, as the Board remembers them.
type feed struct {
	id     string
	filter eventFilter
	after  uint64 // the last event that it is past
}

// newFeed returns the feed that a checked frame asks for. The events of another
// epoch are not known any more; then all that there are come.
func newFeed(frame *clientFrame, board *watcher.Board) *feed {
	kinds, _ := parseKinds(frame.Kind)
	f := &feed{id: frame.ID, filter: eventFilter{
		kinds: kinds, name: frame.Name, owner: frame.Owner, text: strings.ToLower(frame.Q),
	}}
	switch {
	case frame.After == nil:
		f.after = board.Activity(0, 0).Last
	case frame.Epoch == "" || frame.Epoch == board.Epoch():
		f.after = *frame.After
	}
	return f
}

var _ follower = (*feed)(nil)

func (f *feed) watchID() string { return f.id }

func (f *feed) frames(h *hub, seq uint64) (frames []*websocket.PreparedMessage, more bool) {
	board, cache := h.board, h.events
	var found []watcher.Activity
	looked := 0
	for looked < feedLook && len(found) < feedStep {
		page := board.Activity(f.after, feedStep-len(found))
		if page.Missed > 0 {
			if looked > 0 {
				return f.with(frames, found, board, cache, seq), true // the gap comes after them
			}
			frames = append(frames, prepare(f.gapFrame(board.Epoch(), seq, page.Next, page.Missed, uint64(len(page.Events)))))
		}
		f.after = page.Next
		looked += len(page.Events)
		for i := range page.Events {
			if f.filter.selects(&page.Events[i]) {
				found = append(found, page.Events[i])
			}
		}
		if more = page.Next < page.Last; !more {
			break
		}
	}
	return f.with(frames, found, board, cache, seq), more
}

// with appends the frame of the events found, if there are any.
func (f *feed) with(frames []*websocket.PreparedMessage, found []watcher.Activity, board *watcher.Board, cache *eventCache, seq uint64) []*websocket.PreparedMessage {
	if len(found) == 0 {
		return frames
	}
	b := frameHead("event", board.Epoch(), seq)
	b = appendField(b, "id", f.id)
	b = appendField(b, "after", f.after)
	b = appendRows(b, "events", cache.all(found))
	return append(frames, prepare(append(b, '}')))
}

// gapFrame says that events are not known any more which the client has not had:
// count of them before the page that ends at next.
func (f *feed) gapFrame(epoch string, seq, next, count, page uint64) []byte {
	last := next - page
	b := frameHead("gap", epoch, seq)
	b = appendField(b, "id", f.id)
	b = appendField(b, "after", last)
	b = appendField(b, "from", last-count+1)
	b = appendField(b, "to", last)
	b = appendField(b, "count", count)
	return append(b, '}')
}

// maxEvents bounds the events that are kept encoded, at about 300 bytes each.
const maxEvents = 4096

// An eventCache keeps events encoded, so that one that many feeds tell is
// encoded once.
type eventCache struct {
	mu     sync.Mutex // guards events
	events map[uint64][]byte
}

func newEventCache() *eventCache { return &eventCache{events: make(map[uint64][]byte)} }

// all returns events in JSON. They are not to be changed.
func (c *eventCache) all(events []watcher.Activity) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([][]byte, len(events))
	for i := range events {
		a := &events[i]
		encoded, ok := c.events[a.Seq]
		if !ok {
			encoded = encode(toEvent(a))
			if len(c.events) >= maxEvents {
				clear(c.events)
			}
			c.events[a.Seq] = encoded
		}
		list[i] = encoded
	}
	return list
}
