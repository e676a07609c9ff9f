package lockengine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// AcquireOptions say what to ask for. The zero value asks for Config.TTL, for
// nobody in particular, and does not wait for a holder.
type AcquireOptions struct {
	// TTL is the lease on each node; the validity is what drift and the time
	// of the attempt leave of it. 0 means Config.TTL. It is cut to whole
	// milliseconds, which is what Redis counts in.
	TTL time.Duration
	// Owner is who asks, at most 128 bytes of printable text. Everybody who
	// can read the nodes can read it.
	Owner string
	// Note says what the lock is taken for, at most MaxNote characters of printable
	// text. It stays in this process, and goes with the events of the lease.
	Note string
	// Wait is how long to go on while somebody else holds the lock. Callers of
	// one engine are served in the order in which they came.
	Wait time.Duration
	// Renew keeps the lease valid until it is released, see [Lease.Renew].
	Renew bool
	// MaxHold ends the renewal that long after the lock was taken. 0 means
	// never.
	MaxHold time.Duration
	// Moved, where set, is told the place in the queue of this engine, from 1,
	// whenever it changes while the caller waits. It must return quickly and
	// must not call the engine.
	Moved func(position, of int)
}

// Acquire takes the lock called name, or says why it could not:
//
//   - *ArgumentError: name, owner or TTL cannot be used; nothing was sent.
//   - *HeldError: somebody else holds it, and still did after opts.Wait.
//   - *NoQuorumError: too few nodes said yes, and still did after the retries.
//   - *TooSlowError: a quorum said yes too late.
//   - *QueueFullError: too many callers of this engine wait for it already.
//   - the context's error, joined with the last of those above if there was one.
//   - ErrClosed.
//
// Whatever a failed attempt may have left on a node is taken back, also after
// Acquire has returned and whatever became of ctx.
//
// The algorithm is Redlock, https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/,
// with the quorum counted over the configured nodes and the decision taken as
// soon as it is certain.
func (e *Engine) Acquire(ctx context.Context, name string, opts AcquireOptions) (*Lease, error) {
	ttl, err := e.checkAcquire(ctx, name, opts)
	if err != nil {
		return nil, err
	}
	if err := e.begin(); err != nil {
		return nil, err
	}
	defer e.end()
	if err := e.greeted(ctx); err != nil {
		return nil, err
	}
	w, err := e.join(name, opts.Owner, opts.Moved)
	if err != nil {
		return nil, err
	}
	lease, err := e.contend(ctx, w, opts, ttl)
	if err == nil && opts.Renew {
		lease.Renew(opts.MaxHold) // before the next in line is let loose, so that a simulation is repeatable
	}
	e.leave(w, err)
	return lease, err
}

func (e *Engine) checkAcquire(ctx context.Context, name string, opts AcquireOptions) (ttl time.Duration, err error) {
	ttl = opts.TTL
	if ttl == 0 {
		ttl = e.cfg.TTL
	}
	for _, err := range []error{checkContext(ctx), checkName(name), checkOwner(opts.Owner), checkNote(opts.Note), e.cfg.checkTTL(ttl)} {
		if err != nil {
			return 0, err
		}
	}
	return ttl.Truncate(time.Millisecond), nil
}

// contend asks the nodes, again and again while it makes sense, when it is the
// caller's turn.
func (e *Engine) contend(ctx context.Context, w *waiter, opts AcquireOptions, ttl time.Duration) (*Lease, error) {
	waitUntil := e.now().Add(opts.Wait)
	if err := e.turn(ctx, w, waitUntil); err != nil {
		return nil, err
	}
	var free <-chan struct{}
	live := func() bool { return false }
	var spread time.Duration
	for try := 0; ; try++ {
		began := e.now()
		lease, err := e.attemptUnlessHeld(ctx, w.name, opts, ttl, waitUntil)
		if err == nil {
			return lease, nil
		}
		if ctx.Err() != nil || !e.worthRetrying(err, try, waitUntil) {
			return nil, err
		}
		e.waits(w)
		e.refusedWith(w, err)
		spread = e.spread(err, spread, e.since(began))
		if free == nil && e.cfg.Wake != nil {
			var stop func()
			free, live, stop = e.cfg.Wake.Free(w.name)
			defer stop()
			if isHeld(err) != nil {
				continue // it may have become free before we listened
			}
		}
		if endErr := e.pause(ctx, w, free, live(), err, spread, waitUntil); endErr != nil {
			return nil, fmt.Errorf("%w; last attempt: %w", endErr, err)
		}
	}
}

