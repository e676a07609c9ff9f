package web

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

// windows answers queries to the Board once for all who ask the same at the
// same time.
type windows struct {
	board *watcher.Board
	asked rows
	rows  *rowCache

	mu      sync.Mutex // guards entries and the watched of each
	entries map[rowQuery]*windowEntry
}

// A windowEntry is a query that somebody watches.
type windowEntry struct {
	watched int // by how many

	mu   sync.Mutex // guards last; held while it is being made
	last *window
}

func newWindows(asked rows) *windows {
	return &windows{board: asked.board, asked: asked, rows: newRowCache(), entries: make(map[rowQuery]*windowEntry)}
}

// retain says that one more watches query.
func (c *windows) retain(query rowQuery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[query]
	if !ok {
		entry = &windowEntry{}
		c.entries[query] = entry
	}
	entry.watched++
}

// release says that one less watches query; after the last it is forgotten.
func (c *windows) release(query rowQuery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry := c.entries[query]
	if entry.watched--; entry.watched == 0 {
		delete(c.entries, query)
	}
}

// get returns the window of a retained query at the change need or a later
// one. One that is younger than maxAge will do in any case.
func (c *windows) get(query rowQuery, need uint64, maxAge time.Duration) *window {
	c.mu.Lock()
	entry := c.entries[query]
	c.mu.Unlock()

	entry.mu.Lock()
	defer entry.mu.Unlock()
	if last := entry.last; last != nil && (last.seq >= need || time.Since(last.at) < maxAge) {
		return last
	}
	at := time.Now()
	view := c.asked.view(query)
	if last := entry.last; last != nil && last.seq == view.Seq {
		return last
	}
	w := &window{
		base:  &base{seq: view.Seq, rows: make(map[string]uint64, len(view.Locks)), total: view.Total, counts: Counts(view.Counts)},
		query: query, epoch: c.board.Epoch(), locks: view.Locks, at: at,
		frames: make(map[frameKey]*websocket.PreparedMessage),
	}
	for _, lock := range view.Locks {
		w.rows[lock.Name] = lock.Seq
	}
	entry.last = w
	return w
}
