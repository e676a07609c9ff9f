package lockengine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// An Engine takes locks on a fixed set of nodes. It is safe for use by many
// goroutines.
type Engine struct {
	members   []*member
	quorum    int
	cfg       Config
	reference reference
	queues    queues
	deadlines deadlines
	wakes     sync.Pool // of channels that wake a round

	lastFence atomic.Int64 // no candidate is lower, microseconds since 1970
	offset    atomic.Int64 // how far the nodes' clocks are ahead, nanoseconds
	offsetMu  sync.Mutex   // held while offset is worked out, so that no older result replaces a newer one
	residue   atomic.Int64 // releases that are being repeated
	closing   chan struct{}
	ready     chan struct{} // closed when enough nodes have been met to begin

	mu       sync.Mutex // guards everything below
	closed   bool
	tried    []bool // the first contact with the node came about, or failed
	leases   map[*Lease]struct{}
	holding  map[string]*Lease // the last lease of each name, while it is held
	residues map[string]int    // tokens that are being taken back, on how many nodes
	inFlight int               // attempts, releases and undos under way
	idle     chan struct{}     // closed when closed and inFlight is 0
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
	e := &Engine{
		quorum:    len(nodes)/2 + 1,
		cfg:       cfg,
		reference: newReference(cfg.now()),
		queues:    queues{byName: make(map[string]*queue)},

		tried:    make([]bool, len(nodes)),
		leases:   make(map[*Lease]struct{}),
		holding:  make(map[string]*Lease),
		residues: make(map[string]int),
		closing:  make(chan struct{}),
		ready:    make(chan struct{}),
		idle:     make(chan struct{}),
	}
	e.deadlines = deadlines{engine: e, patience: cfg.NodeTimeout}
	for i, node := range nodes {
		e.members = append(e.members, &member{engine: e, node: node, index: i,
			clock: clockMonitor{pace: cfg.DriftFactor}})
	}
	for _, m := range e.members {
		m.start()
	}
	return e, nil
}

// met notes that the first contact with a node came about or failed. The
// engine begins when a quorum was met or everyone was tried.
func (e *Engine) met(index int) {
	met, tried := 0, 0
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tried[index] = true
	for i, t := range e.tried {
		if t {
			tried++
			if e.members[i].known() {
				met++
			}
		}
	}
	if met < e.quorum && tried < len(e.tried) {
		return
	}
	select {
	case <-e.ready:
	default:
		close(e.ready)
	}
}

// greeted waits until the first contact with the nodes is made, at most as long
// as an answer about health may take.
func (e *Engine) greeted(ctx context.Context) error {
	select {
	case <-e.ready:
		return nil
	default:
	}
	over, timer := e.newTimer(healthTimeout)
	defer timer.Stop()
	select {
	case <-e.ready:
		return nil
	case <-over:
		return nil
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Nodes returns the nodes in the order in which they were given.
func (e *Engine) Nodes() []Node {
	nodes := make([]Node, len(e.members))
	for i, m := range e.members {
		nodes[i] = m.node
	}
	return nodes
}

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
	for _, m := range e.members {
		m.stop()
	}

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
	e.holding[l.name] = l
	return true
}

// held returns the lease that this engine holds of a name, or nil.
func (e *Engine) held(name string) *Lease {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.holding[name]
}

// unregister forgets a lease that has ended.
func (e *Engine) unregister(l *Lease) {
	e.mu.Lock()
	delete(e.leases, l)
	if e.holding[l.name] == l {
		delete(e.holding, l.name)
	}
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

func (e *Engine) observe(event Event) {
	if e.cfg.Observer != nil {
		e.cfg.Observer.Observe(event)
	}
}
