package watcher

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

func TestVotesThatCameWhileAnAttemptWasDecidedAreKept(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	token := "ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:alice"
	event := lockengine.Event{Name: "lock:x", Owner: "alice", Fingerprint: lockengine.Fingerprint(token), At: b.time}
	event.Kind = lockengine.EventAttempt
	b.Observe(event)
	for i, id := range []string{"a", "b", "c"} {
		event.Kind = lockengine.EventVote
		event.Votes = []lockengine.NodeVote{{Node: id, Vote: yes, RTT: time.Duration(i+1) * time.Millisecond}}
		b.Observe(event)
	}
	event.Kind, event.Fence, event.ValidUntil = lockengine.EventAcquired, 1700000000000007, b.time.Add(time.Minute)
	event.Votes = []lockengine.NodeVote{{Node: "a", Vote: yes, RTT: time.Millisecond}, {Node: "c"}}
	b.Observe(event)
	for i := range 3 {
		b.says(i, "lock:x", token, time.Minute)
	}
	l := b.want(t, "lock:x", StateHeld)
	for i, v := range l.Votes {
		if v.RTT != time.Duration(i+1)*time.Millisecond {
			t.Errorf("vote %+v", v)
		}
	}
	if l.Fence != event.Fence {
		t.Errorf("fence %d", l.Fence)
	}
	if !l.Waiters.Visible || l.Waiters.Count != 0 {
		t.Errorf("waiters of a managed lock: %+v", l.Waiters)
	}
}

func TestTheQueueOfThisProcessIsShown(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.says(0, "lock:x", "v", time.Minute)
	if l := b.want(t, "lock:x", StateHeld); l.Waiters.Visible {
		t.Error("waiters of other programs are said to be visible")
	}
	seq, since := b.Seq(), b.time.Add(-time.Second)
	b.Observe(lockengine.Event{Kind: lockengine.EventWaiting, Name: "lock:x", Waiters: 3, OldestSince: since, Queue: []lockengine.Waiting{{Owner: "alice", Since: since}, {Owner: "bob", Since: b.time}}})
	b.pass(0)
	want := Waiters{Visible: true, Count: 3, OldestSince: since, Who: []string{"alice", "bob"}, Since: []time.Time{since, b.time}}
	if l := b.want(t, "lock:x", StateHeld); b.Seq() == seq || !reflect.DeepEqual(l.Waiters, want) {
		t.Errorf("waiters %+v", l.Waiters)
	}
	b.says(0, "lock:y", "v", time.Minute)
	if v := b.Window(Query{Waiting: true}); v.Total != 1 || v.Locks[0].Name != "lock:x" || v.Counts.Waiting != 1 {
		t.Errorf("waited for: %+v", v)
	}
	if v := b.Window(Query{Sort: "waiters"}); v.Locks[0].Name != "lock:x" || v.Counts.Waiting != 1 {
		t.Errorf("by waiters: %+v", v)
	}
	b.Observe(lockengine.Event{Kind: lockengine.EventWaiting, Name: "lock:x"})
	b.pass(0)
	if l := b.want(t, "lock:x", StateHeld); l.Waiters.Visible {
		t.Errorf("waiters %+v", l.Waiters)
	}
}

func TestTheVotesOfANodeThatSitsOutProveNothing(t *testing.T) {
	t.Parallel()
	b := newBoardTest(5)
	for i := range 3 {
		b.says(i, "lock:x", "v", time.Minute)
	}
	b.want(t, "lock:x", StateHeld)
	b.Observe(lockengine.Event{Kind: lockengine.EventQuarantined, Node: "b", ValidUntil: b.time.Add(time.Minute), Err: errors.New("it lost its memory")})
	b.pass(0)
	l := b.want(t, "lock:x", StateUnknown)
	if v := l.Votes[1]; v.Vote != lockengine.VoteQuarantined || v.Reason != "it lost its memory" || v.Fingerprint == "" {
		t.Errorf("vote of b: %+v", v)
	}
	b.says(3, "lock:x", "v", time.Minute)
	b.want(t, "lock:x", StateHeld)
	b.Observe(lockengine.Event{Kind: lockengine.EventAdmitted, Node: "b"})
	b.pass(0)
	if l := b.want(t, "lock:x", StateHeld); l.Votes[1].Vote != yes || l.Votes[1].Reason != "" {
		t.Errorf("vote of b after it was admitted: %+v", l.Votes[1])
	}
}

func TestThoseWhoWaitAreWokenWhenAQuorumIsFree(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	for i := range 3 {
		b.says(i, "lock:x", "v", time.Minute)
	}
	free, live, stop := b.Free("lock:x")
	woken := func() bool {
		select {
		case <-free:
			return true
		default:
			return false
		}
	}
	if live() {
		t.Error("live without events")
	}
	for i := range 3 {
		b.nodeStatus(i, func(s *NodeStatus) { s.Notifications = NotificationsLive })
	}
	if !live() {
		t.Error("not live with events from all nodes")
	}
	b.says(0, "lock:x", "", 0)
	if woken() {
		t.Error("woken while a quorum holds it")
	}
	b.says(1, "lock:x", "", 0)
	if !woken() {
		t.Error("not woken although a quorum is free")
	}
	b.says(2, "lock:x", "", 0)
	if woken() {
		t.Error("woken twice")
	}
	for i := range 3 {
		b.says(i, "lock:x", "w", time.Second)
	}
	b.pass(2 * time.Second)
	if !woken() {
		t.Error("not woken when the lock expired")
	}
	stop()
	if len(b.wakes.byName) != 0 {
		t.Error("an interest that ended is kept")
	}
}

func TestAWaitingCallerIsWokenByEventsBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	free, _, stop := b.Free("lock:x")
	defer stop()
	woken := func() bool {
		select {
		case <-free:
			return true
		default:
			return false
		}
	}
	b.wakes.hear(0, "lock:x", toldGone)
	b.wakes.hear(0, "lock:x", toldGone)
	b.wakes.hear(1, "lock:y", toldGone)
	if woken() {
		t.Error("woken although one node alone told")
	}
	b.wakes.hear(0, "lock:x", toldWritten)
	b.wakes.hear(1, "lock:x", toldExpired)
	if woken() {
		t.Error("woken although one of the nodes has it again")
	}
	b.wakes.hear(2, "lock:x", toldGone)
	if !woken() {
		t.Error("not woken although a quorum told")
	}
	b.wakes.hear(0, "lock:x", toldGone)
	if woken() {
		t.Error("woken a second time by what was told before")
	}
}
