package web

import (
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

// tabGrace is how long a tab may be without a stream before the locks that it
// holds are released: the time to reload the page, or to get through a change
// of networks.
const tabGrace = 5 * time.Second

// tabForm is what a tab may call itself.
var tabForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// A tabKey names a tab: by its own word, within its session.
type tabKey struct {
	session session
	id      string
}

// tabs are the browser tabs that have a stream or hold locks. A lock that is
// held "while the tab is open" is renewed until its tab has had no stream for
// tabGrace.
type tabs struct {
	grace time.Duration
	// release gives back a lease whose tab is gone.
	release func(*storedLease)

	mu     sync.Mutex // guards everything below
	byKey  map[tabKey]*tab
	closed bool
}

// A tab is one of them. It is guarded by the mutex of tabs.
type tab struct {
	sockets map[*socket]struct{}
	leases  map[string]*storedLease
	waits   map[string]place // the acquires that wait, by name
	news    uint64           // grows with every change of waits
	leaving *time.Timer      // runs while there is no socket
}

// A place is where in a queue somebody stands, from 1.
type place struct{ position, of int }

func newTabs(release func(*storedLease)) *tabs {
	return &tabs{grace: tabGrace, release: release, byKey: make(map[tabKey]*tab)}
}

// open says that a tab has a stream.
func (t *tabs) open(key tabKey, s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byKey[key]
	if x == nil {
		x = &tab{
			sockets: make(map[*socket]struct{}), leases: make(map[string]*storedLease), waits: make(map[string]place),
		}
		t.byKey[key] = x
	}
	if x.leaving != nil {
		x.leaving.Stop()
		x.leaving = nil
	}
	x.sockets[s] = struct{}{}
	s.touch(time.Now()) // it has not been told of the places yet
}

// shut says that one of its streams has ended.
func (t *tabs) shut(key tabKey, s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byKey[key]
	if x == nil {
		return
	}
	delete(x.sockets, s)
	if len(x.sockets) > 0 || t.closed {
		return
	}
	x.leaving = time.AfterFunc(t.grace, func() { t.left(key) })
}

// left forgets a tab that did not come back, and releases what it held.
func (t *tabs) left(key tabKey) {
	t.mu.Lock()
	x := t.byKey[key]
	if x == nil || len(x.sockets) > 0 || t.closed {
		t.mu.Unlock()
		return
	}
	delete(t.byKey, key)
	t.mu.Unlock()
	for _, lease := range x.leases {
		t.release(lease)
	}
}

// here reports whether the tab has a stream.
func (t *tabs) here(key tabKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byKey[key]
	return x != nil && len(x.sockets) > 0
}

// hold ties a lease to a tab. It reports false when the tab is gone.
func (t *tabs) hold(key tabKey, lease *storedLease) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byKey[key]
	if x == nil {
		return false
	}
	x.leases[lease.id] = lease
	return true
}

// drop unties a lease that has ended.
func (t *tabs) drop(key tabKey, lease string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.byKey[key]; x != nil {
		delete(x.leases, lease)
	}
}

// moved tells a tab where in the queue for name it stands now; a position of 0
// says that it does not wait any more. It never blocks for long: the engine
// calls it.
func (t *tabs) moved(key tabKey, name string, p place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byKey[key]
	if x == nil {
		return
	}
	if p.position == 0 {
		delete(x.waits, name)
		return
	}
	if x.waits[name] == p {
		return
	}
	x.waits[name] = p
	x.news++
	now := time.Now()
	for s := range x.sockets {
		s.touch(now)
	}
}

// waiting returns a frame for each place of a tab, if any is news to a socket
// that has seen the changes up to *seen.
func (t *tabs) waiting(key tabKey, seen *uint64, board *watcher.Board) []*websocket.PreparedMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.byKey[key]
	if x == nil || x.news == *seen {
		return nil
	}
	*seen = x.news
	names := make([]string, 0, len(x.waits))
	for name := range x.waits {
		names = append(names, name)
	}
	slices.Sort(names)
	frames := make([]*websocket.PreparedMessage, 0, len(names))
	for _, name := range names {
		plain, encoded := splitName(name)
		b := frameHead("wait", board.Epoch(), 0)
		b = appendField(b, "name", plain)
		b = appendField(b, "nameB64", encoded)
		b = appendField(b, "position", x.waits[name].position)
		b = appendField(b, "of", x.waits[name].of)
		frames = append(frames, prepare(append(b, '}')))
	}
	return frames
}

// close keeps tabs from being given up while everything ends: the engine
// releases what they hold.
func (t *tabs) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, x := range t.byKey {
		if x.leaving != nil {
			x.leaving.Stop()
		}
	}
}
