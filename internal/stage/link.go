package stage

import (
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

const (
	// wayLeast and wayMost are what a message takes one way when nothing is
	// wrong. Each link has a way of its own, each message a little more or less.
	wayLeast = 1200 * time.Microsecond
	wayMost  = 3200 * time.Microsecond
	// giveUp is when a connection is given up on which an answer is due: what
	// redisnode does after a second.
	giveUp = time.Second
	// lostShown is how long a message that was lost can still be seen.
	lostShown = 12 * time.Millisecond
)

// A link is the way between a client and a node, or the resource. It is as a
// connection is: what is sent first arrives first. It is guarded by the World.
type link struct {
	w      *World
	client *client
	node   *node // nil on the way to the resource
	far    string
	way    time.Duration
	count  uint64
	// there and back are when the last message of each direction arrives.
	there, back time.Duration
}

// newLink returns the way from a client to a node or the resource.
func newLink(c *client, n *node, far string) *link {
	l := &link{w: c.w, client: c, node: n, far: far}
	l.way = wayLeast + l.draw(uint64(wayMost-wayLeast), "way")
	return l
}

// draw returns a time below most that depends on nothing but the link, what it
// is for and how many were drawn before, so that a scenario looks the same each
// time it is played.
func (l *link) draw(most uint64, what string) time.Duration {
	l.count++
	h := fnv.New64a()
	_, _ = h.Write([]byte(l.client.name + ">" + l.far + " " + what + strconv.FormatUint(l.count, 10)))
	// The last bits of FNV hardly differ for texts that hardly do.
	return time.Duration((h.Sum64() >> 11) % most)
}

// delay is what the next message takes one way.
func (l *link) delay() time.Duration {
	d := l.way + l.draw(uint64(wayLeast/4), "message")
	if l.node != nil {
		d += l.node.slow
	}
	return d
}

// An exchange is a request and its answer.
type exchange struct {
	link *link
	text string
	// quiet exchanges are about the node itself. They are not drawn.
	quiet bool
	// work carries the request out on a real connection, without the world's
	// lock.
	work func() outcome
	// done is told the outcome once, when the client runs, without the lock.
	done func(outcome)

	answered bool
}

// An outcome is what came of an exchange.
type outcome struct {
	vote lockengine.Vote
	// text is the answer in a word or two.
	text string
	err  error
	// answer is the whole answer of an operation of the engine.
	answer *lockengine.Answer
}

var (
	errNoAnswer = errors.New("no answer in time")
	errDead     = errors.New("the client's process has ended")
)

// send lets a request go. Callers hold the world's lock.
func (x *exchange) send() {
	l := x.link
	if l.client.dead || l.w.closed {
		l.w.later(func() { x.done(outcome{vote: lockengine.VoteDown, err: errDead}) })
		return
	}
	l.client.pending[x] = struct{}{}
	if l.node != nil && !x.quiet {
		l.w.referee.asked(l.client)
	}
	l.w.clock.After(giveUp, func() {
		l.w.do(func() { x.deliver(outcome{vote: lockengine.VoteTimeout, err: errNoAnswer}) })
	})
	m := l.message(l.client.name, l.far, x.text, "ask", &l.there, x.quiet)
	m.arrives(func() { x.arrive(m) })
	if !x.quiet {
		l.client.loosen()
	}
}

// arrive is the request's arrival at the node.
func (x *exchange) arrive(m *message) {
	n := x.link.node
	switch {
	case n != nil && n.cutIn:
		m.lose("cut off")
	case n != nil && n.frozen:
		m.hold("the node is frozen")
		n.door = append(n.door, func() { m.gone(); x.start() })
	default:
		m.gone()
		x.start()
	}
}

// start has the node carry out the request, after those that came before it.
func (x *exchange) start() {
	n := x.link.node
	if n == nil {
		x.carryOut(func() func() { return func() {} })
		return
	}
	n.line = append(n.line, func() {
		look := func() func() { return func() {} }
		if n.up && !x.quiet {
			look = n.looking()
		}
		x.carryOut(look)
	})
	if len(n.line) == 1 {
		n.line[0]()
	}
}

// carryOut has the request carried out, and looks at what has changed by it.
func (x *exchange) carryOut(look func() func()) {
	x.link.w.ask(func() func() {
		out := x.work()
		see := look()
		return func() {
			see()
			x.answer(out)
			if n := x.link.node; n != nil {
				if n.line = n.line[1:]; len(n.line) > 0 {
					n.line[0]()
				}
			}
		}
	})
}

// answer lets the answer go back.
func (x *exchange) answer(out outcome) {
	l := x.link
	kind := out.vote.String()
	m := l.message(l.far, l.client.name, out.text, kind, &l.back, x.quiet)
	m.arrives(func() {
		n := l.node
		switch {
		case n != nil && n.cutOut:
			m.lose("cut off")
		case n != nil && n.lossy && n.up && !x.quiet:
			m.lose("answer lost")
		default:
			m.gone()
			x.deliver(out)
		}
	})
}

// deliver tells the client, once.
func (x *exchange) deliver(out outcome) {
	if x.answered {
		return
	}
	x.answered = true
	delete(x.link.client.pending, x)
	x.link.client.receive(func() { x.done(out) })
}

// tell sends something from the node to the client that nobody asked for.
func (l *link) tell(text, kind string, done func()) {
	m := l.message(l.far, l.client.name, text, kind, &l.back, false)
	m.arrives(func() {
		if l.node.cutOut {
			m.lose("cut off")
			return
		}
		m.gone()
		l.client.receive(done)
	})
}
