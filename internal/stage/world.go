package stage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
	"github.com/lockscope/lockscope/internal/stage/record"
)

// The world of a stage is of a fixed size.
const (
	// LockName is the one lock that everybody on a stage wants.
	LockName = "lock:report"
	// nodeCount is how many nodes vote, and quorum how many have to say yes.
	nodeCount = 5
	quorum    = nodeCount/2 + 1
	// MaxClients bounds the clients of a world.
	MaxClients = 12
)

// The times of a stage are the defaults of the engine, but for the longest lease:
// what a quarantine lasts should not be longer than people like to look at.
const (
	leaseTTL    = 10 * time.Second
	longestTTL  = 20 * time.Second
	nodeTimeout = 50 * time.Millisecond
)

// A Side says how a world is set up: what tells it from the one beside it.
type Side struct {
	// Label is what people call it.
	Label string
	// Policy is how clients lock that name no policy of their own. Default ours.
	Policy string
	// NoQuarantine counts the votes of nodes that lost their memory.
	NoQuarantine bool
	// Unfenced is true when the resource looks at no fencing token.
	Unfenced bool
}

// A World is five nodes, a resource and the clients that contend for one lock.
type World struct {
	side   Side
	clock  *pace.Clock
	log    *record.Log
	prefix string // of the keys in the log

	wires   sync.WaitGroup // goroutines that ask a node or run a client
	ctx     context.Context
	cancel  context.CancelFunc
	working *sync.Cond // on mu: asked became smaller

	mu       sync.Mutex // guards everything below, and the fields of nodes, clients and links
	nodes    []*node
	clients  map[string]*client
	order    []string // of the clients
	resource *resource
	referee  referee
	changes  record.Changes // since mu was locked
	due      []func()       // what to call when it is unlocked
	asked    int            // operations that a node is carrying out
	flying   int            // messages that can be seen and are on their way
	lastID   int            // of a message
	tokens   tokens
	goal     *goal // nil while nothing is waited for
	closed   bool
}

// newWorld starts the nodes of a side. The clock should stand.
func newWorld(side Side, clock *pace.Clock, log *record.Log, prefix string) (*World, error) {
	if side.Policy == "" {
		side.Policy = PolicyOurs
	}
	w := &World{
		side: side, clock: clock, log: log, prefix: prefix,
		clients: make(map[string]*client), changes: record.Changes{},
	}
	w.working = sync.NewCond(&w.mu)
	w.referee = referee{w: w, freed: -1}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	var err error
	if w.resource, err = newResource(w, !side.Unfenced); err != nil {
		w.Close()
		return nil, err
	}
	for i := range nodeCount {
		n, err := newNode(w, string(rune('a'+i)))
		if err != nil {
			w.Close()
			return nil, err
		}
		w.nodes = append(w.nodes, n)
	}
	w.do(func() {
		w.show("side", SideView{Label: side.Label, Quarantine: !side.NoQuarantine, Quorum: quorum})
		w.resource.draw()
		for _, n := range w.nodes {
			n.draw()
		}
	})
	return w, nil
}

// Close stops everything and returns when nothing of it is left.
func (w *World) Close() {
	w.mu.Lock()
	w.closed = true
	clients := slices.Collect(maps.Values(w.clients))
	w.mu.Unlock()
	w.cancel()
	for _, c := range clients {
		c.end()
	}
	w.wires.Wait()
	for _, n := range w.nodes {
		n.close()
	}
	if w.resource != nil {
		w.resource.close()
	}
}

// do changes the world, records what there then is to see, and makes the calls
// that have become due by it, on the same goroutine and without the lock.
func (w *World) do(f func()) {
	w.mu.Lock()
	f()
	if len(w.changes) > 0 {
		w.log.Put(w.changes)
		w.changes = record.Changes{}
	}
	w.look()
	due := w.due
	w.due = nil
	w.mu.Unlock()
	for _, f := range due {
		f()
	}
}

// later makes a call when the lock is released. Callers hold mu.
func (w *World) later(f func()) { w.due = append(w.due, f) }

// show notes how something looks now, nil for something that is gone. Callers
// hold mu.
func (w *World) show(key string, v any) { w.changes[w.prefix+key] = v }

// now is the time of the stage in microseconds.
func (w *World) now() int64 { return w.clock.Elapsed().Microseconds() }

// stamp turns a time of the stage's clock into microseconds since it began.
func (w *World) stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Sub(w.clock.Origin()).Microseconds()
}

// quiet changes the world while no node is carrying out anything. The clock
// stands meanwhile.
func (w *World) quiet(f func() error) error {
	release := w.clock.Hold()
	defer release()
	w.mu.Lock()
	for w.asked > 0 {
		w.working.Wait()
	}
	w.mu.Unlock()
	return f()
}

// A goal is something that is waited for.
type goal struct {
	met func() bool // called under mu
	// reached is called once it is met, under mu.
	reached func()
}

// look ends a goal that is met. Callers hold mu.
func (w *World) look() {
	if g := w.goal; g != nil && g.met() {
		w.goal = nil
		g.reached()
	}
}

// aim waits for something. What was waited for before is not any more.
func (w *World) aim(g *goal) {
	w.do(func() { w.goal = g })
}

// ask carries out work on a real connection, on a goroutine of its own, while the
// clock stands. then is called under mu with whatever work found. Callers hold
// mu.
func (w *World) ask(work func() func()) {
	if w.closed {
		return
	}
	release := w.clock.Hold()
	w.asked++
	w.wires.Go(func() {
		defer release()
		then := work()
		w.do(func() {
			w.asked--
			w.working.Broadcast()
			then()
		})
	})
}

// node returns the node of an id. Callers hold mu.
func (w *World) node(id string) (*node, error) {
	for _, n := range w.nodes {
		if n.id == id {
			return n, nil
		}
	}
	return nil, badInput("node", fmt.Sprintf("%q", id), "one of a, b, c, d, e")
}

// client returns the client of a name. Callers hold mu.
func (w *World) client(name string) (*client, error) {
	if c := w.clients[name]; c != nil {
		return c, nil
	}
	return nil, badInput("client", fmt.Sprintf("%q", name), "the name of a client on this stage")
}
