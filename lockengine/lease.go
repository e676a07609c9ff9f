package lockengine

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Lease is a lock in the holder's hand. It is valid until ValidUntil, and
// not a moment longer whatever the nodes say: the holder must have stopped by
// then, and Context tells it.
type Lease struct {
	engine *Engine
	name   string
	owner  string
	note   string
	token  string
	// fingerprint is that of the token where it is told to an Observer.
	fingerprint string
	acquiredAt  time.Time
	fence       int64
	round       *round // of the acquire; goes on collecting late votes

	mu         sync.Mutex      // guards everything below
	changing   bool            // an Extend or a Release is under way
	changed    chan struct{}   // closed when it is over; nil where nobody waits for that
	ctx        context.Context // nil until somebody asks for it
	cancel     context.CancelCauseFunc
	ttl        time.Duration
	validUntil time.Time
	mayLast    time.Time // until when a node may hold the token, failed extensions included
	ended      error     // why the lease is over; nil while it is not
	expiry     Timer
	renewal    Timer // nil where the lease is not renewed
	// healed are the nodes that were given the token back, true once they have
	// said that it is there or that it cannot be.
	healed map[int]bool
}

func newLease(e *Engine, r *round, name, owner string, ttl time.Duration) *Lease {
	return &Lease{
		engine: e, name: name, owner: owner, token: r.request.Token, acquiredAt: r.start, round: r, ttl: ttl,
		validUntil: r.start.Add(ttl - e.cfg.drift(ttl)),
		mayLast:    r.start.Add(ttl + e.cfg.drift(ttl)),
	}
}

// firstValidity is what is left of the lease now, counted from before the
// first operation was sent.
func (l *Lease) firstValidity() time.Duration { return l.engine.until(l.validUntil) }

// activate starts the clock of a lease that was won.
func (l *Lease) activate() {
	l.engine.observe(l.event(EventAcquired, l.acquiredAt, nil))
	l.mu.Lock()
	l.expiry = l.engine.afterFunc(l.engine.until(l.validUntil), l.expire)
	l.mu.Unlock()
}

// Name is the lock's name.
func (l *Lease) Name() string { return l.name }

// Owner is who asked for the lease.
func (l *Lease) Owner() string { return l.owner }

// Note is what was noted when the lease was asked for.
func (l *Lease) Note() string { return l.note }

// Token is the value on the nodes: the secret that allows to extend and
// release the lock.
func (l *Lease) Token() string { return l.token }

// Fingerprint names the token without giving it away.
func (l *Lease) Fingerprint() string {
	if l.fingerprint != "" {
		return l.fingerprint
	}
	return Fingerprint(l.token)
}

// Fence is the fencing token: a number that is higher than that of every lease
// of the name before. Pass it to the resource with every write, and have the
// resource refuse a lower one than it has seen, see [FenceTable].
func (l *Lease) Fence() int64 { return l.fence }

// AcquiredAt is when the attempt that took the lock started.
func (l *Lease) AcquiredAt() time.Time { return l.acquiredAt }

// TTL is the lease last asked for on the nodes.
func (l *Lease) TTL() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ttl
}

// ValidUntil is until when the holder may believe in the lease, on the
// monotonic clock of this process.
func (l *Lease) ValidUntil() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.validUntil
}

// Valid reports whether the lease is held and its time has not run out.
func (l *Lease) Valid() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended == nil && l.engine.now().Before(l.validUntil)
}

// Votes returns what each node said when the lock was taken, answers that came
// after the decision included.
func (l *Lease) Votes() []NodeVote { return l.round.votes() }

// Context ends when the lease does, by a local timer whatever the nodes do. Its
// cause is ErrExpired, ErrForced, ErrLost or ErrReleased.
func (l *Lease) Context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		l.ctx, l.cancel = context.WithCancelCause(context.Background())
		if l.ended != nil {
			l.cancel(l.ended)
		}
	}
	return l.ctx
}

