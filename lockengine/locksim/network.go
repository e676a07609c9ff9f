package locksim

import (
	"errors"
	"time"
)

// A weather is how the network is: the draws for each message are made with it.
type weather struct {
	// delayMin and delayMax are what a message takes one way.
	delayMin, delayMax time.Duration
	// slow and stall are how likely it takes longer: beyond the node timeout,
	// and beyond the TTL.
	slow, stall        float64
	slowMin, slowMax   time.Duration
	stallMin, stallMax time.Duration
	// lostRequest and lostReply are how likely the connection breaks before
	// the node gets the request, and before its reply comes; silent is how
	// likely nobody is told.
	lostRequest, lostReply, silent float64
	// gap is how likely other connections come between two commands of a batch.
	gap float64
}

// calm is a network without faults.
var calm = weather{delayMin: 100 * time.Microsecond, delayMax: 600 * time.Microsecond}

// delay draws what a message takes one way.
func (w *weather) delay(d *dice) time.Duration {
	switch p := d.share(0, 1); {
	case p < w.stall:
		return d.between(w.stallMin, w.stallMax)
	case p < w.stall+w.slow:
		return d.between(w.slowMin, w.slowMax)
	}
	return d.between(w.delayMin, w.delayMax)
}

// A path is the network between one process and one node.
type path struct {
	// toCut and fromCut count the cuts in force for requests and replies.
	// Guarded by the lock of the world.
	toCut, fromCut int
}

const (
	toServer uint64 = iota + 1
	toProcess
)

// resendFirst is when bytes that did not get through are sent again by the
// sender's kernel, and maxResends how often that is tried with growing pauses.
const (
	resendFirst = 200 * time.Millisecond
	maxResends  = 5
)

// staleArrives is how likely the bytes of a connection that its client has
// given up still reach the node.
const staleArrives = 0.7

var (
	errReset     = errors.New("connection reset by peer")
	errRefused   = errors.New("connection refused")
	errNoAnswer  = errors.New("no answer in time")
	errDialed    = errors.New("no connection in time")
	errDead      = errors.New("the process is dead")
	errNodeClose = errors.New("not sent: the node's connection was closed")
)

// A conn is one connection to one process of a server.
type conn struct {
	link   *link
	run    int
	broken chan struct{} // closed when the client learns that it is broken
	gone   bool          // given up by the client, guarded by the lock of the world
}

// breaks tells the client, once.
func (c *conn) breaks() {
	select {
	case <-c.broken:
	default:
		close(c.broken)
	}
}

// A link is what a process has to a server for one purpose: one connection at a
// time, with one request under way at a time.
type link struct {
	world  *World
	server *Server
	path   *path
	name   string
	// lane is for requests, and lane+1 of the same link for replies.
	lane, laneBack int
	messages       uint64
	conn           *conn
	dead           <-chan struct{}
}

// isDead reports whether the process is dead, which sends nothing any more.
func (l *link) isDead() bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

// travel lets a message arrive after its delay, and again later while the way
// is cut, as long as the sender's kernel tries. f is called under the lock of
// the world.
func (l *link) travel(lane int, delay time.Duration, f func()) {
	cut := &l.path.toCut
	if lane == l.laneBack {
		cut = &l.path.fromCut
	}
	pause := resendFirst
	tries := 0
	var arrive func()
	arrive = func() {
		if *cut == 0 {
			f()
			return
		}
		if tries++; tries <= maxResends {
			l.world.later(lane, pause, arrive)
			pause *= 2
		}
	}
	l.world.later(lane, delay, arrive)
}

// request sends something over the connection, has it carried out step by step,
// and waits for the reply that result gives, until a limit. The connection is
// given up when the reply does not come.
func (l *link) request(limit time.Duration, steps []step, result func() any) (any, error) {
	if l.isDead() {
		return nil, errDead
	}
	c, w := l.conn, l.world
	reply := make(chan any, 1)
	w.mu.Lock()
	l.messages++
	out := newDice(w.seed, forMessage, uint64(l.lane), l.messages, toServer)
	back := newDice(w.seed, forMessage, uint64(l.lane), l.messages, toProcess)
	sky := w.weather
	delay, lost := sky.delay(out), out.chance(sky.lostRequest)
	silent := out.chance(sky.silent)
	arrivesLate := out.chance(staleArrives)
	if lost {
		w.logf("%s request %d is lost", l.name, l.messages)
		l.breakLater(c, delay, silent)
	} else {
		l.travel(l.lane, delay, func() {
			if c.gone && !arrivesLate {
				return
			}
			l.arrived(c, out, back, steps, result, reply)
		})
	}
	w.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	select {
	case answer := <-reply:
		return answer, nil
	case <-c.broken:
		err = errReset
	case <-timer.C:
		err = errNoAnswer
	case <-l.dead:
		err = errDead
	}
	w.mu.Lock()
	c.gone = true
	w.mu.Unlock()
	l.conn = nil
	return nil, err
}

// breakLater tells the client that its connection broke, or not.
func (l *link) breakLater(c *conn, after time.Duration, silent bool) {
	if !silent {
		l.travel(l.laneBack, after, c.breaks)
	}
}

// arrived carries out the steps at the server, one after the other, and sends
// the reply.
func (l *link) arrived(c *conn, out, back *dice, steps []step, result func() any, reply chan<- any) {
	s, sky := l.server, &l.world.weather
	if !s.up || s.run != c.run {
		// Another process, or none, knows nothing of the connection.
		if s.host {
			l.breakLater(c, sky.delay(back), false)
		}
		return
	}
	for i, step := range steps {
		if i > 0 && out.chance(sky.gap) {
			l.world.later(l.lane, out.between(time.Microsecond, 3*time.Millisecond), func() {
				l.arrived(c, out, back, steps[i:], result, reply)
			})
			return
		}
		step()
	}
	delay := sky.delay(back)
	if back.chance(sky.lostReply) {
		l.world.logf("%s reply is lost", l.name)
		l.breakLater(c, delay, back.chance(sky.silent))
		return
	}
	answer := result()
	l.travel(l.laneBack, delay, func() {
		select {
		case <-c.broken: // what comes after the end of a connection is not read
		default:
			reply <- answer
		}
	})
}

// dial opens a connection unless there is one that is not known to be broken.
func (l *link) dial(limit time.Duration) error {
	if l.isDead() {
		return errDead
	}
	if l.conn != nil {
		select {
		case <-l.conn.broken:
			l.conn = nil
		default:
			return nil
		}
	}
	w, s := l.world, l.server
	opened := make(chan *conn, 1)
	w.mu.Lock()
	l.messages++
	out := newDice(w.seed, forMessage, uint64(l.lane), l.messages, toServer)
	back := newDice(w.seed, forMessage, uint64(l.lane), l.messages, toProcess)
	delay := w.weather.delay(out)
	abandoned := false
	l.travel(l.lane, delay, func() {
		if !s.host || abandoned {
			return
		}
		var c *conn
		if s.up {
			c = &conn{link: l, run: s.run, broken: make(chan struct{})}
			s.conns = append(s.conns, c)
		}
		l.travel(l.laneBack, w.weather.delay(back), func() { opened <- c })
	})
	w.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	select {
	case l.conn = <-opened:
		if l.conn != nil {
			return nil
		}
		return errRefused
	case <-timer.C:
		err = errDialed
	case <-l.dead:
		err = errDead
	}
	w.mu.Lock()
	abandoned = true
	w.mu.Unlock()
	return err
}
