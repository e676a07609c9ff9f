package web

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

// A base is what a client has of a window: the change that it is at, and each
// row with the number of its last change. It never changes, and is shared by
// all who are at the same change of the same window.
type base struct {
	seq    uint64
	rows   map[string]uint64
	total  int
	counts Counts
}

// A window is the answer to a query at one change of the Board. The rows and
// numbers never change; the frames that lead to it are made once for all.
type window struct {
	*base
	query rowQuery
	epoch string
	locks []watcher.Lock
	at    time.Time

	mu     sync.Mutex // guards frames
	frames map[frameKey]*websocket.PreparedMessage
}

// A frameKey tells the frames to one window apart: from where they lead, for
// which watch, and up to where the socket is when it has it.
type frameKey struct {
	from     *base
	snapshot bool
	id       string
	seq      uint64
}

// maxFrames bounds the frames that a window keeps; one suffices where all
// clients are alike.
const maxFrames = 64

// prepared returns the frame for key, made by build if it is new.
func (w *window) prepared(key frameKey, build func() []byte) *websocket.PreparedMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	if frame, ok := w.frames[key]; ok {
		return frame
	}
	frame := prepare(build())
	if len(w.frames) < maxFrames {
		w.frames[key] = frame
	}
	return frame
}

// prepare makes a frame that can be written to many sockets.
func prepare(content []byte) *websocket.PreparedMessage {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, content)
	if err != nil {
		panic("web: preparing a frame: " + err.Error()) // it only copies
	}
	return frame
}

// snapshot is the frame that shows the whole window.
func (w *window) snapshot(id string, seq uint64, rows *rowCache) *websocket.PreparedMessage {
	return w.prepared(frameKey{snapshot: true, id: id, seq: seq}, func() []byte {
		b := frameHead("snapshot", w.epoch, seq)
		b = appendField(b, "id", id)
		b = appendRows(b, "rows", rows.all(w.locks))
		b = appendField(b, "total", w.total)
		b = appendField(b, "counts", w.counts)
		b = appendField(b, "offset", w.query.Offset)
		b = appendField(b, "limit", w.query.Limit)
		return append(b, '}')
	})
}

// with returns the window with other counts, as it is at the change seq.
func (w *window) with(counts Counts, seq uint64) *window {
	return &window{
		base:  &base{seq: seq, rows: w.rows, total: w.total, counts: counts},
		query: w.query, epoch: w.epoch, locks: w.locks, at: w.at,
		frames: make(map[frameKey]*websocket.PreparedMessage),
	}
}

// differs reports whether a client that has from would see a difference.
func (w *window) differs(from *base) bool {
	if from == w.base {
		return false
	}
	if from.total != w.total || from.counts != w.counts || len(from.rows) != len(w.rows) {
		return true
	}
	for name, seq := range w.rows {
		if from.rows[name] != seq {
			return true
		}
	}
	return false
}

// delta is the frame that leads from the base that a client has to the window.
func (w *window) delta(from *base, id string, seq uint64, rows *rowCache) *websocket.PreparedMessage {
	return w.prepared(frameKey{from: from, id: id, seq: seq}, func() []byte {
		set, del := w.changes(from)
		return w.deltaFrame(id, seq, rows.patches(set, from.rows), del)
	})
}

// changes compares the window with what a client has.
func (w *window) changes(from *base) (set []watcher.Lock, del []string) {
	for _, lock := range w.locks {
		if seq, ok := from.rows[lock.Name]; !ok || seq != lock.Seq {
			set = append(set, lock)
		}
	}
	for name := range from.rows {
		if _, ok := w.rows[name]; !ok {
			del = append(del, name)
		}
	}
	return set, del
}

func (w *window) deltaFrame(id string, seq uint64, set [][]byte, del []string) []byte {
	b := frameHead("delta", w.epoch, seq)
	b = appendField(b, "id", id)
	b = appendRows(b, "set", set)
	b = appendField(b, "del", deletedRows(del))
	b = appendField(b, "total", w.total)
	b = appendField(b, "counts", w.counts)
	return append(b, '}')
}

// since is the delta for a client that had the window at an earlier change and
// lost the connection, given the names that changed since. It reports false
// when that cannot be told: once a window does not show all that matches, rows
// move in and out of it without changing themselves.
func (w *window) since(seq uint64, changed []string) (set []watcher.Lock, del []string, ok bool) {
	for _, name := range changed {
		if w.query.one && name != w.query.name {
			continue
		}
		if _, in := w.rows[name]; !in {
			del = append(del, name)
		}
	}
	// All names in del may have matched then, so this is the most there were.
	if w.query.Offset != 0 || w.total+len(del) > w.query.Limit {
		return nil, nil, false
	}
	for _, lock := range w.locks {
		if lock.Seq > seq {
			set = append(set, lock)
		}
	}
	return set, del, true
}
