package lockengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Waker tells when a lock becomes free, so that waiting callers need not ask
// again and again.
type Waker interface {
	// Free returns a channel that receives when a quorum of nodes came to
	// report name free since the call, and a function that ends the interest.
	// live is false while the nodes' changes are not noticed at once, so that
	// the caller had better ask by itself.
	Free(name string) (free <-chan struct{}, live func() bool, stop func())
}

// A QueueFullError says that too many callers of this engine wait for a name.
type QueueFullError struct {
	Name    string
	Waiters int
}

func (e *QueueFullError) Error() string {
	return fmt.Sprintf("lock %q: %d callers of this process wait for it already", e.Name, e.Waiters)
}

// A queue orders the callers of one engine that want one name: first come,
// first served. Only the first asks the nodes.
type queue struct {
	waiters []*waiter
	one     [1]*waiter // room for waiters, while that is enough
	founder waiter     // room for the one that came first
	// refused is why the last attempt failed, nil when there was none: what a
	// caller is told who does not want to wait.
	refused error
	at      time.Time
	// run counts the leases that callers of this engine had one after the
	// other, and runSince is when the first began.
	run      int
	runSince time.Time
}

// A waiter is one caller in a queue.
type waiter struct {
	name  string
	owner string
	since time.Time
	first chan struct{} // closed when it is its turn; nil where it was from the start
	free  chan struct{} // receives when a lease of this engine on the name ends
	freed bool          // one did before free was there
	moved func(position, of int)
}

// queues are the names that somebody of this engine wants now.
type queues struct {
	mu     sync.Mutex // guards byName and everything in it
	byName map[string]*queue
}

// join appends a caller to the queue for a name.
func (e *Engine) join(name, owner string, moved func(position, of int)) (*waiter, error) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	q := e.queues.byName[name]
	if q == nil {
		q = &queue{founder: waiter{name: name, owner: owner, moved: moved}}
		q.waiters = append(q.one[:0], &q.founder)
		e.queues.byName[name] = q
		return &q.founder, nil
	}
	if len(q.waiters) > e.cfg.MaxWaiters {
		return nil, &QueueFullError{Name: name, Waiters: len(q.waiters) - 1}
	}
	w := &waiter{name: name, owner: owner, moved: moved, first: make(chan struct{})}
	q.waiters = append(q.waiters, w)
	return w, nil
}

// waits notes that a caller has begun to wait, and tells how many do.
func (e *Engine) waits(w *waiter) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	if w.since.IsZero() {
		w.since = e.now()
		w.free = make(chan struct{}, 1)
		if w.freed {
			w.free <- struct{}{}
		}
		e.queues.byName[w.name].tell(e, w.name, 0)
	}
}

// leave takes a caller out of its queue, whatever its place.
func (e *Engine) leave(w *waiter, err error) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	q := e.queues.byName[w.name]
	for i, x := range q.waiters {
		if x != w {
			continue
		}
		q.waiters = append(q.waiters[:i], q.waiters[i+1:]...)
		if i == 0 && len(q.waiters) > 0 {
			close(q.waiters[0].first)
		}
		break
	}
	now := e.now()
	q.refused, q.at = isHeld(err), now
	if err == nil {
		if q.run++; q.run == 1 {
			q.runSince = now
		}
	}
	if !w.since.IsZero() {
		q.tell(e, w.name, e.since(w.since))
	}
	if len(q.waiters) == 0 {
		delete(e.queues.byName, w.name)
	}
}

// isHeld returns the part of err that names a holder, nil where there is none.
func isHeld(err error) error {
	if err == nil {
		return nil
	}
	var held *HeldError
	if errors.As(err, &held) {
		return held
	}
	return nil
}

// tell publishes the state of the queue. It is called under the lock.
func (q *queue) tell(e *Engine, name string, waited time.Duration) {
	event := Event{Kind: EventWaiting, Name: name, At: e.now(), Waited: waited}
	for i, w := range q.waiters {
		if w.since.IsZero() {
			continue
		}
		event.Waiters++
		if len(event.Queue) < MaxQueue {
			event.Queue = append(event.Queue, Waiting{Owner: w.owner, Since: w.since})
		}
		if event.OldestSince.IsZero() || w.since.Before(event.OldestSince) {
			event.OldestSince = w.since
		}
		if w.moved != nil {
			w.moved(i+1, len(q.waiters))
		}
	}
	e.observe(event)
}

// handOver wakes the first caller in the queue for a name: a lease of this
// engine on it has been given back.
func (e *Engine) handOver(name string) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	if q := e.queues.byName[name]; q != nil && len(q.waiters) > 0 {
		w := q.waiters[0]
		w.freed = true
		select {
		case w.free <- struct{}{}:
		default:
		}
	}
}

