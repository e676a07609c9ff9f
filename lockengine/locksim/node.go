package locksim

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// What redisnode does, and when it gives up.
const (
	dialTimeout   = 2 * time.Second
	answerTimeout = time.Second
	maxQuestions  = 64
	never         = time.Hour // longer than any of them
)

// A Node is a server as one process sees it. It behaves as a redisnode.Node.
type Node struct {
	world  *World
	server *Server
	locks  *link
	aside  *link
	taking int // the lane in which operations are gathered

	wake      chan struct{}
	questions chan entry
	dead      chan struct{} // closed by Close
	running   sync.WaitGroup

	mu     sync.Mutex // guards everything below
	queue  []entry
	closed bool
	run    string // the server process that the connection for locks is to
}

var _ lockengine.Node = (*Node)(nil)

// An entry is an operation and when it was handed over.
type entry struct {
	op *lockengine.Op
	at time.Time
}

// Connect returns the nodes as a process called name sees them. They are to be
// closed.
func (w *World) Connect(name string) []*Node {
	nodes := make([]*Node, len(w.servers))
	for i, s := range w.servers {
		n := &Node{world: w, server: s, wake: make(chan struct{}, 1),
			questions: make(chan entry, maxQuestions), dead: make(chan struct{})}
		p := &path{}
		n.locks = w.link(s, p, name+"-"+s.id, n.dead)
		n.aside = w.link(s, p, name+"~"+s.id, n.dead)
		n.taking = w.lane()
		n.running.Add(2)
		go n.runLocks()
		go n.runAside()
		nodes[i] = n
	}
	return nodes
}

func (w *World) link(s *Server, p *path, name string, dead <-chan struct{}) *link {
	return &link{world: w, server: s, path: p, name: name, lane: w.lane(), laneBack: w.lane(), dead: dead}
}

// ID names the node.
func (n *Node) ID() string { return n.server.id }

// Submit hands over an operation, see [lockengine.Node].
func (n *Node) Submit(op *lockengine.Op) {
	e := entry{op, time.Now()}
	n.world.ledger.asked(op)
	n.mu.Lock()
	closed := n.closed
	aside := op.Kind == lockengine.KindHealth || op.Kind == lockengine.KindMark
	if !closed && !aside {
		n.queue = append(n.queue, e)
	}
	n.mu.Unlock()
	switch {
	case closed:
		e.refuse()
	case aside:
		select {
		case n.questions <- e:
		default:
			e.refuse()
		}
	default:
		select {
		case n.wake <- struct{}{}:
		default:
		}
	}
}

// refuse answers an operation that will not be sent.
func (e entry) refuse() {
	e.op.Answer = lockengine.Answer{Vote: lockengine.VoteDown, Void: true, Err: errNodeClose}
	e.op.To.Complete(e.op)
}

// Close gives up what is on its way and answers what waits. It may be called
// again. In a history it is how a process dies.
func (n *Node) Close() {
	n.mu.Lock()
	closed := n.closed
	n.closed = true
	n.mu.Unlock()
	if !closed {
		close(n.dead)
	}
	n.running.Wait()
}

// runLocks sends what has gathered, batch after batch.
func (n *Node) runLocks() {
	defer n.running.Done()
	_ = n.connect(n.locks, time.Now().Add(never))
	for {
		select {
		case <-n.wake:
		case <-n.dead:
			n.refuseAll()
			return
		}
		for {
			n.settle(n.taking)
			batch := n.take()
			if len(batch) == 0 {
				break
			}
			n.exchange(batch)
		}
	}
}

// settle lets whatever goes on at this instant come to its end, so that what
// follows does not depend on which goroutine was quicker.
func (n *Node) settle(lane int) { n.world.sleep(lane, time.Microsecond) }

// connect opens a connection, unless there is one, and asks who the server is.
func (n *Node) connect(l *link, deadline time.Time) (err error) {
	had := l.conn
	if err := l.dial(min(time.Until(deadline), dialTimeout)); err != nil || l.conn == had {
		return err
	}
	s := n.server
	var run string
	answer, err := l.request(min(time.Until(deadline), answerTimeout),
		[]step{func() { run = s.runID() }}, func() any { return run })
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.run = answer.(string)
	n.mu.Unlock()
	return nil
}

