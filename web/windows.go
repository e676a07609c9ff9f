package web

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

// maxChecks bounds how many windows times names are looked at for one batch of
// changes; beyond it every window counts as concerned.
const maxChecks = 200_000

// windows answers queries to the Board once for all who ask the same at the
// same time, and knows whom a change concerns.
type windows struct {
	board *watcher.Board
	asked rows
	rows  *rowCache

	mu      sync.Mutex // guards entries and the watches of each
	entries map[rowQuery]*windowEntry
}

// A windowEntry is a query that somebody watches.
type windowEntry struct {
	windows *windows
	query   rowQuery
	watches map[*watch]*socket
	seen    *window // by the hub, when it looked last

	making sync.Mutex // held while a window is being made
	now    atomic.Pointer[standing]
}

// A standing is the last window that was made, and up to which change it is known
// to be what there is: changes that do not concern it make it no older.
type standing struct {
	window *window
	upTo   uint64
}

func newWindows(asked rows) *windows {
	return &windows{board: asked.board, asked: asked, rows: newRowCache(), entries: make(map[rowQuery]*windowEntry)}
}

// retain has a watch of a socket told when its window changes.
func (c *windows) retain(w *watch, s *socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[w.query]
	if !ok {
		entry = &windowEntry{windows: c, query: w.query, watches: make(map[*watch]*socket)}
		c.entries[w.query] = entry
	}
	entry.watches[w] = s
	w.entry = entry
}

// release undoes retain; after the last watch a query is forgotten.
func (c *windows) release(w *watch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(w.entry.watches, w)
	if len(w.entry.watches) == 0 {
		delete(c.entries, w.query)
	}
}

// concerned returns the sockets that changes concern, each at least once, and
// whether others show counts that are of the past. before is the change up to
// which this was asked last.
func (c *windows) concerned(changes watcher.Changes, before uint64) (due []*socket, miscounted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := Counts(c.board.Counts())
	all := changes.All || len(changes.Names)*len(c.entries) > maxChecks
	var glimpses []watcher.Glimpse
	if !all {
		glimpses = c.board.Glimpses(changes.Names)
	}
	for _, e := range c.entries {
		now, concerned := e.pass(changes.Seq, before, all, glimpses)
		for w, s := range e.watches {
			// A window that was made since is news to those who do not have it.
			if concerned || e.seen != now.window && w.have.Load() != now.window.base {
				due = append(due, s)
			}
		}
		if now != nil {
			e.seen = now.window
			miscounted = miscounted || !concerned && now.window.counts != counts
		}
	}
	return due, miscounted
}

// recount brings the counts of windows to the present whose rows are, and returns
// the sockets that watch them.
func (c *windows) recount(upTo uint64) (due []*socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := Counts(c.board.Counts())
	for _, e := range c.entries {
		now := e.now.Load()
		if now == nil || now.upTo < upTo || now.window.counts == counts {
			continue
		}
		next := &standing{now.window.with(counts, now.upTo), now.upTo}
		if e.now.CompareAndSwap(now, next) {
			e.seen = next.window
			for _, s := range e.watches {
				due = append(due, s)
			}
		}
	}
	return due
}

// pass reports whether the changes after before, up to seq, concern the window.
// If not, it is what there is up to seq.
func (e *windowEntry) pass(seq, before uint64, all bool, glimpses []watcher.Glimpse) (now *standing, concerned bool) {
	for {
		now = e.now.Load()
		switch {
		case now == nil:
			return nil, true // it is being made, perhaps without them
		case now.upTo >= seq:
			return now, false
		case now.upTo < before, all, e.affected(now.window, glimpses):
			return now, true
		}
		next := &standing{now.window, seq}
		if e.now.CompareAndSwap(now, next) {
			return next, false
		}
	}
}

// affected reports whether a window may be another one now that names changed.
func (e *windowEntry) affected(w *window, glimpses []watcher.Glimpse) bool {
	switch q := &e.query; {
	case q.one:
		for i := range glimpses {
			if glimpses[i].Name == q.name {
				return true
			}
		}
		return false
	case q.mine, q.Offset > 0, w.total > len(w.rows):
		return true // rows come and go that are not shown, and move those that are
	}
	for i := range glimpses {
		if _, shown := w.rows[glimpses[i].Name]; shown || e.query.Selects(&glimpses[i]) {
			return true
		}
	}
	return false
}

// get returns the window at the change need or a later one, and up to which
// change it is what there is. One that is younger than maxAge will do in any case.
func (e *windowEntry) get(need uint64, maxAge time.Duration) (w *window, upTo uint64) {
	if now := e.now.Load(); now.does(need, maxAge) {
		return now.window, now.at(need)
	}
	e.making.Lock()
	defer e.making.Unlock()
	if now := e.now.Load(); now.does(need, maxAge) {
		return now.window, now.at(need)
	}
	w = e.make()
	for {
		now, next := e.now.Load(), &standing{w, w.seq}
		if now != nil {
			if now.upTo >= w.seq {
				return now.window, now.upTo // it was found to be right meanwhile
			}
			if !w.differs(now.window.base) {
				next.window = now.window // so that all who have it have the same
			}
		}
		if e.now.CompareAndSwap(now, next) {
			return next.window, next.upTo
		}
	}
}

func (e *windowEntry) make() *window {
	at := time.Now()
	view := e.windows.asked.view(e.query)
	w := &window{
		base:  &base{seq: view.Seq, rows: make(map[string]uint64, len(view.Locks)), total: view.Total, counts: Counts(view.Counts)},
		query: e.query, epoch: e.windows.board.Epoch(), locks: view.Locks, at: at,
		frames: make(map[frameKey]*websocket.PreparedMessage),
	}
	for _, lock := range view.Locks {
		w.rows[lock.Name] = lock.Seq
	}
	return w
}

// does reports whether it will do for who needs the change need.
func (s *standing) does(need uint64, maxAge time.Duration) bool {
	return s != nil && (s.upTo >= need || time.Since(s.window.at) < maxAge)
}

// at is up to which change who needs need has everything. The same for all where
// it can be, so that they share their frames.
func (s *standing) at(need uint64) uint64 {
	if s.window.seq >= need {
		return s.window.seq
	}
	return s.upTo
}