// A caller of this engine that waits is first when a lease of the engine is
// released: its attempt goes out right behind the release. That is fast, and
// would keep other processes from the lock for ever. So after so many leases in
// a row, or so long, the name is left alone for a moment: enough for another
// process to hear that it is free, and to ask.
const (
	longestRun = 128
	maxRunTime = 100 * time.Millisecond
	yieldPause = 3 * time.Millisecond
)

// yields reports whether it is time to leave the name to other processes for a
// moment, once.
func (e *Engine) yields(name string) bool {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	q := e.queues.byName[name]
	if q.run < longestRun && (q.run == 0 || e.since(q.runSince) < maxRunTime) {
		return false
	}
	q.run = 0
	return true
}

// yield leaves the name to other processes for a moment.
func (e *Engine) yield(ctx context.Context) {
	over, timer := e.newTimer(yieldPause)
	defer timer.Stop()
	select {
	case <-over:
	case <-e.closing:
	case <-ctx.Done():
	}
}

// turn waits until it is the caller's turn. A caller that does not want to
// wait is told at once why those before it do.
func (e *Engine) turn(ctx context.Context, w *waiter, waitUntil time.Time) error {
	if w.first == nil {
		return nil
	}
	select {
	case <-w.first:
		return nil
	default:
	}
	e.waits(w)
	// Even without wishing to wait, a caller must give the one before it the
	// time of an attempt: it may be through in a moment.
	patience := max(e.until(waitUntil), e.cfg.NodeTimeout)
	over, timer := e.newTimer(patience)
	defer timer.Stop()
	select {
	case <-w.first:
		return nil
	case <-over:
		return e.queued(w)
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("%w; %w", context.Cause(ctx), e.queued(w))
	}
}

// queued is why a caller that never came to ask did not get the lock.
func (e *Engine) queued(w *waiter) error {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	q := e.queues.byName[w.name]
	before := slices.Index(q.waiters, w)
	var last *HeldError
	if !errors.As(q.refused, &last) {
		return &HeldError{Name: w.name, Queued: before}
	}
	held := *last
	held.Queued = before
	if held.TTL > 0 {
		held.TTL = max(held.TTL-e.since(q.at), 0)
	}
	return &held
}

// refusedWith keeps why the first in the queue was refused.
func (e *Engine) refusedWith(w *waiter, err error) {
	e.queues.mu.Lock()
	defer e.queues.mu.Unlock()
	q := e.queues.byName[w.name]
	q.refused, q.at = err, e.now()
	if e.held(w.name) == nil {
		q.run = 0 // somebody else had it
	}
}

// slowPoll is how many times the retry delay a caller waits that will be woken:
// the last resort, should the wake-up be lost.
const slowPoll = 20

// spread is within what time a caller that waits asks again after rivals have
// split the votes, 0 when they have not: twice as long as their attempt took, and
// twice as long again each time that they meet once more. Rivals that were woken
// together are so told apart within a few round trips.
func (e *Engine) spread(err error, last, took time.Duration) time.Duration {
	var split *NoQuorumError
	if !errors.As(err, &split) || !slices.ContainsFunc(split.Votes, func(v NodeVote) bool { return v.Vote == VoteOther }) {
		return 0
	}
	return min(2*max(last, took), e.cfg.RetryDelay)
}

// pause waits until another attempt makes sense: the lock was given back in
// this process or was seen to be free, the holder's lease should have ended, or
// it is time to ask again anyway. It returns an error when there is nothing
// more to wait for.
func (e *Engine) pause(ctx context.Context, w *waiter, free <-chan struct{}, live bool, last error, spread time.Duration, waitUntil time.Time) error {
	delay := e.cfg.RetryDelay
	if j := e.cfg.RetryJitter; j > 0 {
		delay += time.Duration(e.cfg.Random()%uint64(2*j+1)) - j
	}
	var held *HeldError
	if errors.As(last, &held) {
		if live {
			delay *= slowPoll
		}
		if held.TTL > 0 {
			delay = min(delay, held.TTL+time.Millisecond)
		}
		delay = min(delay, e.until(waitUntil))
	} else {
		if spread > 0 && e.now().Before(waitUntil) {
			delay = time.Duration(e.cfg.Random() % uint64(spread))
		}
		// Nobody won. That the nodes are free again, now that the rivals have
		// taken back their votes, is news to all of them at the same moment: who
		// acted on it would collide with them once more.
		free = nil
	}
	over, timer := e.newTimer(max(delay, time.Millisecond))
	defer timer.Stop()
	select {
	case <-over:
	case <-free:
	case <-w.free:
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
