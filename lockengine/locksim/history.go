package locksim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A history is one run of one seed.
type history struct {
	seed  uint64
	plan  plan
	world *World

	// Guarded by the lock of the world.
	processes []*process
	clients   sync.WaitGroup
}

// A process is an engine with clients, and nodes as it sees them.
type process struct {
	index  int
	name   string
	nodes  []*Node
	engine *lockengine.Engine
	died   chan struct{}
}

func (p *process) isDead() bool {
	select {
	case <-p.died:
		return true
	default:
		return false
	}
}

// A Result is what came of a history.
type Result struct {
	Seed    uint64
	Profile string
	// Acquired and Extended count what clients were given.
	Acquired, Extended int
	Violations         []Violation
	Trace              []string
}

// Run runs the history of a seed to its end. It is to be called inside of a
// bubble of testing/synctest. The kind of trouble is the one named, such as
// "crashes", or is drawn where that is empty.
func Run(seed uint64, kind string) Result {
	h := &history{seed: seed, plan: newPlan(seed, kind)}
	h.world = h.newWorld()
	for range h.plan.processes {
		h.start()
	}
	h.world.mu.Lock()
	for _, f := range h.plan.faults {
		h.schedule(f)
	}
	h.world.mu.Unlock()
	h.world.sleep(h.world.lane(), chaosFor)
	h.heal()
	h.clients.Wait()
	h.world.sleep(h.world.lane(), h.world.ledger.sweep)
	h.checkProgress()
	h.stop()
	l := h.world.ledger
	return Result{Seed: seed, Profile: h.plan.profile.name, Acquired: l.acquired, Extended: l.extended,
		Violations: l.broken(), Trace: h.world.Trace()}
}

// newWorld is the world as the plan wants it.
func (h *history) newWorld() *World {
	p := &h.plan
	w := NewWorld(h.seed, p.nodes)
	w.weather = p.weather
	w.ledger.drift, w.ledger.sweep = drift, p.sweep
	if p.wild {
		w.ledger.assume.exclusion, w.ledger.assume.fence = false, false
	}
	for i, s := range w.servers {
		s.clock.shown, s.clock.rate = p.offsets[i], p.rates[i]
		s.durable = p.durable[i]
		if p.fresh {
			s.started = w.start
		}
		s.save(w.lane())
	}
	w.note("seed %d: %s, %d nodes, %d processes of %d clients, %d names, TTL %s of at most %s, fresh %t (known %t), wild %t",
		h.seed, p.profile.name, p.nodes, p.processes, p.clients, p.names, p.ttl, p.maxTTL, p.fresh, p.knownFresh, p.wild)
	return w
}

func (h *history) lockName(i int) string { return fmt.Sprint("lock:", i) }

// start starts another process.
func (h *history) start() {
	w := h.world
	w.mu.Lock()
	index := len(h.processes)
	w.mu.Unlock()
	p := &process{index: index, name: fmt.Sprint("p", index), died: make(chan struct{})}
	p.nodes = w.Connect(p.name)
	w.sleep(w.lane(), 0) // so that no two engines start at one instant
	nodes := make([]lockengine.Node, len(p.nodes))
	for i, n := range p.nodes {
		nodes[i] = n
	}
	cfg := h.plan.engineConfig()
	cfg.Observer = observer{h, p}
	cfg.Fresh = cfg.Fresh && index < h.plan.processes // nodes are not fresh for ever
	random := newDice(h.seed, forEngine, uint64(index))
	var mu sync.Mutex
	cfg.Random = func() uint64 {
		mu.Lock()
		defer mu.Unlock()
		// Whole microseconds keep what comes of it in its lane.
		return uint64(random.between(0, 10*time.Millisecond))
	}
	engine, err := lockengine.New(nodes, cfg)
	if err != nil {
		panic(err) // the plan is wrong
	}
	p.engine = engine
	w.mu.Lock()
	h.processes = append(h.processes, p)
	w.logf("%s starts", p.name)
	w.mu.Unlock()
	for i := range h.plan.clients {
		c := &client{history: h, process: p, name: fmt.Sprintf("%s.c%d", p.name, i), lane: w.lane(),
			dice: newDice(h.seed, forClient, uint64(index), uint64(i))}
		h.clients.Go(c.run)
	}
}