// Extend makes the lease valid for ttl from now, less the drift allowance, if
// a quorum still holds the token before the present validity ends. It never
// shortens a lease, and one that fails changes nothing of what is known:
//
//   - *ArgumentError: ttl cannot be used; nothing was sent.
//   - ErrLost: the lease is over, or the nodes no longer hold it. Its context
//     has ended.
//   - ErrReleased: it was released.
//   - *NoQuorumError: too few nodes answered; the lease is still valid until
//     ValidUntil and the call may be repeated.
//   - the context's error.
func (l *Lease) Extend(ctx context.Context, ttl time.Duration) error {
	if err := checkContext(ctx); err != nil {
		return err
	}
	if err := l.engine.cfg.checkTTL(ttl); err != nil {
		return err
	}
	ttl = ttl.Truncate(time.Millisecond)
	if err := l.engine.begin(); err != nil {
		return err
	}
	defer l.engine.end()
	if err := l.change(ctx); err != nil {
		return err
	}
	defer l.changeOver()
	if err := l.state(); err != nil {
		return err
	}

	r := l.engine.newRound(Request{Kind: KindExtend, Name: l.name, Token: l.token, TTL: ttl})
	r.answered = func(op *Op, _ Vote, late bool) {
		if late && op.Answer.Vote == VoteFree && r.won() {
			l.heal(op.Index, ttl)
		}
	}
	l.mu.Lock()
	if last := r.start.Add(ttl + l.engine.cfg.drift(ttl)); last.After(l.mayLast) {
		l.mayLast = last
	}
	l.mu.Unlock()
	r.send()
	both, stop := joined(ctx, l.Context())
	defer stop()
	r.wait(both)

	switch {
	case r.won():
		if err := l.prolong(r.start, ttl); err != nil {
			return err
		}
		for i := range r.ops {
			if a, ok := r.answer(i); ok && a.Vote == VoteFree {
				l.heal(i, ttl)
			}
		}
		return nil
	case r.lost():
		l.finish(ErrLost)
		l.engine.undo(r, l.owner)
		return ErrLost
	case l.state() != nil:
		return l.state()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &NoQuorumError{Name: l.name, Kind: KindExtend, Quorum: l.engine.quorum, Votes: r.votes()}
}

// change waits until no Extend or Release is under way, and begins one.
func (l *Lease) change(ctx context.Context) error {
	for {
		l.mu.Lock()
		if !l.changing {
			l.changing = true
			l.mu.Unlock()
			return nil
		}
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		over := l.changed
		l.mu.Unlock()
		select {
		case <-over:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// changeOver ends what change began.
func (l *Lease) changeOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changing = false
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// heal gives the token back to a node that has lost it, after a quorum has
// extended the lease: never before, since without a quorum the name may have
// become somebody else's. It is sent before a release that ends the lease can
// be, so that it cannot outlive it.
func (l *Lease) heal(index int, ttl time.Duration) {
	q := &question{op: Op{Index: index}}
	q.op.Request = &Request{Kind: KindHeal, Name: l.name, Token: l.token, TTL: ttl, To: q,
		Deadline: l.engine.now().Add(l.engine.cfg.NodeTimeout)}
	q.answer = func(a *Answer) {
		if a.Void || a.clear() {
			l.mu.Lock()
			l.healed[index] = true
			l.mu.Unlock()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil {
		return
	}
	if l.healed == nil {
		l.healed = make(map[int]bool)
	}
	l.healed[index] = false
	l.engine.members[index].submit(&q.op)
}

// placed tells what a release must know of a node: whether nothing was ever put
// there, and whether the node has answered all that could put it there, so that
// nothing comes after the release any more.
func (l *Lease) placed(index int) (nothing, settled bool) {
	acquired, answered := l.round.answer(index)
	l.mu.Lock()
	defer l.mu.Unlock()
	done, healed := l.healed[index]
	settled = answered && (acquired.Void || acquired.clear()) && (!healed || done)
	return answered && acquired.Void && !healed, settled
}

// joined returns a context that ends with a or with b.
func joined(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a)
	stop := context.AfterFunc(b, cancel)
	return ctx, func() { stop(); cancel() }
}

// prolong moves the end of the lease after a quorum extended it, unless it
// came too late.
func (l *Lease) prolong(start time.Time, ttl time.Duration) error {
	l.mu.Lock()
	if l.ended != nil || !l.engine.now().Before(l.validUntil) {
		l.mu.Unlock()
		l.expire()
		return l.state()
	}
	if until := start.Add(ttl - l.engine.cfg.drift(ttl)); until.After(l.validUntil) {
		l.validUntil, l.ttl = until, ttl
		l.expiry.Reset(l.engine.until(until))
	}
	l.mu.Unlock()
	l.engine.observe(l.event(EventExtended, l.engine.now(), nil))
	return nil
}

// Release gives the lock back and returns when a quorum has confirmed it. The
// lease is over in any case, and its context ends at once. Releasing again, or
// a lease that ran out, does nothing and is no error.
//
//   - ErrLost: the nodes hold another token or none: the lease had not been
//     exclusive to its end.
//   - *NoQuorumError: too few nodes confirmed. The rest is tried again in the
//     background, and ends with the TTL.
//   - the context's error; the release goes on in the background.
func (l *Lease) Release(ctx context.Context) error {
	if err := checkContext(ctx); err != nil {
		return err
	}
	l.engine.hold(1)
	defer l.engine.end()
	if err := l.change(ctx); err != nil {
		return err
	}
	defer l.changeOver()
	if !l.finish(ErrReleased) {
		return nil
	}
	r := l.release()
	l.engine.handOver(l.name) // behind the release on every node, so it need not be waited for
	r.wait(ctx)
	switch {
	case r.won():
		return nil
	case r.lost() && !l.engine.now().Before(l.ValidUntil()):
		return nil // it ran out by itself meanwhile, and whoever came next is none of its business
	case r.lost():
		return ErrLost
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &NoQuorumError{Name: l.name, Kind: KindRelease, Quorum: l.engine.quorum, Votes: r.votes()}
}

// release sends the compare-and-delete to all nodes and has it repeated where
// it is not confirmed.
func (l *Lease) release() *round {
	e := l.engine
	l.mu.Lock()
	until := l.mayLast
	l.mu.Unlock()
	r := e.newRound(Request{Kind: KindRelease, Name: l.name, Token: l.token})
	r.answered = func(op *Op, _ Vote, _ bool) {
		if op.Answer.Vote != VoteGranted {
			nothing, settled := l.placed(op.Index)
			e.reap(op, until, nothing, settled)
		}
		r.heard()
	}
	r.toTheEnd()
	r.send()
	return r
}

// state returns why the lease is over, or nil.
func (l *Lease) state() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil && !l.engine.now().Before(l.validUntil) {
		return ErrExpired
	}
	return l.ended
}

// expire ends a lease whose time ran out. The timer may be early when it was
// moved while it fired. What a failed extension left on a minority would
// outlast the lease, so it is taken back.
func (l *Lease) expire() {
	l.mu.Lock()
	if left := l.engine.until(l.validUntil); l.ended == nil && left > 0 {
		l.expiry.Reset(left)
		l.mu.Unlock()
		return
	}
	outlasts := l.mayLast.Sub(l.validUntil) > 2*l.engine.cfg.drift(l.ttl)
	l.mu.Unlock()
	if l.finish(ErrExpired) && outlasts && l.engine.begin() == nil {
		l.release()
		l.engine.end()
	}
}

// finish ends the lease once, and reports whether it was still to be ended.
func (l *Lease) finish(why error) bool {
	l.mu.Lock()
	if l.ended != nil {
		l.mu.Unlock()
		return false
	}
	if errors.Is(why, ErrReleased) && !l.engine.now().Before(l.validUntil) {
		why = ErrExpired
	}
	l.ended = why
	l.expiry.Stop()
	if l.renewal != nil {
		l.renewal.Stop()
	}
	if l.cancel != nil {
		l.cancel(why)
	}
	l.mu.Unlock()

	kind := EventLost
	if errors.Is(why, ErrReleased) {
		kind = EventReleased
	}
	l.engine.observe(l.event(kind, l.engine.now(), why))
	l.engine.unregister(l)
	return true
}

func (l *Lease) event(kind EventKind, at time.Time, err error) Event {
	if l.engine.cfg.Observer == nil {
		return Event{}
	}
	return Event{Kind: kind, Name: l.name, Owner: l.owner, Note: l.note, Fingerprint: l.Fingerprint(),
		At: at, ValidUntil: l.ValidUntil(), Fence: l.fence, Votes: l.Votes(), Err: err}
}

// observeVote passes on the vote of a node.
func (l *Lease) observeVote(op *Op, vote Vote, _ bool) {
	m := l.engine.members[op.Index]
	l.engine.observe(Event{Kind: EventVote, Name: l.name, Owner: l.owner, Fingerprint: l.Fingerprint(),
		At: l.acquiredAt, Votes: []NodeVote{m.nodeVote(&op.Answer, vote)}})
}
