package locksim

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A Violation is a promise that was broken.
type Violation struct {
	// Invariant is which, in a word or two, such as "exclusion".
	Invariant string
	// At is when, since the start of the history.
	At time.Duration
	// Text says what happened.
	Text string
}

func (v Violation) String() string {
	return fmt.Sprintf("%14.9f VIOLATION of %s: %s", v.At.Seconds(), v.Invariant, v.Text)
}

// maxViolations is how many are kept of one history: the first says it.
const maxViolations = 20

// A ledger is the observer: it keeps what the nodes were asked and did, and what
// clients hold, and compares.
type ledger struct {
	world  *World
	quorum int
	// assume says which promises can be expected of this history.
	assume struct{ exclusion, fence bool }
	// sweep is how soon nothing may be left of what failed or was released, 0
	// where that cannot be said.
	sweep time.Duration
	drift func(time.Duration) time.Duration

	mu         sync.Mutex // guards everything below
	tokens     map[string]*attempt
	prints     map[string]*attempt // by the fingerprint of the token
	owners     map[string][]*attempt
	holds      map[string][]*hold // by name
	fences     map[string]int64   // the highest by name
	violations []Violation
	acquired   int
	extended   int
}

// An attempt is one token and all that was asked for it.
type attempt struct {
	id, name string
	token    string
	asks     []*ask // the acquire and the extensions
	hold     *hold  // nil unless it was won
}

// An ask is one round.
type ask struct {
	kind    lockengine.Kind
	start   time.Time
	ttl     time.Duration
	granted map[int]time.Time // by server, when the yes was delivered
}

// A hold is a lease in the hand of a client.
type hold struct {
	attempt  *attempt
	lease    *lockengine.Lease
	until    time.Time // the deadline that is known
	released time.Time // when the release was called, zero until then
}

// holds reports whether the client may believe that it holds the lock: it has
// not been told otherwise, and has not given it back.
func (h *hold) holds(now time.Time) bool {
	return h.released.IsZero() && now.Before(h.until) && h.lease.Context().Err() == nil
}

func newLedger(w *World, servers int) *ledger {
	l := &ledger{
		world: w, quorum: servers/2 + 1,
		drift:  func(time.Duration) time.Duration { return 0 },
		tokens: make(map[string]*attempt), prints: make(map[string]*attempt), owners: make(map[string][]*attempt),
		holds: make(map[string][]*hold), fences: make(map[string]int64),
	}
	l.assume.exclusion, l.assume.fence = true, true
	return l
}

// violate keeps a broken promise.
func (l *ledger) violate(invariant, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violateLocked(invariant, format, args...)
}

func (l *ledger) violateLocked(invariant, format string, args ...any) {
	if len(l.violations) < maxViolations {
		l.violations = append(l.violations,
			Violation{Invariant: invariant, At: time.Since(l.world.start), Text: fmt.Sprintf(format, args...)})
	}
}

// idOf names a token: whose attempt it is, which number.
func (l *ledger) idOf(token string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.tokens[token]; a != nil {
		return a.id
	}
	return "a stranger"
}

