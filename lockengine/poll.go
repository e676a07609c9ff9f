package lockengine

import (
	"errors"
	"fmt"
	"time"
)

// A question is an operation about the node itself, not about a lock.
type question struct {
	op     Op
	answer func(*Answer)
}

// Complete passes the answer on, on a goroutine of its own: a node may complete
// an operation before Submit returns, while the member is locked.
func (q *question) Complete(op *Op) { go q.answer(&op.Answer) }

// ask sends a question to the node, past the circuit.
func (m *member) ask(request Request, answer func(*Answer)) {
	q := &question{op: Op{Request: &request, Index: m.index}, answer: answer}
	request.To, request.Deadline = q, m.engine.now().Add(healthTimeout)
	m.node.Submit(&q.op)
}

// start makes the first contact and goes on asking until stop.
func (m *member) start() {
	m.mu.Lock()
	m.pollLocked(0)
	m.mu.Unlock()
}

// stop ends the questions. One that is under way is answered into the void.
func (m *member) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = true
	if m.timer != nil {
		m.timer.Stop()
	}
}

// pollLocked asks after a pause, in place of what was planned before.
func (m *member) pollLocked(pause time.Duration) {
	if m.stopped {
		return
	}
	if m.timer != nil {
		m.timer.Stop()
	}
	m.timer = m.engine.afterFunc(pause, m.poll)
}

func (m *member) poll() {
	m.mu.Lock()
	if m.stopped {
		m.mu.Unlock()
		return
	}
	full := m.polls%fullEvery == 0 || m.health == nil
	m.polls++
	request := Request{Kind: KindHealth, Above: full}
	if full && m.met {
		request.Candidate = m.nodeTimeLocked(m.engine.now()).Add(-fenceRetention).UnixMicro()
	}
	m.mu.Unlock()
	m.ask(request, m.heard)
}

// heard takes the answer about the node's health.
func (m *member) heard(a *Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return
	}
	if a.Health != nil && (a.Health.Full || len(a.Health.Missing) > 0) {
		m.health = a.Health
	}
	if a.Health == nil || a.Err != nil {
		m.unheardLocked(a.Vote, orUnknown(a.Err))
		return
	}
	m.rtt = a.Health.Received.Sub(a.Health.Sent)
	m.succeededLocked()
	m.readClockLocked(a.Health)
	if best, ok := m.clock.best(); ok {
		m.ahead.Store(&best.offset)
		m.engine.readOffset()
	}
	switch {
	case m.met && m.engine.cfg.NoQuarantine:
	case m.met:
		_ = m.compareLocked(a, a.Health.Sent)
		_ = m.sitsOutLocked()
	default:
		m.meetLocked(a)
	}
	m.pollLocked(pollEvery)
}

// unheardLocked notes that the node did not say how it is. One connection that
// broke, as idle ones do, says little: the node is asked once more before it is
// given up.
func (m *member) unheardLocked(vote Vote, err error) {
	m.lastErr = err
	m.failures++
	if m.failures > 1 || vote == VoteTimeout || !m.met {
		m.openLocked(err)
	}
	m.askAgainLocked()
}

// askAgainLocked asks after a pause that grows.
func (m *member) askAgainLocked() {
	m.probe = min(max(2*m.probe, probeFirst), probeLast)
	m.pollLocked(m.probe)
	m.engine.met(m.index)
}

// readClockLocked takes a reading of the node's clock. A clock that jumped
// made keys end at another time than was promised.
func (m *member) readClockLocked(h *Health) {
	allowed := m.engine.cfg.ClockDrift
	jump := m.clock.add(m.engine.reference.sample(h), allowed)
	if jump == 0 {
		return
	}
	m.engine.observe(Event{Kind: EventClock, Node: m.node.ID(), At: m.engine.now(), Jump: jump})
	if m.met && !m.engine.cfg.NoQuarantine {
		m.forgetLocked(fmt.Sprintf("its clock jumped by %s", jump.Round(time.Millisecond)), true)
	}
}