// take returns the next operations to send, and answers those that came too
// late for that.
func (n *Node) take() []entry {
	n.mu.Lock()
	gathered := n.queue
	n.queue = nil
	n.mu.Unlock()
	// What clients of one process handed over at the same instant came in the
	// order in which their goroutines happened to run.
	slices.SortStableFunc(gathered, func(a, b entry) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.op.Name, b.op.Name))
	})
	var batch []entry
	for _, e := range gathered {
		if time.Now().After(e.op.Deadline) {
			e.op.Answer = lockengine.Unsent(e.op)
			e.op.To.Complete(e.op)
			n.settle(n.locks.laneBack)
			continue
		}
		batch = append(batch, e)
	}
	return batch
}

func (n *Node) refuseAll() {
	n.mu.Lock()
	queue := n.queue
	n.queue = nil
	n.mu.Unlock()
	for _, e := range queue {
		e.refuse()
	}
	for {
		select {
		case e := <-n.questions:
			e.refuse()
		default:
			return
		}
	}
}

// exchange sends the operations in one go, with the marker read last, and
// completes them.
func (n *Node) exchange(batch []entry) {
	if err := n.connect(n.locks, time.Now().Add(never)); err != nil {
		n.fail(batch, err, err == errRefused || err == errDialed)
		return
	}
	answers := make([]lockengine.Answer, len(batch))
	steps := n.server.batch(batch, answers)
	born := ""
	steps = append(steps, func() { born = n.server.store.born })
	reply, err := n.locks.request(answerTimeout, steps, func() any {
		for i := range answers {
			answers[i].Born = born
		}
		return answers
	})
	if err != nil {
		n.fail(batch, err, false)
		return
	}
	run := n.runID()
	for i, a := range reply.([]lockengine.Answer) {
		e := batch[i]
		a.Run = run
		a.RTT = time.Since(e.at)
		n.world.ledger.answered(n.server.index, e, a.Vote)
		e.op.Answer = a
		e.op.To.Complete(e.op)
		n.settle(n.locks.laneBack)
	}
}

// fail completes operations that brought no answer. unsent says that they never
// left.
func (n *Node) fail(batch []entry, err error, unsent bool) {
	for _, e := range batch {
		e.op.Answer = failure(err)
		e.op.Answer.Void = unsent
		e.op.To.Complete(e.op)
		n.settle(n.locks.laneBack)
	}
}

// failure is the answer where there was none.
func failure(err error) lockengine.Answer {
	if err == errNoAnswer || err == errDialed {
		return lockengine.Answer{Vote: lockengine.VoteTimeout, Err: err}
	}
	return lockengine.Answer{Vote: lockengine.VoteDown, Err: err}
}

func (n *Node) runID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.run
}

// runAside answers questions about the node itself, one after the other.
func (n *Node) runAside() {
	defer n.running.Done()
	for {
		select {
		case e := <-n.questions:
			if e.op.Kind == lockengine.KindMark {
				e.op.Answer = n.mark(e.op)
			} else {
				e.op.Answer = n.health(e.op)
			}
			e.op.Answer.Run = n.runID()
			e.op.Answer.RTT = time.Since(e.at)
			e.op.To.Complete(e.op)
		case <-n.dead:
			n.refuseAll()
			return
		}
	}
}

// ask asks one question on the connection aside.
func (n *Node) ask(deadline time.Time, serve func() any) (any, error) {
	if err := n.connect(n.aside, deadline); err != nil {
		return nil, err
	}
	var answer any
	return n.aside.request(min(time.Until(deadline), answerTimeout),
		[]step{func() { answer = serve() }}, func() any { return answer })
}

// mark writes the memory marker and reads the one that stands afterwards.
func (n *Node) mark(op *lockengine.Op) lockengine.Answer {
	sent := *op
	answer, err := n.ask(op.Deadline, func() any { return n.server.mark(&sent) })
	if err != nil {
		return failure(err)
	}
	return answer.(lockengine.Answer)
}

// health reads the clock and the marker, where asked everything else too.
func (n *Node) health(op *lockengine.Op) lockengine.Answer {
	type reading struct {
		born string
		at   time.Time
	}
	h := &lockengine.Health{Sent: time.Now()}
	s := n.server
	answer, err := n.ask(op.Deadline, func() any { return reading{s.store.born, s.nodeTime()} })
	h.Received = time.Now()
	if err != nil {
		return failure(err)
	}
	read := answer.(reading)
	h.Time = read.at
	if op.Above {
		told, err := n.ask(op.Deadline, func() any {
			h := *h
			s.info(&h)
			return &h
		})
		if err == nil {
			h = told.(*lockengine.Health)
		}
	}
	if op.Candidate > 0 {
		below := op.Candidate
		_, _ = n.ask(op.Deadline, func() any { s.forgetFences(below); return nil })
	}
	return lockengine.Answer{Vote: lockengine.VoteGranted, Born: read.born, Health: h}
}
