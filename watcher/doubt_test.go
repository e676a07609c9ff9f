package watcher

import (
	"log/slog"
	"slices"
	"testing"
	"time"
)

// quietSession returns a session with the first node of a Board that asks nothing by
// itself.
func quietSession(b *Board) *session {
	return &session{
		node:  &node{board: b, log: slog.New(slog.DiscardHandler)},
		dirty: newDirtySet(), fresh: newQuestions(), sought: newQuestions(), live: true,
	}
}

func TestADoubtThatComesUpAfterTheEchoWasAskedForIsNotSettledByIt(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.nodeStatus(0, func(n *NodeStatus) { n.Notifications = NotificationsLive })
	b.beginScan(0)
	s := quietSession(b.Board)
	b.says(0, "lock:x", "v", time.Minute)
	for _, name := range b.says(0, "lock:x", "w", time.Minute) {
		s.sought.doubts[name] = struct{}{}
	}
	for _, name := range b.says(0, "lock:x", "u", time.Minute) {
		s.fresh.doubts[name] = struct{}{}
	}
	must(t, s.settle(t.Context()))
	if got := endingsOf(b.Board, "lock:x"); slices.Contains(got, EndedLost) {
		t.Errorf("ended %v while an event may be on its way", got)
	}
	s.sought, s.fresh = s.fresh, s.sought // the next echo was asked for
	must(t, s.settle(t.Context()))
	if got := endingsOf(b.Board, "lock:x"); !slices.Equal(got, []Ending{EndedLost, EndedLost}) {
		t.Errorf("ended %v", got)
	}
}

func TestAChangeIsMissedOnceAnEchoHasOvertakenItsEvent(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	s := quietSession(b.Board)
	missed := func(want uint64) {
		t.Helper()
		if n := b.Nodes()[0]; n.Missed != want || s.live != (want == 0) {
			t.Errorf("%d missed, live %t, want %d", n.Missed, s.live, want)
		}
	}
	s.suspect([]string{"lock:late", "lock:read"})
	must(t, s.settle(t.Context())) // it was asked for before
	missed(0)
	s.sought, s.fresh = s.fresh, s.sought // the next echo is asked for
	s.dirty.tell("lock:late", toldWritten)
	s.heardOf("lock:read")
	must(t, s.settle(t.Context()))
	missed(0)
	s.suspect([]string{"lock:late", "lock:x", "lock:y"}) // the first is dirty
	s.sought, s.fresh = s.fresh, s.sought
	must(t, s.settle(t.Context()))
	missed(2)
}
