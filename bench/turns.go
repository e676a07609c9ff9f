package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/lockscope/lockscope/bench/engines"
)

// turns are what the callers of one process do with the lock until the end.
type turns struct {
	order
	locker engines.Locker
	until  time.Time

	mu   sync.Mutex // guards part
	part part
}

// struggle asks for the lock again and again.
func (t *turns) struggle(ctx context.Context, caller int) error {
	waiting, end := context.WithDeadline(ctx, t.until)
	defer end()
	for waiting.Err() == nil {
		if err := t.hold(ctx, waiting, caller, nil); err != nil {
			return err
		}
	}
	return nil
}

// relay asks for the lock whenever the other one has it. Whoever has the baton
// at the start asks first.
func (t *turns) relay(ctx context.Context, caller int, b *baton) error {
	waiting, end := context.WithDeadline(ctx, t.until)
	defer end()
	for {
		select {
		case <-b.theyHaveIt:
		case <-waiting.Done():
			return nil
		}
		if err := t.hold(ctx, waiting, caller, b.weHaveIt); err != nil {
			return err
		}
	}
}

// hold takes the lock, works and gives it back. When the time is over the wait
// ends, not the work. On a busy machine calls run into their timeouts; that is
// counted and the caller goes on.
func (t *turns) hold(ctx, waiting context.Context, caller int, haveIt func() error) error {
	asked := time.Now()
	held, err := t.locker.Acquire(waiting, t.Name)
	for err != nil && waiting.Err() == nil {
		t.failed(err)
		held, err = t.locker.Acquire(waiting, t.Name)
	}
	acquired := time.Now()
	if err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.part.Waits = append(t.part.Waits, acquired.Sub(asked))
		return nil
	}
	if haveIt != nil {
		if err := haveIt(); err != nil {
			return err
		}
	}
	if t.Work > 0 {
		<-time.After(t.Work)
	}
	h := hold{Caller: caller, Asked: asked.UnixNano(), Acquired: acquired.UnixNano(), Released: time.Now().UnixNano()}
	if err := held.Release(ctx); err != nil {
		t.failed(fmt.Errorf("release: %w", err))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part.Holds = append(t.part.Holds, h)
	return nil
}

// failed counts a call that failed.
func (t *turns) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part.Failures++
	t.part.Failure = err.Error()
}

// A baton is how two callers in a relay tell each other that they have the
// lock.
type baton struct {
	weHaveIt   func() error
	theyHaveIt <-chan struct{}
}

// batons are for two callers in one process. The first of them begins.
func batons() (there, back *baton) {
	toFirst, toSecond := make(chan struct{}, 1), make(chan struct{}, 1)
	toFirst <- struct{}{}
	tell := func(ch chan<- struct{}) func() error {
		return func() error {
			select {
			case ch <- struct{}{}:
			default: // the other one has ended
			}
			return nil
		}
	}
	return &baton{tell(toSecond), toFirst}, &baton{tell(toFirst), toSecond}
}
