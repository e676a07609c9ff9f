package watcher

import "context"

// A token may have left a node without an event: the node forgot it, or gave it
// to somebody else. Or the event is on its way. The node sends its events and
// the answer to a PING on the subscription in order, so a PING sent after the
// read brings certainty in one round trip.

// seek asks the node for an echo if there are doubts and none is on its way.
func (s *session) seek(ctx context.Context) error {
	if len(s.doubts) == 0 || len(s.sought) > 0 || s.feed == nil {
		return nil
	}
	s.doubts, s.sought = s.sought, s.doubts
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

// settle ends the doubts of which no event came before the echo. Where one did,
// the name is dirty, and the next read takes it in. Where a doubt came up again
// after the echo was asked for, the next echo tells.
func (s *session) settle(ctx context.Context) error {
	names := make([]string, 0, len(s.sought))
	for name := range s.sought {
		if _, again := s.doubts[name]; !again && !s.dirty.has(name) {
			names = append(names, name)
		}
	}
	clear(s.sought)
	s.board.settle(s.index, names)
	return s.seek(ctx)
}