// asked notes what an engine hands to a node. All nodes are asked at one
// instant of virtual time.
func (l *ledger) asked(op *lockengine.Op) {
	if op.Kind != lockengine.KindAcquire && op.Kind != lockengine.KindExtend {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.tokens[op.Token]
	if a == nil {
		parts, _ := lockengine.ParseToken(op.Token)
		a = &attempt{name: op.Name, token: op.Token, id: parts.Owner + "." + strconv.Itoa(len(l.owners[parts.Owner])+1)}
		l.tokens[op.Token], l.prints[lockengine.Fingerprint(op.Token)] = a, a
		l.owners[parts.Owner] = append(l.owners[parts.Owner], a)
	}
	now := time.Now()
	if n := len(a.asks); n == 0 || a.asks[n-1].kind != op.Kind || !a.asks[n-1].start.Equal(now) {
		a.asks = append(a.asks, &ask{kind: op.Kind, start: now, ttl: op.TTL, granted: make(map[int]time.Time)})
	}
}

// answered notes that a node's yes is delivered to the engine.
func (l *ledger) answered(server int, e entry, vote lockengine.Vote) {
	if vote != lockengine.VoteGranted {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.tokens[e.op.Token]
	if a == nil {
		return
	}
	for _, ask := range a.asks {
		if ask.kind == e.op.Kind && ask.start.Equal(e.at) {
			ask.granted[server] = time.Now()
		}
	}
}

// acquires notes that a client was given a lease.
func (l *ledger) acquires(lease *lockengine.Lease) *hold {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acquired++
	now := time.Now()
	a := l.tokens[lease.Token()]
	h := &hold{attempt: a, lease: lease, until: lease.ValidUntil()}
	a.hold = h
	if most := a.asks[0].start.Add(a.asks[0].ttl - l.drift(a.asks[0].ttl)); h.until.After(most) {
		l.violateLocked("honest deadline", "%s believes until %s after it asked, %s too long",
			a.id, h.until.Sub(a.asks[0].start), h.until.Sub(most))
	}
	for _, other := range l.holds[a.name] {
		if l.assume.exclusion && h.holds(now) && other.holds(now) {
			l.violateLocked("exclusion", "%s got %s while %s holds it for another %s",
				a.id, a.name, other.attempt.id, other.until.Sub(now))
		}
	}
	l.holds[a.name] = append(l.holds[a.name], h)
	switch highest := l.fences[a.name]; {
	case !l.assume.fence:
	case lease.Fence() <= highest:
		l.violateLocked("growing fence", "%s got the fence %d of %s after another had %d", a.id, lease.Fence(), a.name, highest)
	default:
		l.fences[a.name] = lease.Fence()
	}
	return h
}

// extends notes that an engine told that a lease is valid longer.
func (l *ledger) extends(fingerprint string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.extended++
	a := l.prints[fingerprint]
	if a == nil || a.hold == nil {
		return
	}
	now, h := time.Now(), a.hold
	if !now.Before(h.until) {
		l.violateLocked("honest extension", "%s was extended %s after its end", a.id, now.Sub(h.until))
	}
	for _, ask := range slices.Backward(a.asks) {
		if ask.kind == lockengine.KindExtend {
			if len(ask.granted) < l.quorum {
				l.violateLocked("honest extension", "%s was extended by %d nodes, want %d", a.id, len(ask.granted), l.quorum)
			}
			if most := ask.start.Add(ask.ttl - l.drift(ask.ttl)); until.After(h.until) && until.After(most) {
				l.violateLocked("honest deadline", "%s believes until %s after it asked to extend, %s too long",
					a.id, until.Sub(ask.start), until.Sub(most))
			}
			break
		}
	}
	if until.After(h.until) {
		h.until = until
	}
}

// releasing notes that a client is about to give its lease back.
func (l *ledger) releasing(h *hold) {
	l.mu.Lock()
	h.released = time.Now()
	l.mu.Unlock()
}

// over notes that everything of an owner but the lease, if any, has failed, or
// that its lease was released: soon nothing may be left of it.
func (l *ledger) over(lane int, owner string, lease *lockengine.Lease) {
	if l.sweep == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.owners[owner] {
		if lease == nil || a.token != lease.Token() {
			l.world.later(lane, l.sweep, func() { l.sweepUp(a) })
		}
	}
}

// sweepUp looks for what is left of an attempt, under the lock of the world.
func (l *ledger) sweepUp(a *attempt) {
	for _, s := range l.world.servers {
		if k, there := s.store.get(a.name, s.clock.read()); there && k.token == a.token {
			l.violate("no residue", "node %s still holds %s, %s after it was over", s.id, a.id, l.sweep)
		}
	}
}

// broken returns the violations.
func (l *ledger) broken() []Violation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.violations)
}