// attemptUnlessHeld spares the nodes an attempt while this engine holds the lock
// itself and the caller will wait: they could only say so, and a release wakes
// the caller.
func (e *Engine) attemptUnlessHeld(ctx context.Context, name string, opts AcquireOptions, ttl time.Duration, waitUntil time.Time) (*Lease, error) {
	own := e.held(name)
	if own == nil || !e.now().Before(waitUntil) {
		if own == nil && e.yields(name) && e.until(waitUntil) > yieldPause {
			e.yield(ctx)
		}
		return e.attempt(ctx, name, opts, ttl)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	left := e.until(own.ValidUntil()) + e.cfg.drift(own.TTL())
	return nil, &HeldError{Name: name, Owner: own.owner, Fingerprint: own.Fingerprint(), TTL: max(left, time.Millisecond)}
}

// worthRetrying decides whether another attempt makes sense: while there is
// time to wait, always; otherwise a few times when nobody won, since rivals
// that split the votes, or a node that was away for a moment, come out
// differently the next time. A holder does not go away for being asked twice.
func (e *Engine) worthRetrying(err error, try int, waitUntil time.Time) bool {
	if errors.Is(err, ErrClosed) {
		return false
	}
	if e.now().Before(waitUntil) {
		return true
	}
	var held *HeldError
	return !errors.As(err, &held) && try < e.cfg.RetryCount
}

// attempt is one round with a fresh token.
func (e *Engine) attempt(ctx context.Context, name string, opts AcquireOptions, ttl time.Duration) (*Lease, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	candidate, owner := e.candidate(), opts.Owner
	token := newToken(candidate, owner)
	r := e.newRound(Request{Kind: KindAcquire, Name: name, Token: token, TTL: ttl, Candidate: candidate})
	lease := newLease(e, r, name, owner, ttl)
	lease.note = opts.Note
	if e.cfg.Observer != nil {
		r.answered = lease.observeVote
		lease.fingerprint = Fingerprint(token)
		e.observe(Event{Kind: EventAttempt, Name: name, Owner: owner, Fingerprint: lease.fingerprint, At: r.start})
	}
	r.send()
	r.wait(ctx)
	if r.won() {
		lease.fence = e.agree(ctx, r)
		if e.cfg.Observer != nil && lease.fence != candidate {
			e.observe(lease.event(EventRaised, r.start, nil))
		}
	}

	// The context is looked at after the rounds: a caller that has given up
	// must not be handed a lease that nobody will release. So is the validity.
	var err error
	switch validity := lease.firstValidity(); {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case lease.fence == 0:
		r.rest(ctx, restTime)
		err = &NoQuorumError{Name: name, Kind: KindAcquire, Quorum: e.quorum, Votes: r.votes()}
	case validity < e.cfg.minValidity(ttl):
		err = &TooSlowError{Name: name, Validity: validity, Minimum: e.cfg.minValidity(ttl), Votes: r.votes()}
	case e.register(lease):
		lease.activate()
		return lease, nil
	default:
		err = ErrClosed
	}

	undo := e.undo(r, owner)
	if value, nodes := r.rival(); ctx.Err() == nil && len(e.members)-nodes < e.quorum && !e.isResidue(value) {
		err = e.heldBy(ctx, r, undo, value)
	}
	if e.cfg.Observer != nil {
		e.observe(Event{Kind: EventRefused, Name: name, Owner: owner, Fingerprint: lease.fingerprint,
			At: r.start, Votes: r.votes(), Err: err})
	}
	return nil, err
}

// heldBy says who holds the lock. How long they still do comes with the answers
// to the undo: a node that finds another token there tells its TTL.
func (e *Engine) heldBy(ctx context.Context, r, undo *round, value string) *HeldError {
	undo.wait(ctx)
	held := &HeldError{Name: r.request.Name, TTL: undo.longestTTL(), Votes: r.votes()}
	for i := range held.Votes {
		if a, ok := undo.answer(i); ok && held.Votes[i].Vote == VoteOther {
			held.Votes[i].TTL = a.TTL
		}
	}
	if value != "" {
		held.Fingerprint = Fingerprint(value)
		if parts, ok := ParseToken(value); ok {
			held.Owner = parts.Owner
		}
	}
	return held
}
