package locksim

import "time"

// A faultKind is something that goes wrong once.
type faultKind uint8

const (
	faultCut faultKind = iota
	faultCrash
	faultFlush
	faultStep
	faultKill
)

// A fault is one thing that goes wrong, and for how long.
type fault struct {
	kind faultKind
	at   time.Duration
	last time.Duration
	// nodes and processes are who is concerned, as bit sets.
	nodes, processes uint
	// requests and replies are what a cut stops.
	requests, replies bool
	// memory is what a crash leaves: "all", "none", or "old".
	memory string
	// host says that a crash takes the host with it, so that nobody is told.
	host bool
	// step is by how much a clock jumps.
	step time.Duration
	// again says that a killed process is started anew.
	again bool
}

// drawFaults draws what goes wrong and when.
func (p *plan) drawFaults(d *dice) {
	all := uint(1)<<p.nodes - 1
	when := func() time.Duration { return d.between(100*time.Millisecond, chaosFor-200*time.Millisecond) }
	some := func(n int) int {
		if n == 0 {
			return 0
		}
		return 1 + d.pick(n)
	}
	for range some(p.profile.cuts) {
		f := fault{kind: faultCut, at: when(), last: d.between(50*time.Millisecond, 1500*time.Millisecond),
			nodes: uint(d.bits()) & all, processes: uint(d.bits()), requests: true, replies: true}
		switch d.pick(4) {
		case 0:
			f.requests = false
		case 1:
			f.replies = false
		}
		if d.chance(0.3) {
			f.nodes = 1 << d.pick(p.nodes) // one node, for everybody
			f.processes = ^uint(0)
		}
		p.faults = append(p.faults, f)
	}
	for range some(p.profile.crashes) {
		f := fault{kind: faultCrash, at: when(), last: d.between(10*time.Millisecond, 200*time.Millisecond),
			nodes: 1 << d.pick(p.nodes), memory: "all", host: d.chance(0.3)}
		if d.chance(0.3) {
			f.last = p.maxTTL + d.between(0, 300*time.Millisecond) // late
		}
		if p.profile.lose {
			f.memory = []string{"all", "none", "none", "old"}[d.pick(4)]
			if p.profile.few && d.chance(0.7) {
				f.memory = "old"
			}
		}
		p.faults = append(p.faults, f)
	}
	for range some(p.profile.flushes) {
		// An engine that meets a node for the first time after a FLUSHALL, before
		// another has noticed it, cannot know: that is not promised.
		p.faults = append(p.faults, fault{kind: faultFlush, at: d.between(chaosFor/2, chaosFor), nodes: 1 << d.pick(p.nodes)})
	}
	for range some(p.profile.kills) {
		p.faults = append(p.faults, fault{kind: faultKill, at: when(), processes: 1 << d.pick(p.processes),
			last: d.between(5*time.Millisecond, 600*time.Millisecond), again: d.chance(0.7) && p.profile.flushes == 0})
	}
	if p.profile.replies {
		for range d.pick(12) {
			p.faults = append(p.faults, fault{kind: faultCut, at: when(), last: d.between(50*time.Millisecond, 700*time.Millisecond),
				nodes: 1 << d.pick(p.nodes), processes: uint(d.bits()), replies: true})
		}
	}
	if p.profile.fences {
		// Backwards no lease ends too early.
		p.faults = append(p.faults, fault{kind: faultStep, at: d.between(300*time.Millisecond, time.Second), nodes: all,
			step: -d.between(2*time.Second, 10*time.Second)})
	}
	if p.profile.clocks {
		for range 1 + d.pick(4) {
			f := fault{kind: faultStep, at: when(), nodes: 1 << d.pick(p.nodes), step: d.between(0, 800*time.Microsecond)}
			if p.wild {
				f.step = d.between(0, 1500*time.Millisecond)
			}
			if d.chance(0.5) {
				f.step = -f.step
			}
			p.faults = append(p.faults, f)
		}
	}
}

// begin makes a fault happen, under the lock of the world.
func (h *history) begin(lane int, f fault) {
	w := h.world
	for i, s := range w.servers {
		if f.nodes&(1<<i) == 0 {
			continue
		}
		switch f.kind {
		case faultCut:
			h.cut(lane, f, s)
		case faultCrash:
			s.crash(f, lane)
		case faultFlush:
			w.logf("FAULT FLUSHALL on %s", s.id)
			s.store = &store{keys: map[string]key{}, fences: map[string]int64{}, marks: s.store.marks}
		case faultStep:
			w.logf("FAULT the clock of %s jumps by %s", s.id, f.step)
			s.clock.step(f.step)
		}
	}
}

// cut cuts a node off from the processes that there are, for a while.
func (h *history) cut(lane int, f fault, s *Server) {
	w := h.world
	what := ""
	if f.requests {
		what += " requests"
	}
	if f.replies {
		what += " replies"
	}
	for _, p := range h.processes {
		if f.processes&(1<<(p.index%8)) == 0 {
			continue
		}
		path := p.nodes[s.index].locks.path
		change := func(by int, word string) {
			if f.requests {
				path.toCut += by
			}
			if f.replies {
				path.fromCut += by
			}
			w.logf("FAULT %s %s %s:%s", s.id, word, p.name, what)
		}
		change(+1, "is cut from")
		w.later(lane, f.last, func() { change(-1, "is back for") })
	}
}

// crash ends the process of a server and starts another later.
func (s *Server) crash(f fault, lane int) {
	if !s.up {
		return
	}
	w := s.world
	memory := f.memory
	if s.durable && memory == "old" {
		memory = "all"
	}
	w.logf("FAULT %s crashes for %s, host %t, and keeps memory: %s", s.id, f.last, f.host, memory)
	s.up, s.host = false, !f.host
	if !f.host {
		// The kernel closes the connections of a process that died.
		for _, c := range s.conns {
			c.link.breakLater(c, 300*time.Microsecond, false)
		}
	}
	s.conns = nil
	switch memory {
	case "none":
		s.store = &store{keys: map[string]key{}, fences: map[string]int64{}, marks: s.store.marks}
	case "old":
		marks := s.store.marks
		s.store = s.saved.clone()
		s.store.marks = marks
	}
	s.saved = s.store.clone()
	w.later(lane, f.last, func() {
		s.up, s.host, s.started = true, true, time.Now()
		s.run++
		w.logf("FAULT %s is back as %s", s.id, s.runID())
	})
}

// save copies the memory to disk now and then.
func (s *Server) save(lane int) {
	s.world.later(lane, saveEvery, func() {
		if s.up {
			s.saved = s.store.clone()
		}
		s.save(lane)
	})
}
