package locksim

import (
	"fmt"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A Server is a virtual Redis. Its memory outlives its process as far as a
// crash lets it.
type Server struct {
	world *World
	index int
	id    string

	// Guarded by world.mu.
	clock   clock
	store   *store
	saved   *store // what a crash that loses the last writes comes back with
	durable bool   // appendonly with appendfsync always
	up      bool
	host    bool // the host answers, if only to refuse a connection
	run     int  // how many processes there have been
	started time.Time
	conns   []*conn // to the present process, in the order in which they came
}

// saveEvery is how old what the disk has can be, as with snapshots of a few
// seconds: older than a quarantine.
const saveEvery = 3 * time.Second

// nodeTime is what the node's clock shows.
func (s *Server) nodeTime() time.Time { return s.world.start.Round(0).Add(s.clock.read()) }

// runID is the identity of the present process.
func (s *Server) runID() string { return fmt.Sprintf("run-%s%d", s.id, s.run) }

// set writes the token if the name is free.
func (s *Server) set(op *lockengine.Op, a *lockengine.Answer, command string) {
	now := s.clock.read()
	k, there := s.store.get(op.Name, now)
	switch {
	case !there:
		s.store.keys[op.Name] = key{token: op.Token, until: now + op.TTL}
		a.Vote = lockengine.VoteGranted
	case k.token == op.Token && op.Kind == lockengine.KindAcquire:
		a.Vote = lockengine.VoteGranted
	case op.Kind == lockengine.KindAcquire:
		a.Vote, a.Holder = lockengine.VoteOther, k.token
	default:
		a.Vote = lockengine.VoteOther
	}
	s.tell(command, op, a)
}

// mine reports whether the node holds the token of op, and otherwise answers.
func (s *Server) mine(op *lockengine.Op, a *lockengine.Answer) bool {
	now := s.clock.read()
	k, there := s.store.get(op.Name, now)
	switch {
	case !there:
		a.Vote = lockengine.VoteFree
		return false
	case k.token != op.Token:
		a.Vote, a.TTL = lockengine.VoteOther, (k.until - now).Truncate(time.Millisecond)
		return false
	}
	a.Vote = lockengine.VoteGranted
	return true
}

// raise raises the fence of a name whose token the node holds.
func (s *Server) raise(op *lockengine.Op, a *lockengine.Answer) {
	if s.mine(op, a) {
		seen := s.store.fences[op.Name]
		a.Fence = max(op.Candidate, seen)
		if op.Above {
			a.Fence = max(op.Candidate, seen+1)
		}
		s.store.fences[op.Name] = a.Fence
	}
	s.tell("raise", op, a)
}

// extend makes a lease last longer, never shorter.
func (s *Server) extend(op *lockengine.Op, a *lockengine.Answer) {
	if s.mine(op, a) {
		s.watch("extend", op)
		now := s.clock.read()
		if k, _ := s.store.get(op.Name, now); k.until < now+op.TTL {
			s.store.keys[op.Name] = key{token: op.Token, until: now + op.TTL}
		}
	}
	s.tell("extend", op, a)
}

// release deletes the name if its token is the operation's.
func (s *Server) release(op *lockengine.Op, a *lockengine.Answer) {
	if s.mine(op, a) {
		s.watch("release", op)
		delete(s.store.keys, op.Name)
	}
	s.tell("release", op, a)
}

// mark writes the memory marker, if there is none or it is told to.
func (s *Server) mark(op *lockengine.Op) lockengine.Answer {
	if s.store.born == "" || op.Above {
		s.store.marks++
		s.store.born = op.Token
		s.world.logf("%s marked as memory %d of run %d", s.id, s.store.marks, s.run)
	}
	return lockengine.Answer{Vote: lockengine.VoteGranted, Born: s.store.born}
}

// forgetFences is ZREMRANGEBYSCORE.
func (s *Server) forgetFences(below int64) {
	for name, fence := range s.store.fences {
		if fence < below {
			delete(s.store.fences, name)
		}
	}
}

// info is what INFO and CONFIG GET tell.
func (s *Server) info(h *lockengine.Health) {
	h.Full, h.Version, h.Role, h.Eviction = true, "7.0.15", "master", "noeviction"
	h.Uptime = time.Since(s.started).Truncate(time.Second)
	if h.Append = s.durable; s.durable {
		h.Fsync = "always"
	}
}

// watch lets the observer see a change before it is made.
func (s *Server) watch(command string, op *lockengine.Op) {
	if wrong := s.store.touch(command, op.Name, op.Token, s.clock.read()); wrong != "" {
		s.world.ledger.violate("hands off", "on node %s, for %s: %s", s.id, s.world.ledger.idOf(op.Token), wrong)
	}
}

// tell writes what a command did into the trace.
func (s *Server) tell(command string, op *lockengine.Op, a *lockengine.Answer) {
	text := a.Vote.String()
	if a.Holder != "" {
		text += " " + s.world.ledger.idOf(a.Holder)
	}
	s.world.logf("%s %s %s %s: %s", s.id, command, op.Name, s.world.ledger.idOf(op.Token), text)
}