// meetLocked is the first contact: who the node is and whether it may vote.
func (m *member) meetLocked(a *Answer) {
	before, covers := m.identity.born, m.coversLocked(a.Born)
	m.identity = identity{born: a.Born, run: a.Run}
	if a.Born != "" {
		m.remembered = a.Health.Sent
	}
	if m.engine.cfg.NoQuarantine {
		m.metLocked()
		m.admitLocked()
		return
	}
	now := m.engine.now()
	if m.outUntil.After(now) && (a.Born == "" || a.Born == before || !covers) {
		// This engine has seen a loss before that it could not write down. A
		// marker that tells less may be an old one that came back.
		m.metLocked()
		m.markLocked(newMarker(m.nodeTimeLocked(m.outUntil), false), a.Born != "")
		return
	}
	if a.Born != "" {
		m.metLocked()
		if young := m.youngLocked(a.Health, now); young.After(now) {
			if at, _, ok := parseMarker(a.Born); ok && m.localTimeLocked(at).Before(young) {
				m.sitOutLocked(young, "it was restarted lately and may have lost its last writes")
				return
			}
		}
		m.obeyLocked("it lost its memory before this engine started")
		return
	}
	// No marker: no engine has met this node, or it lost everything while none
	// was running. What it may have forgotten has ended when it has been up
	// for longer than any lease.
	from := now
	switch {
	case m.engine.cfg.Fresh:
	case !a.Health.Full || a.Health.Promoted:
		from = now.Add(m.engine.cfg.MaxTTL)
	case a.Health.Uptime < m.engine.cfg.MaxTTL:
		from = now.Add(m.engine.cfg.MaxTTL - a.Health.Uptime)
	}
	if from.After(now) {
		why := "it was started lately, and nobody knows what it held before"
		if a.Health.Promoted {
			why = orElse(a.Lost, "it took over from another server, and nobody knows when")
		}
		m.metLocked()
		m.sitOutLocked(from, why)
	}
	if !from.After(now) {
		from = longAgo(now)
	}
	m.markLocked(newMarker(m.nodeTimeLocked(from), false), false)
}

// longAgo is from when on a node is said to vote that votes at once: so long
// ago that no engine's idea of the node's clock makes it the future.
func longAgo(now time.Time) time.Time { return now.Add(-healthTimeout) }

// youngLocked returns until when a node that has its marker may be without its
// last writes all the same, because its process was started lately: an engine
// that knew the process before would have seen that. It is now or earlier for
// one that has all it ever answered on disk, or that was started for us.
func (m *member) youngLocked(h *Health, now time.Time) time.Time {
	if !h.Full || h.durable() || m.engine.cfg.Fresh {
		return now
	}
	return now.Add(m.engine.cfg.MaxTTL - h.Uptime)
}

// metLocked ends the first contact.
func (m *member) metLocked() {
	m.met = true
	m.acquainted.Store(true)
	m.engine.met(m.index)
}

// markLocked writes a marker. Unless forced, one that another engine has
// written meanwhile stands.
func (m *member) markLocked(marker string, force bool) {
	m.marking = true
	m.ask(Request{Kind: KindMark, Token: marker, Above: force}, func(a *Answer) { m.wrote(marker, a) })
}

// wrote takes the marker that stands on the node now, after marker was to be
// written.
func (m *member) wrote(marker string, a *Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marking, m.marked = false, m.engine.now()
	if m.stopped {
		return
	}
	if a.Born == "" {
		// It could not be written: the node is not met, or is met anew.
		m.met = false
		m.trust.Store(nil)
		m.lastErr = fmt.Errorf("the memory marker could not be written: %w", orUnknown(a.Err))
		m.askAgainLocked()
		return
	}
	if m.met && a.Born != marker && !m.coversLocked(a.Born) {
		// The marker that stands is of an engine that did not know of the loss.
		m.markLocked(newMarker(m.nodeTimeLocked(m.outUntil), false), true)
		return
	}
	m.remembered = m.marked
	why := orElse(m.outWhy, "it lost its memory, as another engine has seen")
	m.identity.born = a.Born
	m.identity.run = orElse(a.Run, m.identity.run)
	if !m.met {
		m.metLocked()
	}
	m.obeyLocked(why)
}

// admit lets the node vote although its quarantine is not over, and tells
// every other engine.
func (m *member) admit(done func(error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	marker := newMarker(m.nodeTimeLocked(longAgo(m.engine.now())), true)
	m.marking = true
	m.ask(Request{Kind: KindMark, Token: marker, Above: true}, func(a *Answer) {
		m.wrote(marker, a)
		if a.Born == "" {
			done(fmt.Errorf("admit node %s: %w", m.node.ID(), orUnknown(a.Err)))
			return
		}
		m.mu.Lock()
		m.admitLocked()
		m.mu.Unlock()
		done(nil)
	})
}

func orUnknown(err error) error {
	if err != nil {
		return err
	}
	return errors.New("no answer")
}
