package watcher

import "sync"

// subscriptionLimit is how many changed names a Subscription remembers. With
// more it says All, so a subscriber that does not come costs a bounded amount
// of memory.
const subscriptionLimit = 10_000

// A Subscription gathers what changed on a Board since it was last asked. It
// holds a set of names, not a queue of messages: a slow subscriber gets fewer
// and fresher answers.
type Subscription struct {
	board *Board
	ready chan struct{}

	mu      sync.Mutex // guards what follows
	names   map[string]struct{}
	pending Changes
	closed  bool
}

// Changes are what changed on a Board since the Take before.
type Changes struct {
	// Names changed or were deleted, in no order, each once. It is empty when
	// All is set.
	Names []string
	// All is set when so much changed that everything has to be read anew.
	All bool
	// Nodes is set when the status of a node changed.
	Nodes bool
	// Activity is the number of the last event there is, see Board.Activity.
	Activity uint64
	// Seq is the number of the last change that is included.
	Seq uint64
}

// C returns a channel that receives when something changed since the last
// Take. It is never closed.
func (s *Subscription) C() <-chan struct{} { return s.ready }

// Take returns what changed since the last Take, and forgets it. It may be
// called at any time and never waits.
func (s *Subscription) Take() Changes {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.pending
	if len(s.names) > 0 {
		c.Names = make([]string, 0, len(s.names))
		for name := range s.names {
			c.Names = append(c.Names, name)
		}
		clear(s.names)
	}
	s.pending.All, s.pending.Nodes = false, false
	return c
}

// Close ends the subscription. It may be called again.
func (s *Subscription) Close() {
	s.board.unsubscribe(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.names = nil
	s.pending.All, s.pending.Nodes = false, false
}

// changed notes a change of name.
func (s *Subscription) changed(name string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.pending.Seq = seq
	if !s.pending.All {
		s.names[name] = struct{}{}
		if len(s.names) > subscriptionLimit {
			s.pending.All = true
			s.names = make(map[string]struct{})
		}
	}
	s.signal()
}

// happened notes that there is an event with the number seq.
func (s *Subscription) happened(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.pending.Activity = seq
		s.signal()
	}
}

// nodesChanged notes a change of a node's status.
func (s *Subscription) nodesChanged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.pending.Nodes = true
		s.signal()
	}
}

// signal makes C receive. The caller holds mu.
func (s *Subscription) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
