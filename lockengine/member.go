package lockengine

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A member is a node as the engine believes in it: whether it answers, whether
// it still remembers what it was told, and what its clock says.
type member struct {
	engine *Engine
	node   Node
	index  int

	// trust is what the hot path looks at, replaced as a whole: nil while the
	// node has not been met or sits out.
	trust atomic.Pointer[identity]
	// open is set while the circuit is open: the node is not asked, and this is
	// why.
	open atomic.Pointer[circuitError]

	// acquainted is met, and ahead the clock's offset, for those who must not
	// take the lock.
	acquainted atomic.Bool
	ahead      atomic.Pointer[time.Duration]

	mu       sync.Mutex // guards everything below
	met      bool       // its marker and clock have been read
	identity identity   // the memory and process that it had when last looked at
	marking  bool       // a new marker is being written
	// remembered is when it was last seen with the memory that we know.
	remembered time.Time
	marked     time.Time // when that was last done: answers to older questions say nothing
	outUntil   time.Time // it sits out until then; zero when it does not
	outWhy     string
	failures   int // in a row
	lastErr    error
	probe      time.Duration // the next pause of a node that does not answer
	polls      int
	clock      clockMonitor
	health     *Health // the last full one
	rtt        time.Duration
	upSince    time.Time
	timer      Timer
	stopped    bool
}

// An identity tells one memory and one server process from the next.
type identity struct {
	born, run string
}

const (
	// pollEvery is how often a node that answers is asked how it is, and
	// fullEvery how many of those times everything is asked.
	pollEvery = time.Second
	fullEvery = 10
	// probeFirst and probeLast bound the pauses between questions to a node
	// that does not answer.
	probeFirst = 100 * time.Millisecond
	probeLast  = time.Second
	// openAfter is how many failures in a row open the circuit.
	openAfter = 3
	// healthTimeout is how long an answer about health may take.
	healthTimeout = time.Second
	// fenceRetention is how long a node keeps the fence of a name that nobody
	// takes any more. It is what the clocks may run backwards without a fence
	// being given out twice.
	fenceRetention = time.Hour
)

// A circuitError says why a node is not asked.
type circuitError struct{ last error }

func (e *circuitError) Error() string {
	return "not asked, it did not answer lately: " + e.last.Error()
}
func (e *circuitError) Unwrap() error { return e.last }

// known reports whether the first contact has come about.
func (m *member) known() bool { return m.acquainted.Load() }

// submit hands an operation to the node, or answers it at once while the
// circuit is open.
func (m *member) submit(op *Op) {
	if why := m.open.Load(); why != nil {
		op.Answer = Answer{Vote: VoteDown, Void: true, Err: why}
		op.To.Complete(op)
		return
	}
	m.node.Submit(op)
}

// judge says what the answer to an operation that was handed over at sent
// counts for. It is called once per answer.
func (m *member) judge(op *Op, sent time.Time) Vote {
	a := &op.Answer
	switch a.Vote {
	case VoteGranted, VoteOther, VoteFree:
	case VoteDown, VoteTimeout:
		var notAsked *circuitError
		if !errors.As(a.Err, &notAsked) && !wasNotSent(a.Err) {
			m.failed(orUnknown(a.Err))
		}
		return a.Vote
	default:
		return a.Vote
	}
	if m.engine.cfg.NoQuarantine || op.Kind == KindRelease {
		return a.Vote
	}
	// The hot path: the memory that we know, and nothing has happened to it.
	if t := m.trust.Load(); t != nil && a.Born == t.born && (a.Run == t.run || a.Run == "" || t.run == "") {
		return a.Vote
	}
	return m.doubt(a, sent)
}

// doubt judges the answer of a node that is not simply trusted.
func (m *member) doubt(a *Answer, sent time.Time) Vote {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.met {
		return VoteUnknown
	}
	if !sent.After(m.marked) && !m.sitsOutLocked() {
		return VoteUnknown
	}
	if forgot := m.compareLocked(a, sent); forgot {
		return VoteAmnesia
	}
	if m.sitsOutLocked() {
		return VoteQuarantined
	}
	return a.Vote
}

// sitsOutLocked reports whether the node is in quarantine, and ends it when
// its time is over.
func (m *member) sitsOutLocked() bool {
	if m.outUntil.IsZero() {
		return false
	}
	if m.engine.now().Before(m.outUntil) || m.marking {
		return true
	}
	m.admitLocked()
	return false
}

// admitLocked lets the node vote from now on.
func (m *member) admitLocked() {
	wasOut := !m.outUntil.IsZero()
	m.outUntil, m.outWhy = time.Time{}, ""
	known := m.identity
	m.trust.Store(&known)
	if wasOut {
		m.engine.observe(Event{Kind: EventAdmitted, Node: m.node.ID(), At: m.engine.now()})
	}
}

// sitOutLocked keeps the node from voting until a moment.
func (m *member) sitOutLocked(until time.Time, why string) {
	m.trust.Store(nil)
	// The marker that we have just written says the same in milliseconds.
	known := m.outWhy == why && until.Sub(m.outUntil).Abs() < time.Second
	m.outUntil, m.outWhy = until, why
	if known {
		return
	}
	m.engine.observe(Event{Kind: EventQuarantined, Node: m.node.ID(), At: m.engine.now(), ValidUntil: until, Err: errors.New(why)})
}

