package redisnode

import (
	"context"
	"sync"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

// A shard is one master of a cluster: a queue, and a goroutine that sends what has
// gathered in one go and waits for the answers, so that operations on a name keep
// their order.
type shard struct {
	cluster *Cluster
	id      string
	addr    string
	locks   *link // of the shard's goroutine
	side    *link // for what other shards are told to ask here

	mu      sync.Mutex // guards what follows
	ready   *sync.Cond
	queue   []entry
	jobs    []func(ctx context.Context, l *link)
	stopped bool

	proof proof
	clock steadiness // of the shard's goroutine
}

func newShard(c *Cluster, m target.Master) *shard {
	s := &shard{cluster: c, id: m.ID, addr: m.Addr, locks: c.newLink(m.Addr), side: c.newLink(m.Addr)}
	s.ready = sync.NewCond(&s.mu)
	return s
}

// put hands an operation over.
func (s *shard) put(e entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
		return errClosed
	case len(s.queue) >= maxQueue:
		return errQueueFull
	}
	s.queue = append(s.queue, e)
	s.ready.Signal()
	return nil
}

// do has the shard's goroutine do something between two batches, and waits until
// it was done. It reports false when the shard was stopped before.
func (s *shard) do(ctx context.Context, job func(ctx context.Context, l *link)) bool {
	done := make(chan struct{})
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return false
	}
	s.jobs = append(s.jobs, func(_ context.Context, l *link) {
		defer close(done)
		job(ctx, l)
	})
	s.ready.Signal()
	s.mu.Unlock()
	<-done
	return true
}

// takeAll takes back what waits, and stops the shard where that is said.
func (s *shard) takeAll(stop bool) []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue := s.queue
	s.queue = nil
	s.stopped = s.stopped || stop
	s.ready.Signal()
	return queue
}

// take waits for something to do. It reports false when the shard is stopped and
// nothing is left.
func (s *shard) take() (batch []entry, jobs []func(context.Context, *link), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && len(s.jobs) == 0 && !s.stopped {
		s.ready.Wait()
	}
	size := min(len(s.queue), maxBatch)
	batch = append(batch, s.queue[:size]...)
	s.queue = append(s.queue[:0], s.queue[size:]...)
	jobs, s.jobs = s.jobs, nil
	return batch, jobs, len(batch) > 0 || len(jobs) > 0
}

// run carries out what is handed over until the shard is stopped.
func (s *shard) run() {
	defer func() {
		_ = s.locks.client.Close() // closing twice is all that can go wrong
		_ = s.side.client.Close()
	}()
	for {
		batch, jobs, ok := s.take()
		if !ok {
			return
		}
		for _, job := range jobs {
			job(s.cluster.ctx, s.locks)
		}
		if len(batch) > 0 {
			s.carryOut(batch)
		}
	}
}

// carryOut sends a batch and tells who asked.
func (s *shard) carryOut(entries []entry) {
	sent := time.Now()
	b := clusterBatch{shard: s, markers: make(map[int]*command)}
	for _, e := range entries {
		if sent.After(e.op.Deadline) {
			e.op.Answer = lockengine.Unsent(e.op)
			e.op.To.Complete(e.op)
			continue
		}
		b.add(e)
	}
	if len(b.tasks) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(s.cluster.ctx, answerTimeout)
	defer cancel()
	b.ask(ctx)
	b.vouch(ctx)
	rtt := time.Since(sent)
	for _, t := range b.tasks {
		if a := &t.op.Answer; a.Vote != lockengine.VoteDown && a.Vote != lockengine.VoteTimeout {
			a.RTT = rtt
		}
		t.op.To.Complete(t.op)
	}
}
