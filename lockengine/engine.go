package lockengine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// An Engine takes locks on a fixed set of nodes. It is safe for use by many
// goroutines.
type Engine struct {
	nodes  []Node
	quorum int
	cfg    Config

	version atomic.Int64 // the last token version given out
	residue atomic.Int64 // releases that are being repeated
	closing chan struct{}

	mu       sync.Mutex // guards everything below
	closed   bool
	leases   map[*Lease]struct{}
	inFlight int           // attempts, releases and undos under way
	idle     chan struct{} // closed when closed and inFlight is 0
}

// New returns an engine over nodes. One node gives the single-node lock, three
// or more independent ones Redlock. An even number works, and tolerates no more
// failures than one node less.
func New(nodes []Node, cfg Config) (*Engine, error) {
	if len(nodes) == 0 {
		return nil, &ArgumentError{Field: "nodes", Got: "none", Want: "at least one"}
	}
	seen := make(map[string]bool, len(nodes))
	for i, node := range nodes {
		if node == nil {
			return nil, &ArgumentError{Field: "nodes", Got: fmt.Sprintf("nil at position %d", i), Want: "a node"}
		}
		if seen[node.ID()] {
			return nil, &ArgumentError{Field: "nodes", Got: fmt.Sprintf("%q twice", node.ID()), Want: "an ID for each node"}
		}
		seen[node.ID()] = true
	}
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Engine{
		nodes:   append([]Node(nil), nodes...),
		quorum:  len(nodes)/2 + 1,
		cfg:     cfg,
		leases:  make(map[*Lease]struct{}),
		closing: make(chan struct{}),
		idle:    make(chan struct{}),
	}, nil
}

// Nodes returns the nodes in the order in which they were given.
func (e *Engine) Nodes() []Node { return append([]Node(nil), e.nodes...) }

// Quorum is how many nodes must say yes: more than half of the configured ones.
func (e *Engine) Quorum() int { return e.quorum }

// Config returns the settings in force, defaults filled in.
func (e *Engine) Config() Config { return e.cfg }

// Close takes no more locks, releases those that are held, and waits until
// nothing is under way on the nodes or ctx ends. It may be called again.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.closing)
		if e.inFlight == 0 && len(e.leases) == 0 {
			close(e.idle)
		}
	}
	held := make([]*Lease, 0, len(e.leases))
	for lease := range e.leases {
		held = append(held, lease)
	}
	e.mu.Unlock()

	var wg sync.WaitGroup
	limit := make(chan struct{}, 64)
	for _, lease := range held {
		limit <- struct{}{}
		wg.Go(func() {
			_ = lease.Release(ctx) // what it may leave ends with its TTL
			<-limit
		})
	}
	wg.Wait()
	select {
	case <-e.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close lock engine: operations still under way: %w", context.Cause(ctx))
	}
}

// begin counts something that is under way on the nodes, or refuses it when
// the engine is closed.
func (e *Engine) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.inFlight++
	return nil
}

// hold counts n more things under way, on behalf of one that is.
func (e *Engine) hold(n int) {
	e.mu.Lock()
	e.inFlight += n
	e.mu.Unlock()
}

// end counts one thing less.
func (e *Engine) end() {
	e.mu.Lock()
	e.inFlight--
	e.idleLocked()
	e.mu.Unlock()
}

func (e *Engine) idleLocked() {
	if e.closed && e.inFlight == 0 && len(e.leases) == 0 {
		select {
		case <-e.idle:
		default:
			close(e.idle)
		}
	}
}

// register keeps a lease for Close, or refuses it when the engine is closed.
func (e *Engine) register(l *Lease) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.leases[l] = struct{}{}
	return true
}

// unregister forgets a lease that has ended.
func (e *Engine) unregister(l *Lease) {
	e.mu.Lock()
	delete(e.leases, l)
	e.idleLocked()
	e.mu.Unlock()
}

func (e *Engine) isClosed() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

// nextVersion is the time in microseconds, never the same twice and never
// running backwards within the process.
func (e *Engine) nextVersion() int64 {
	for {
		last := e.version.Load()
		next := max(last+1, time.Now().UnixMicro())
		if e.version.CompareAndSwap(last, next) {
			return next
		}
	}
}

func (e *Engine) observe(event Event) {
	if e.cfg.Observer != nil {
		e.cfg.Observer.Observe(event)
	}
}