// compareLocked looks whether the node is still the one that we knew, and
// reports whether it has forgotten what it was told. The answer that shows a
// loss counts for nothing, and neither do those of the time that the loss could
// matter.
func (m *member) compareLocked(a *Answer, sent time.Time) (forgot bool) {
	born, run := a.Born, a.Run
	if m.marking || !sent.After(m.marked) {
		return false // the marker was about to change
	}
	restarted := run != "" && m.identity.run != "" && run != m.identity.run
	switch {
	case born == "":
		m.identity.run = orElse(run, m.identity.run)
		m.forgetLocked(orElse(a.Lost, "it lost its memory"), false)
		return true
	case restarted && (m.health == nil || !m.health.durable()):
		// Whatever marker stands there may be an old one that came back with an
		// old memory.
		m.identity.run = run
		m.forgetLocked("it was restarted and may have lost its last writes", true)
		return true
	case born != m.identity.born && !m.coversLocked(born):
		// An engine that never knew the old memory met the node after the loss,
		// and takes it for one that has nothing to forget.
		m.identity.run = orElse(run, m.identity.run)
		m.forgetLocked("it lost its memory, which the engine that met it next could not know", true)
		return true
	case born != m.identity.born:
		// Another engine has seen the loss before us and has said until when.
		m.identity = identity{born: born, run: orElse(run, m.identity.run)}
		m.obeyLocked("it lost its memory, as another engine has seen")
		return true
	case restarted:
		m.identity.run = run
		m.retrustLocked()
		return false
	}
	if m.identity.run == "" && run != "" {
		m.identity.run = run
		m.retrustLocked()
	}
	m.remembered = sent
	return false
}

// coversLocked reports whether a marker that replaced the one that we knew lets
// the node vote only when all that it can have forgotten has ended: everything
// that it was told since it was last seen with its memory. A marker that was
// written by hand covers everything, because somebody said so.
func (m *member) coversLocked(marker string) bool {
	at, byHand, ok := parseMarker(marker)
	if !ok || byHand || m.remembered.IsZero() {
		return true
	}
	return !m.localTimeLocked(at).Before(m.remembered.Add(m.engine.cfg.MaxTTL))
}

// retrustLocked makes the hot path know the present identity, if the node votes.
func (m *member) retrustLocked() {
	if m.met && m.outUntil.IsZero() {
		known := m.identity
		m.trust.Store(&known)
	}
}

// forgetLocked starts the quarantine of a node that has lost its memory, and
// writes a marker that tells everybody. force replaces the marker there is.
func (m *member) forgetLocked(why string, force bool) {
	until := m.engine.now().Add(m.engine.cfg.MaxTTL)
	m.sitOutLocked(until, why)
	m.markLocked(newMarker(m.nodeTimeLocked(until), false), force)
}

// obeyLocked does what the marker says: the node votes from the time in it on.
func (m *member) obeyLocked(why string) {
	at, _, ok := parseMarker(m.identity.born)
	if !ok {
		m.forgetLocked("its marker "+strconvQuote(m.identity.born)+" is not one of ours", true)
		return
	}
	until := m.localTimeLocked(at)
	if !m.engine.now().Before(until) {
		m.admitLocked()
		return
	}
	// A marker from far ahead would keep the node out for ever.
	if most := m.engine.now().Add(2 * m.engine.cfg.MaxTTL); until.After(most) {
		until = most
	}
	m.sitOutLocked(until, why)
}

// nodeTimeLocked and localTimeLocked translate between the clocks.
func (m *member) nodeTimeLocked(local time.Time) time.Time {
	best, _ := m.clock.best()
	return m.engine.reference.at(local).Add(best.offset)
}

func (m *member) localTimeLocked(node time.Time) time.Time {
	best, _ := m.clock.best()
	return m.engine.reference.local(node.Add(-best.offset))
}

// failed counts an operation that brought no answer, and opens the circuit
// after some.
func (m *member) failed(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures++
	m.lastErr = err
	if m.failures < openAfter || m.open.Load() != nil || m.stopped {
		return
	}
	m.openLocked(err)
	m.probe = probeFirst
	m.pollLocked(0)
}

// openLocked opens the circuit.
func (m *member) openLocked(err error) {
	m.upSince = time.Time{}
	if m.open.Swap(&circuitError{last: err}) == nil {
		m.engine.observe(Event{Kind: EventCircuit, Node: m.node.ID(), At: m.engine.now(), Err: err})
	}
}

// succeededLocked closes the circuit.
func (m *member) succeededLocked() {
	m.failures, m.lastErr, m.probe = 0, nil, 0
	if m.upSince.IsZero() {
		m.upSince = m.engine.now()
	}
	if m.open.Swap(nil) != nil {
		m.engine.observe(Event{Kind: EventCircuit, Node: m.node.ID(), At: m.engine.now()})
	}
}

func orElse(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

// strconvQuote quotes a value found on a node, shortened.
func strconvQuote(s string) string {
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return fmt.Sprintf("%q", s)
}