// schedule has a fault happen when its time comes, under the lock of the world.
func (h *history) schedule(f fault) {
	h.world.lanes++
	lane := h.world.lanes
	if f.kind != faultKill {
		h.world.later(lane, f.at, func() { h.begin(lane, f) })
		return
	}
	h.clients.Go(func() {
		h.world.sleep(lane, f.at)
		h.world.mu.Lock()
		first := h.processes[:h.plan.processes]
		h.world.mu.Unlock()
		for i, p := range first {
			if f.processes&(1<<i) != 0 {
				h.clients.Go(func() { h.kill(p) })
			}
		}
		if f.again {
			h.world.sleep(lane, f.last)
			h.start()
		}
	})
}

// kill ends a process with all that it holds: nothing that it does from now on
// reaches anybody.
func (h *history) kill(p *process) {
	if p.isDead() {
		return
	}
	h.world.note("FAULT %s is killed", p.name)
	close(p.died)
	for _, n := range p.nodes {
		n.Close()
	}
	h.bury(p)
}

// bury ends an engine whose process is dead or not needed any more.
func (h *history) bury(p *process) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.engine.Close(ctx); err != nil {
		h.world.ledger.violate("calls return", "%s did not close: %v", p.name, err)
	}
}

// heal ends all trouble.
func (h *history) heal() {
	w := h.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.weather = calm
	w.logf("all is well again")
}

// checkProgress has every living process take every lock, some time after the
// trouble is over.
func (h *history) checkProgress() {
	w, p := h.world, &h.plan
	// What may still be in the way: a lease that was forgotten, a node that
	// sits out, a fault that began late, and a connection that has to be given
	// up and made anew.
	wait := p.ttl + 2*p.maxTTL + 6*time.Second
	for _, process := range h.processes {
		if process.isDead() {
			continue
		}
		lane := w.lane()
		for i := range p.names {
			w.sleep(lane, time.Millisecond)
			owner := fmt.Sprintf("%s.last#%d", process.name, i)
			lease, err := process.engine.Acquire(context.Background(), h.lockName(i),
				lockengine.AcquireOptions{Owner: owner, TTL: p.ttl, Wait: wait})
			if err != nil {
				if !p.wild {
					w.ledger.violate("progress", "%s could not take %s within %s after the trouble: %v", owner, h.lockName(i), wait, err)
				}
				continue
			}
			hold := w.ledger.acquires(lease)
			w.note("%s holds %s", hold.attempt.id, h.lockName(i))
			w.ledger.releasing(hold)
			_ = lease.Release(context.Background())
		}
	}
}

// stop ends everything that still runs.
func (h *history) stop() {
	for _, p := range h.processes {
		if p.isDead() {
			continue
		}
		h.bury(p)
		close(p.died)
		for _, n := range p.nodes {
			n.Close()
		}
	}
}

// An observer passes on what the history needs to know of an engine: that a
// lease is believed to last longer, which renewal does by itself.
type observer struct {
	history *history
	process *process
}

func (o observer) Observe(e lockengine.Event) {
	if o.process.isDead() {
		return
	}
	w := o.history.world
	switch e.Kind {
	case lockengine.EventExtended:
		w.ledger.extends(e.Fingerprint, e.ValidUntil)
	case lockengine.EventQuarantined:
		w.later(0, 0, func() {
			w.logf("%s does not count %s for %s: %v", o.process.name, e.Node, time.Until(e.ValidUntil), e.Err)
		})
	}
}
