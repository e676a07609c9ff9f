package embedded

import (
	"sync"
	"sync/atomic"
)

// A gate is what every command passes before it is carried out, and every push
// before it is written. It is the place to hold a node up.
type gate struct {
	closed atomic.Bool

	mu     sync.Mutex    // guards opened
	opened chan struct{} // closed by open; nil while the gate is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
		g.closed.Store(true)
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
		g.closed.Store(false)
	}
}

// pass waits until the gate is open. It returns false when stop was closed
// instead.
func (g *gate) pass(stop <-chan struct{}) bool {
	if !g.closed.Load() {
		return true
	}
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	if opened == nil {
		return true
	}
	select {
	case <-opened:
		return true
	case <-stop:
		return false
	}
}
