package watcher

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// pollInterval is how often a node without events is scanned, unless the
	// scan itself takes half of it.
	pollInterval = time.Second
	// flushLimit is how many names are read in one go at most.
	flushLimit = 500
	// flushPause is the time from the first dirty name to the flush, so that
	// changes that come together are read together, and a name that changes all
	// the time costs a bounded number of reads.
	flushPause = 500 * time.Microsecond
	// After a flush of more than calm names the next one waits restShare times
	// as long as it took, at most longestRest: a storm of changes must not take
	// the processor from the engine that may work in the same process.
	calm        = 32
	restShare   = 4
	longestRest = 50 * time.Millisecond
)

// A session is one connection to a node, from the first answer to the first
// failure. All its reads are done by the goroutine that calls run.
type session struct {
	*node
	*place
	feed  *feeds // nil where there is none
	dirty *dirtySet
	sizes []int64 // how many keys each server had when last asked
	// canary is the one in flight, if any. Its name is never dirty.
	canary atomic.Pointer[canary]
	proven chan error // the outcome of the canary
	live   bool       // events tell what changes
	storm  storm
	synced bool // a scan has ended
	urgent bool // the next scan has to find something, see scanNow
	warned bool // the log says that the node is polled
	// sought are the questions that an echo was asked for, fresh those after it.
	fresh, sought questions

	scratch   scratch
	health    *time.Ticker
	scanTimer *time.Timer
	paced     *time.Timer   // ends a flushPause
	flushed   time.Time     // when the last flush ended
	rest      time.Duration // how long the next one waits after that
	lastInfo  time.Time
	lastProof time.Time
	wg        sync.WaitGroup
}

// run connects, reads everything once, and then what changes. It returns why
// it ended: errGap when events may have been missed and all has to be read
// again, otherwise why the node cannot be read.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	layout, err := s.locator.Locate(ctx)
	if err != nil {
		cancel()
		return err
	}
	s.place = s.open(layout)
	s.sizes = make([]int64, len(s.servers))
	// The client library does not leave a read that has begun when its context
	// ends, so close the connections under it.
	s.wg.Go(func() {
		<-ctx.Done()
		s.place.close()
	})
	s.proven = make(chan error, 1)
	s.fresh, s.sought = newQuestions(), newQuestions()
	s.health = time.NewTicker(healthInterval)
	s.scanTimer = time.NewTimer(0)
	s.paced = time.NewTimer(time.Hour)
	defer func() {
		s.health.Stop()
		s.scanTimer.Stop()
		s.paced.Stop()
		cancel()
		if s.feed != nil {
			s.feed.close()
		}
		s.wg.Wait()
	}()
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.loop(ctx)
}

// start says hello and subscribes, so that the first scan begins after the
// events do and nothing falls between them.
func (s *session) start(ctx context.Context) error {
	wasUp := s.board.up(s.index)
	s.arrive()
	if err := s.check(ctx); err != nil {
		return err
	}
	if !wasUp {
		s.log.Info("a node is up")
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	return s.prove(ctx)
}

// loop reads what changes until something fails.
func (s *session) loop(ctx context.Context) error {
	for {
		if err := s.serve(ctx, s.scanTimer.C); err != nil {
			return err
		}
		began := time.Now()
		if err := s.scan(ctx); err != nil {
			return err
		}
		s.scanTimer.Reset(s.nextScan(time.Since(began)))
	}
}

// serve reads what events tell, and looks whether the node is well, until done
// receives.
func (s *session) serve(ctx context.Context, done <-chan time.Time) error {
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.lost():
			return errGap
		case <-s.dirty.ready:
			s.paced.Reset(max(flushPause, s.rest-time.Since(s.flushed)))
		case <-s.paced.C:
			err = s.flush(ctx)
		case <-s.health.C:
			err = s.check(ctx)
		case err := <-s.proven:
			s.landed(err)
		case <-s.echoed():
			err = s.settle(ctx)
		case <-done:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lost is closed when events may have been missed; nil where there are none.
func (s *session) lost() <-chan struct{} {
	if s.feed == nil {
		return nil
	}
	return s.feed.lost
}

// flush reads the dirty names.
func (s *session) flush(ctx context.Context) error {
	began := time.Now()
	dirty := s.dirty.take(s.meter.batch())
	defer func() {
		s.flushed, s.rest = time.Now(), flushPause
		if len(dirty) > calm {
			s.rest = min(max(flushPause, restShare*s.flushed.Sub(began)), longestRest)
		}
	}()
	names := make([]string, 0, len(dirty))
	for name := range dirty {
		names = append(names, name)
		s.heardOf(name)
	}
	_, err := s.read(ctx, names, dirty)
	return err
}

// read reads the names, of which events have told so much, and puts them on
// the Board. It returns those that were not as expected.
func (s *session) read(ctx context.Context, names []string, told map[string]told) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	readings, err := reader{
		names: s.names, filter: s.filter, pins: s.cfg.Libraries, others: s.board.others(s.index, names), scratch: &s.scratch,
	}.read(ctx, names)
	if err != nil {
		return nil, err // the session ends, and the next one reads everything
	}
	if err := s.learn(ctx, readings); err != nil {
		return nil, err
	}
	for i := range readings {
		readings[i].told = told[readings[i].name]
	}
	surprises, doubts := s.board.apply(s.index, readings)
	for _, name := range doubts {
		s.fresh.doubts[name] = struct{}{}
	}
	return surprises, s.seek(ctx)
}

// nextScan returns when to scan again after a scan that took so long.
func (s *session) nextScan(took time.Duration) time.Duration {
	switch {
	case s.urgent:
		return 0
	case !s.live:
		return max(pollInterval, 2*took)
	}
	fifth := s.cfg.Resync / 5
	return max(s.cfg.Resync-fifth+rand.N(2*fifth+1)-took, 0)
}

// scanNow has everything read again at once: it is known, or likely, that there is
// something to find.
func (s *session) scanNow() {
	s.urgent = true
	s.scanTimer.Reset(0)
}
