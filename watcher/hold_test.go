package watcher

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

// lease lets an engine take a lock on all nodes, and returns its event.
func (bt *boardTest) lease(name, token string, fence int64, ttl time.Duration) lockengine.Event {
	ev := lockengine.Event{
		Kind: lockengine.EventAcquired, Name: name, Owner: "alice", Fingerprint: lockengine.Fingerprint(token),
		At: bt.time, ValidUntil: bt.time.Add(ttl), Fence: fence,
	}
	bt.Observe(ev)
	for i := range bt.nodes {
		bt.says(i, name, token, ttl)
	}
	return ev
}

// tells passes on a later event of the lease.
func (bt *boardTest) tells(ev lockengine.Event, kind lockengine.EventKind, err error) {
	ev.Kind, ev.At, ev.Err = kind, bt.time, err
	bt.Observe(ev)
}

func TestTheHoldersOfANameAreRemembered(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	released := b.lease("lock:x", "v1", 7, time.Minute)
	b.pass(time.Second)
	b.tells(released, lockengine.EventReleased, lockengine.ErrReleased)
	expired := b.lease("lock:x", "v2", 8, 2*time.Second)
	b.pass(time.Second)
	longer := expired
	longer.ValidUntil = b.time.Add(2 * time.Second)
	b.tells(longer, lockengine.EventExtended, nil)
	b.pass(2 * time.Second)
	b.tells(longer, lockengine.EventLost, lockengine.ErrExpired)
	b.lease("lock:x", "v3", 9, time.Minute)

	holds := b.History("lock:x")
	var got []string
	for _, h := range holds {
		got = append(got, fmt.Sprint(h.Fence, h.Owner, h.Managed, h.How, h.Extensions))
	}
	want := []string{"9alicetrue0", "8alicetrueexpired1", "7alicetruereleased0"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if held := holds[2].To.Sub(holds[2].From); held != time.Second {
		t.Errorf("the first was held for %s", held)
	}
	if kinds := kindsOf(b.Board, "lock:x"); !slices.Equal(kinds, []ActivityKind{
		ActivityAcquired, ActivityReleased, ActivityAcquired, ActivityExpired, ActivityAcquired,
	}) {
		t.Errorf("what happened: %v", kinds)
	}
}

func TestTheHistoryIsBoundedPerNameAndInTotal(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	for i := range maxHolds + 5 {
		b.says(0, "lock:x", fmt.Sprint("v", i), time.Minute)
	}
	b.says(0, "lock:x", "", 0)
	holds := b.History("lock:x")
	if len(holds) != maxHolds || holds[0].Fingerprint != lockengine.Fingerprint(fmt.Sprint("v", maxHolds+4)) {
		t.Errorf("%d holds: %+v", len(holds), holds[0])
	}
	for i := range maxHistory {
		name := fmt.Sprint("lock:", i)
		b.says(0, name, "v", time.Minute)
		b.says(0, name, "", 0)
	}
	b.pass(time.Hour)
	if b.history.count != maxHistory || len(b.history.names) != maxHistory || b.history.order.Len() != maxHistory {
		t.Errorf("%d holds of %d names are remembered", b.history.count, len(b.history.names))
	}
	if holds := b.History("lock:x"); len(holds) != 0 {
		t.Errorf("the oldest is remembered: %+v", holds)
	}
	last := fmt.Sprint("lock:", maxHistory-1)
	if _, ok := b.Lock(last); ok || len(b.History(last)) != 1 {
		t.Error("a name that went from the Board has no history")
	}
}

func TestAFenceThatIsNotAboveTheOneBeforeIsFlagged(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	for fence, flagged := range map[int64]bool{10: true, 11: true, 12: false} {
		name := fmt.Sprint("lock:", fence)
		first := b.lease(name, "v1", 11, time.Minute)
		b.tells(first, lockengine.EventReleased, lockengine.ErrReleased)
		b.lease(name, "v2", fence, time.Minute)
		l := b.want(t, name, StateHeld)
		if got := slices.Contains(l.Flags, "fence-back"); got != flagged {
			t.Errorf("fence %d after 11: flags %v", fence, l.Flags)
		}
	}
}

func TestAnOverlapIsFlaggedWhileItLastsAndSomeTimeLonger(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	for i := range b.nodes {
		b.nodeStatus(i, func(n *NodeStatus) { n.Notifications = NotificationsLive })
		b.beginScan(i)
	}
	for i := range b.nodes {
		b.says(i, "lock:x", "v", 30*time.Second)
	}
	b.pass(time.Second)
	var alarms []Overlap
	b.alarm = func(o Overlap) { alarms = append(alarms, o) }
	for i := range 2 {
		b.says(i, "lock:x", "w", time.Minute)
	}
	for i := range 2 {
		b.settle(i, []string{"lock:x"})
	}
	flagged := func() bool {
		l, _ := b.Lock("lock:x")
		return slices.Contains(l.Flags, "overlap")
	}
	b.pass(b.margin() - time.Millisecond)
	if flagged() {
		t.Error("flagged before clocks can be told apart")
	}
	b.pass(time.Millisecond)
	b.sound()
	if !flagged() || len(alarms) != 1 || alarms[0].Flagged {
		t.Errorf("not flagged: %+v", alarms)
	}
	b.pass(28 * time.Second)
	if !flagged() {
		t.Error("not flagged although both are valid")
	}
	b.pass(overlapShown)
	if flagged() {
		t.Error("flagged for ever")
	}
	if b.Overlaps() != 1 {
		t.Errorf("counted %d times", b.Overlaps())
	}
}

func TestALateEventTellsThatATokenWasReleased(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.nodeStatus(0, func(n *NodeStatus) { n.Notifications = NotificationsLive })
	b.beginScan(0)
	b.says(0, "lock:x", "v", time.Minute)
	doubts := b.says(0, "lock:x", "w", time.Minute)
	if !slices.Equal(doubts, []string{"lock:x"}) {
		t.Fatalf("doubts %q", doubts)
	}
	if got := endingsOf(b.Board, "lock:x"); !slices.Equal(got, []Ending{""}) {
		t.Errorf("ended %v before it can be known", got)
	}
	b.apply(0, []reading{{
		name: "lock:x", status: readPresent, typ: "string", ttl: time.Minute, at: b.time,
		fingerprint: lockengine.Fingerprint("w"), told: toldGone | toldWritten,
	}})
	b.settle(0, doubts)
	b.pass(time.Second)
	if got := endingsOf(b.Board, "lock:x"); !slices.Equal(got, []Ending{EndedReleased}) || b.Overlaps() != 0 {
		t.Errorf("ended %v, %d overlaps", got, b.Overlaps())
	}
}

func TestRivalsThatGoOnSplittingTheVotesAreTold(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	b.says(0, "lock:x", "v", time.Minute)
	b.says(1, "lock:x", "w", time.Minute)
	b.pass(splitTime - time.Millisecond)
	if kinds := kindsOf(b.Board, "lock:x"); len(kinds) != 0 {
		t.Errorf("what happened: %v", kinds)
	}
	b.pass(time.Second)
	if kinds := kindsOf(b.Board, "lock:x"); !slices.Equal(kinds, []ActivityKind{ActivityContested}) {
		t.Errorf("what happened: %v", kinds)
	}
}

func TestAnOutageEndsNoHold(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	for i := range 3 {
		b.says(i, "lock:x", "v", time.Minute)
	}
	b.nodeDown(0, lockengine.VoteDown, "gone")
	b.nodeDown(1, lockengine.VoteDown, "gone")
	b.want(t, "lock:x", StateUnknown)
	b.pass(30 * time.Second)
	for i := range 2 {
		b.nodeUp(i, time.Millisecond)
		b.beginScan(i)
		b.says(i, "lock:x", "v", 30*time.Second)
		b.endScan(i)
	}
	b.want(t, "lock:x", StateHeld)
	if holds := b.History("lock:x"); len(holds) != 1 || !holds[0].To.IsZero() {
		t.Errorf("history %+v", holds)
	}
	b.nodeDown(0, lockengine.VoteDown, "gone")
	b.nodeDown(1, lockengine.VoteDown, "gone")
	b.pass(time.Minute)
	if got := endingsOf(b.Board, "lock:x"); !slices.Equal(got, []Ending{EndedExpired}) {
		t.Errorf("ended %v while nobody could tell otherwise", got)
	}
}

func TestActivityIsNumberedAndSaysWhatItHasForgotten(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	start := b.Activity(0, maxActivity).Last // the node came up
	for i := range maxActivity {
		b.says(0, "lock:x", fmt.Sprint("v", i), time.Minute)
	}
	p := b.Activity(0, 10)
	if p.Missed == 0 || p.Events[0].Seq != p.Missed+1 || len(p.Events) != 10 || p.Next != p.Missed+10 {
		t.Errorf("missed %d, next %d, first %+v", p.Missed, p.Next, p.Events[0])
	}
	seq := p.Missed
	for after := p.Missed; ; {
		p = b.Activity(after, 999)
		if p.Missed != 0 {
			t.Fatalf("missed %d after %d", p.Missed, after)
		}
		for _, a := range p.Events {
			if seq++; a.Seq != seq {
				t.Fatalf("got %d, want %d", a.Seq, seq)
			}
		}
		if after = p.Next; after == p.Last {
			break
		}
	}
	if seq != p.Last || seq < start+maxActivity {
		t.Errorf("the last is %d of %d", seq, p.Last)
	}
	if p := b.Activity(p.Last+1, 10); p.Missed != 0 || len(p.Events) != 10 {
		t.Errorf("a number of the future: missed %d, %d events", p.Missed, len(p.Events))
	}
	if p := b.Activity(p.Last, -1); len(p.Events) != 0 {
		t.Errorf("no events were asked for: %+v", p)
	}
}

func TestEventsOfTheEngineThatComeTooFastAreAGapAndNoEvidence(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.lease("lock:x", "v", 7, time.Minute)
	b.Observe(lockengine.Event{Kind: lockengine.EventWaiting, Name: "lock:x", Waiters: 3, OldestSince: b.time})
	b.pass(0)
	for range maxIntake + 10 {
		b.Observe(lockengine.Event{Kind: lockengine.EventUndone, Name: "lock:y"})
	}
	l := b.want(t, "lock:x", StateHeld)
	if !l.Holder.Managed || l.Waiters.Count != 0 {
		t.Errorf("got %+v", l)
	}
	page := b.Activity(0, maxActivity)
	if last := page.Events[len(page.Events)-1]; last.Kind != ActivityGap || !contains(last.Text, "10 events") {
		t.Errorf("got %+v", last)
	}
	// It may have been released among what was missed.
	b.says(0, "lock:x", "w", time.Minute)
	b.pass(time.Second)
	if b.Overlaps() != 0 {
		t.Error("an overlap with a lease that may have been released")
	}
}

func TestWhatNodesSaidInTheAttemptIsKept(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	ev := b.lease("lock:x", "v", 7, time.Minute)
	for i, v := range []lockengine.Vote{yes, other, lockengine.VoteQuarantined} {
		vote := lockengine.NodeVote{Node: string(rune('a' + i)), Vote: v, RTT: time.Duration(i+1) * time.Millisecond}
		if v != yes {
			vote.Reason = "then"
		}
		ev.Kind, ev.Votes = lockengine.EventVote, []lockengine.NodeVote{vote}
		b.Observe(ev)
	}
	b.nodeDown(0, lockengine.VoteDown, "now")
	l, _ := b.Lock("lock:x")
	for i, want := range []Vote{
		{Vote: down, Reason: "now", Said: yes, RTT: time.Millisecond},
		{Vote: yes, Said: other, SaidReason: "then", RTT: 2 * time.Millisecond},
		{Vote: yes, Said: lockengine.VoteQuarantined, SaidReason: "then", RTT: 3 * time.Millisecond},
	} {
		v := l.Votes[i]
		if v.Vote != want.Vote || v.Reason != want.Reason || v.Said != want.Said || v.SaidReason != want.SaidReason || v.RTT != want.RTT {
			t.Errorf("got %+v, want %+v", v, want)
		}
	}
}

func TestAHolderThatTakesTheLockAgainWithAnotherFenceBeginsAnew(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.nodeStatus(0, func(n *NodeStatus) { n.Notifications = NotificationsLive })
	b.beginScan(0)
	says := func(client string, fence int64) {
		b.apply(0, []reading{{
			name: "lock:x", status: readPresent, typ: "hash", ttl: time.Minute, at: b.time,
			fingerprint: client, match: format.Match{Library: format.Redisson}, detail: &detail{fence: fence},
		}})
		b.pass(time.Millisecond)
	}
	says("A", 5)
	says("B", 6) // no event has told yet how A's token went
	says("A", 6)
	if l := b.want(t, "lock:x", StateHeld); !slices.Contains(l.Flags, "fence-back") {
		t.Errorf("flags %v", l.Flags)
	}
	says("B", 7)
	says("B", 7) // and not because it is read again
	says("A", 8)
	var got []string
	for _, h := range b.History("lock:x") {
		got = append(got, fmt.Sprint(h.Fingerprint, h.Fence))
	}
	if want := []string{"A8", "B7", "A6", "B6", "A5"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAFenceThatALibraryKeepsOnTheNodeMayGoBackToo(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	before := ""
	take := func(client string, fence int) {
		do(t, node, "DEL x", fmt.Sprint("SET redisson_lock_token:{x} ", fence), "HSET x "+client+":1 1", "PEXPIRE x 60000")
		l := awaitLock(t, b, "x", "held by "+client, func(l Lock) bool {
			return l.Fence == int64(fence) && l.State == StateHeld && l.Holder.Fingerprint != before
		})
		before = l.Holder.Fingerprint
	}
	take(clientA, 5)
	take(clientB, 6)
	if l, _ := b.Lock("x"); slices.Contains(l.Flags, "fence-back") {
		t.Errorf("flags %v", l.Flags)
	}
	take(clientA, 6)
	if l, _ := b.Lock("x"); !slices.Contains(l.Flags, "fence-back") {
		t.Errorf("flags %v", l.Flags)
	}
}
