package watcher

import (
	"context"
	"time"
)

// A token may have left a node without an event: the node forgot it, or gave it
// to somebody else. Or the event is on its way. The node sends its events and
// the answer to a PING on the subscription in order, so a PING sent after the
// read brings certainty in one round trip. The same goes for a change that a scan
// finds, of which no event has told yet.

// questions are names that an echo is to settle.
type questions struct {
	// doubts are those of which an event may be on its way that tells how a
	// token left the node.
	doubts map[string]struct{}
	// suspects are those that a scan found changed.
	suspects map[string]struct{}
}

func newQuestions() questions {
	return questions{doubts: make(map[string]struct{}), suspects: make(map[string]struct{})}
}

// none reports whether there is nothing to settle.
func (q *questions) none() bool { return len(q.doubts) == 0 && len(q.suspects) == 0 }

// seek asks the node for an echo if there are questions and none is on its way.
func (s *session) seek(ctx context.Context) error {
	if s.fresh.none() || !s.sought.none() || s.feed == nil {
		return nil
	}
	s.fresh, s.sought = s.sought, s.fresh
	if err := s.feed.seek(ctx); err != nil {
		return errGap
	}
	return nil
}

// echoed receives when the echo came; nil where there are no events.
func (s *session) echoed() <-chan struct{} {
	if s.feed == nil {
		return nil
	}
	return s.feed.echoed
}

// settle answers the questions of which no event came before the echo. Where one
// did, the name is dirty, and the next read takes it in. Where a doubt came up again
// after the echo was asked for, the next echo tells.
func (s *session) settle(ctx context.Context) error {
	names := make([]string, 0, len(s.sought.doubts))
	for name := range s.sought.doubts {
		if _, again := s.fresh.doubts[name]; !again && !s.dirty.has(name) {
			names = append(names, name)
		}
	}
	missed := uint64(0)
	for name := range s.sought.suspects {
		if !s.dirty.has(name) {
			missed++
		}
	}
	clear(s.sought.doubts)
	clear(s.sought.suspects)
	s.board.settle(s.index, names)
	s.miss(missed)
	return s.seek(ctx)
}

// suspect notes names that a scan found changed although no event said so yet.
func (s *session) suspect(names []string) {
	for _, name := range names {
		if !s.dirty.has(name) {
			s.fresh.suspects[name] = struct{}{}
		}
	}
}

// heardOf notes that an event told of a name.
func (s *session) heardOf(name string) {
	delete(s.fresh.suspects, name)
	delete(s.sought.suspects, name)
}

// miss turns to polling when changes were found that no event told.
func (s *session) miss(changes uint64) {
	if changes == 0 {
		return
	}
	s.board.nodeStatus(s.index, func(n *NodeStatus) { n.Missed += changes })
	if s.live {
		s.log.Warn("a node changed without sending events and is polled", "changes", changes)
		s.setLive(false)
		s.lastProof = time.Now() // show it for a while, whatever the settings say
	}
}
