package locksim

import "github.com/lockscope/lockscope/lockengine"

// A step is a command in a batch, carried out at once and under the lock of the
// world.
type step func()

// asked is one operation as it was sent, and where its answer goes.
type asked struct {
	op     *lockengine.Op
	answer *lockengine.Answer
}

// A stretch is a part of a batch as redisnode writes it: first its releases, in
// one script, then its other operations, then the fences of all its acquires in
// one command. A release of a name that the others are about begins a new one.
type stretch struct {
	releases, others []asked
}

// batch makes commands of the operations. The answers are complete after the
// last.
func (s *Server) batch(entries []entry, answers []lockengine.Answer) []step {
	var steps []step
	var part stretch
	for i, e := range entries {
		op := *e.op // what is sent does not change any more, whatever becomes of the original
		x := asked{&op, &answers[i]}
		switch {
		case op.Kind != lockengine.KindRelease:
			part.others = append(part.others, x)
			continue
		case part.isAbout(op.Name):
			steps = append(steps, s.steps(part)...)
			part = stretch{}
		}
		part.releases = append(part.releases, x)
	}
	return append(steps, s.steps(part)...)
}

func (p *stretch) isAbout(name string) bool {
	for _, x := range p.others {
		if x.op.Name == name {
			return true
		}
	}
	return false
}

// steps are the commands of a stretch.
func (s *Server) steps(part stretch) []step {
	steps := []step{func() {
		for _, x := range part.releases {
			s.release(x.op, x.answer)
		}
	}}
	var acquires []asked
	for _, x := range part.others {
		if x.op.Kind == lockengine.KindAcquire {
			acquires = append(acquires, x)
		}
		steps = append(steps, func() { s.do(x.op, x.answer) })
	}
	return append(steps, func() { s.raiseHigher(acquires) })
}

// do carries out one operation that is not a release.
func (s *Server) do(op *lockengine.Op, a *lockengine.Answer) {
	switch op.Kind {
	case lockengine.KindAcquire:
		s.set(op, a, "SET NX GET")
	case lockengine.KindHeal:
		s.set(op, a, "SET NX")
	case lockengine.KindRaise:
		s.raise(op, a)
	case lockengine.KindExtend:
		s.extend(op, a)
	}
}

// raiseHigher is one ZADD GT CH for the acquires of a stretch: none counts as
// raised unless all were.
func (s *Server) raiseHigher(acquires []asked) {
	rose := 0
	for _, x := range acquires {
		if x.op.Candidate > s.store.fences[x.op.Name] {
			s.store.fences[x.op.Name] = x.op.Candidate
			rose++
		}
	}
	for _, x := range acquires {
		x.answer.Raised = rose == len(acquires) && x.answer.Vote == lockengine.VoteGranted
	}
}
