package watcher

import (
	"sync"

	"github.com/lockscope/lockscope/lockengine"
)

var _ lockengine.Waker = (*Board)(nil)

// wakes are those who wait for a name to become free. They are woken by what
// events tell, before anything is read: to be woken for nothing costs an
// attempt, to be woken late costs everybody's time.
type wakes struct {
	quorum, nodes int

	mu     sync.Mutex // guards everything below, and is the last to be taken
	byName map[string]*interest
}

// An interest is that of all who wait for one name.
type interest struct {
	waiting map[chan struct{}]struct{}
	gone    []bool // by node: it told that the key is gone, and nothing since
}

// Free implements lockengine.Waker: the channel receives whenever a quorum of
// nodes has come to report name free. live is true while a quorum of nodes
// tells its changes by events, so that this happens at once.
func (b *Board) Free(name string) (free <-chan struct{}, live func() bool, stop func()) {
	ch := make(chan struct{}, 1)
	w := &b.wakes
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byName[name] == nil {
		w.byName[name] = &interest{waiting: make(map[chan struct{}]struct{}), gone: make([]bool, w.nodes)}
	}
	w.byName[name].waiting[ch] = struct{}{}
	return ch, b.live, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := w.byName[name]
		delete(i.waiting, ch)
		if len(i.waiting) == 0 {
			delete(w.byName, name)
		}
	}
}

// live reports whether a quorum of nodes tells its changes by events. The
// engine asks, so it waits for nobody who holds the Board.
func (b *Board) live() bool { return int(b.liveNodes.Load()) >= b.quorum }

// hear takes in what an event of a node told of name.
func (w *wakes) hear(node int, name string, t told) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.byName[name]
	if i == nil {
		return
	}
	i.gone[node] = t&(toldGone|toldExpired|toldEvicted) != 0
	gone := 0
	for _, g := range i.gone {
		if g {
			gone++
		}
	}
	if i.gone[node] && gone >= w.quorum {
		clear(i.gone)
		i.wake()
	}
}

// wake tells those who wait that name is free.
func (w *wakes) wake(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := w.byName[name]; i != nil {
		i.wake()
	}
}

func (i *interest) wake() {
	for ch := range i.waiting {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
