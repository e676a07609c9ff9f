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
	// Wait is how long to go on while somebody else holds the lock.
	Wait time.Duration
}

// Acquire takes the lock called name, or says why it could not:
//
//   - *ArgumentError: name, owner or TTL cannot be used; nothing was sent.
//   - *HeldError: somebody else holds it, and still did after opts.Wait.
//   - *NoQuorumError: too few nodes said yes, and still did after the retries.
//   - *TooSlowError: a quorum said yes too late.
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
	if ctx == nil {
		return nil, &ArgumentError{Field: "ctx", Got: "nil", Want: "a context"}
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := checkOwner(opts.Owner); err != nil {
		return nil, err
	}
	ttl := opts.TTL
	if ttl == 0 {
		ttl = e.cfg.TTL
	}
	if err := e.cfg.checkTTL(ttl); err != nil {
		return nil, err
	}
	ttl = ttl.Truncate(time.Millisecond)

	waitUntil := time.Now().Add(opts.Wait)
	for try := 0; ; try++ {
		if err := e.begin(); err != nil {
			return nil, err
		}
		lease, err := e.attempt(ctx, name, opts.Owner, ttl)
		e.end()
		if err == nil {
			return lease, nil
		}
		if ctx.Err() != nil || !e.worthRetrying(err, try, waitUntil) {
			return nil, err
		}
		if ctxErr := e.pause(ctx, err, waitUntil); ctxErr != nil {
			return nil, fmt.Errorf("%w; last attempt: %w", ctxErr, err)
		}
	}
}

// attempt is one round with a fresh token.
func (e *Engine) attempt(ctx context.Context, name, owner string, ttl time.Duration) (*Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	token := newToken(e.nextVersion(), owner)
	r := e.newRound(KindAcquire, name, token, ttl)
	lease := newLease(e, r, name, owner, ttl)
	if e.cfg.Observer != nil {
		r.answered = lease.observeLate
	}
	r.send()
	r.wait(ctx, e.cfg.NodeTimeout)

	// The context is looked at after the round: a caller that has given up
	// must not be handed a lease that nobody will release.
	var err error
	switch validity := lease.firstValidity(); {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case !r.won():
		r.rest(ctx)
		err = &NoQuorumError{Name: name, Kind: KindAcquire, Quorum: e.quorum, Votes: r.votes(e.cfg.NodeTimeout)}
	case validity < e.cfg.minValidity(ttl):
		err = &TooSlowError{Name: name, Validity: validity, Minimum: e.cfg.minValidity(ttl), Votes: r.votes(e.cfg.NodeTimeout)}
	case e.register(lease):
		lease.activate()
		return lease, nil
	default:
		err = ErrClosed
	}

	undo := e.undo(r)
	if value, nodes := r.rival(); ctx.Err() == nil && len(e.nodes)-nodes < e.quorum {
		err = e.held(ctx, r, undo, value)
	}
	e.observe(Event{Kind: EventRefused, Name: name, Owner: owner, Fingerprint: Fingerprint(token),
		At: r.start, Votes: r.votes(e.cfg.NodeTimeout), Err: err})
	return nil, err
}

// held says who holds the lock. How long they still do comes with the answers
// to the undo: a node that finds another token there tells its TTL.
func (e *Engine) held(ctx context.Context, r, undo *round, value string) *HeldError {
	undo.wait(ctx, e.cfg.NodeTimeout)
	held := &HeldError{Name: r.ops[0].Name, TTL: undo.longestTTL(), Votes: r.votes(e.cfg.NodeTimeout)}
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

// worthRetrying decides whether another attempt makes sense: while there is
// time to wait, always; otherwise a few times when nobody won, since rivals
// that split the votes, or a node that was away for a moment, come out
// differently the next time. A holder does not go away for being asked twice.
func (e *Engine) worthRetrying(err error, try int, waitUntil time.Time) bool {
	if errors.Is(err, ErrClosed) {
		return false
	}
	if time.Now().Before(waitUntil) {
		return true
	}
	var held *HeldError
	return !errors.As(err, &held) && try < e.cfg.RetryCount
}

// pause waits until the next attempt: the retry delay with jitter, or less
// when the holder's lease or the time to wait ends before. It returns an error
// when ctx ended.
func (e *Engine) pause(ctx context.Context, last error, waitUntil time.Time) error {
	delay := e.cfg.RetryDelay
	if j := e.cfg.RetryJitter; j > 0 {
		delay += time.Duration(e.cfg.Random()%uint64(2*j+1)) - j
	}
	var held *HeldError
	if errors.As(last, &held) {
		if held.TTL > 0 {
			delay = min(delay, held.TTL)
		}
		delay = min(delay, time.Until(waitUntil))
	}
	timer := time.NewTimer(max(delay, time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
