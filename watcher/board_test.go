package watcher

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

// A boardTest is a Board without nodes, on a clock that the test moves.
type boardTest struct {
	*Board
	time time.Time
}

// newBoardTest returns a Board of n nodes a, b, c, ... that are up and read.
func newBoardTest(n int) *boardTest {
	bt := &boardTest{time: time.Now()}
	sources := make([]Source, n)
	for i := range sources {
		sources[i] = Source{ID: string(rune('a' + i)), Target: target.Server(&redis.Options{})}
	}
	bt.Board = newBoard(sources, Config{}.withDefaults(), func() time.Time { return bt.time })
	for i := range sources {
		bt.sync(i)
	}
	return bt
}

// sync says that the node answers and has been read.
func (bt *boardTest) sync(node int) {
	bt.nodeUp(node, time.Millisecond)
	bt.beginScan(node)
	bt.endScan(node)
}

// says puts what a node holds on the Board; an empty value is no key. It
// returns the names in doubt.
func (bt *boardTest) says(node int, name, value string, ttl time.Duration) []string {
	r := reading{name: name}
	if value != "" {
		r = reading{
			name: name, status: readPresent, typ: "string", ttl: ttl, at: bt.time,
			fingerprint: lockengine.Fingerprint(value), match: format.Recognise(name, "string", value),
		}
	}
	_, doubts := bt.apply(node, []reading{r})
	return doubts
}

// pass lets time pass as run does.
func (bt *boardTest) pass(d time.Duration) {
	end := bt.time.Add(d)
	for {
		next := bt.tick()
		if bt.time.Add(next).After(end) {
			bt.time = end
			bt.tick()
			return
		}
		bt.time = bt.time.Add(next)
	}
}

func (bt *boardTest) want(t *testing.T, name string, want State) Lock {
	t.Helper()
	l, _ := bt.Lock(name)
	if l.State != want {
		t.Errorf("%s: got %q, want %q: %+v", name, l.State, want, l)
	}
	counted := Counts{}
	for _, l := range bt.Window(Query{}).Locks {
		counted.Total++
		switch l.State {
		case StateHeld:
			counted.Held++
		case StateExpiring:
			counted.Expiring++
		case StateContested:
			counted.Contested++
		case StateResidue:
			counted.Residue++
		case StateUnknown:
			counted.Unknown++
		case StateFree:
			counted.Free++
		}
		if slices.Contains(l.Flags, "overlap") {
			counted.Overlapping++
		}
		if l.Waiters.Count > 0 {
			counted.Waiting++
		}
	}
	if got := bt.Window(Query{Limit: 1}).Counts; got != counted {
		t.Errorf("counts %+v, want %+v", got, counted)
	}
	return l
}

func TestVotesEndOneAfterTheOther(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	for i := range 3 {
		b.says(i, "lock:x", "v", time.Duration(5+i)*time.Second)
	}
	l := b.want(t, "lock:x", StateHeld)
	if left := l.ExpiresAt.Sub(b.time); left != 6*time.Second {
		t.Errorf("the second latest of three deadlines is in %s", left)
	}
	if !slices.Contains(l.Flags, "ttls-differ") {
		t.Errorf("flags %v", l.Flags)
	}
	b.pass(5*time.Second - time.Nanosecond)
	wantVotes(t, b.want(t, "lock:x", StateHeld), yes, yes, yes)
	b.pass(time.Nanosecond)
	l = b.want(t, "lock:x", StateExpiring)
	wantVotes(t, l, free, yes, yes)
	b.pass(time.Second)
	b.want(t, "lock:x", StateResidue)
	b.pass(time.Second)
	b.want(t, "lock:x", StateFree)
}

func TestATimeToLiveThatIsReadAgainIsNoChange(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	b.says(0, "lock:x", "v", 10*time.Second)
	seq := b.Seq()
	b.time = b.time.Add(time.Second)
	b.says(0, "lock:x", "v", 9*time.Second+3*time.Millisecond)
	if b.Seq() != seq {
		t.Error("a few milliseconds are a change")
	}
	b.says(0, "lock:x", "v", 10*time.Second)
	if b.Seq() != seq+1 {
		t.Error("a lease that was extended is no change")
	}
}

func TestAFreeNameStaysForAWhileAndThenGoes(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	sub := b.Subscribe()
	defer sub.Close()
	b.says(0, "lock:x", "v", time.Minute)
	b.says(0, "lock:x", "", 0)
	b.want(t, "lock:x", StateFree)
	b.pass(29 * time.Second)
	b.want(t, "lock:x", StateFree)
	seq := b.Seq()
	sub.Take()
	b.pass(time.Second)
	if _, ok := b.Lock("lock:x"); ok {
		t.Error("still there")
	}
	if names, ok := b.Since(seq); !ok || !slices.Equal(names, []string{"lock:x"}) {
		t.Errorf("the deletion is not told: %q, %v", names, ok)
	}
	if c := sub.Take(); !slices.Equal(c.Names, []string{"lock:x"}) || c.Seq != b.Seq() {
		t.Errorf("the deletion is not told: %+v", c)
	}
	b.want(t, "lock:x", "")
}

func TestAtMostFiveHundredFreeNamesStay(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	for i := range maxQuiet + 10 {
		b.says(0, fmt.Sprint("lock:", i), "v", time.Minute)
	}
	for i := range maxQuiet + 10 {
		b.says(0, fmt.Sprint("lock:", i), "", 0)
	}
	if v := b.Window(Query{}); v.Total != maxQuiet || v.Counts.Free != maxQuiet {
		t.Errorf("%d stay", v.Total)
	}
	if _, ok := b.Lock("lock:0"); ok {
		t.Error("the oldest stays")
	}
}

func TestAnOutageIsNotGuessedOver(t *testing.T) {
	t.Parallel()
	b := newBoardTest(5)
	for i := range 3 {
		b.says(i, "lock:x", "v", time.Minute)
	}
	b.says(4, "lock:y", "w", time.Second)
	b.nodeDown(0, lockengine.VoteDown, "gone")
	wantVotes(t, b.want(t, "lock:x", StateUnknown), down, yes, yes, free, free)
	b.want(t, "lock:y", StateResidue)
	b.nodeDown(3, lockengine.VoteTimeout, "silent")
	b.want(t, "lock:y", StateUnknown)
	// What was on a node before does not come back with it.
	b.nodeUp(0, time.Millisecond)
	wantVotes(t, b.want(t, "lock:x", StateUnknown), dunno, yes, yes, lockengine.VoteTimeout, free)
	b.beginScan(0)
	if got := b.unscanned(0); !slices.Equal(got, []string{"lock:x"}) {
		t.Errorf("to be read again: %q", got)
	}
	b.says(0, "lock:x", "", 0)
	b.endScan(0)
	wantVotes(t, b.want(t, "lock:x", StateUnknown), free, yes, yes, lockengine.VoteTimeout, free)
	b.sync(3)
	b.want(t, "lock:x", StateResidue)
	// A name that may be held, but that nothing is known of, goes after a while.
	b.nodeDown(0, lockengine.VoteDown, "gone")
	b.nodeDown(1, lockengine.VoteDown, "gone")
	b.nodeDown(2, lockengine.VoteDown, "gone")
	b.pass(2 * time.Second)
	b.want(t, "lock:y", StateUnknown)
	b.pass(28 * time.Second)
	b.want(t, "lock:x", StateUnknown)
	b.pass(2 * time.Second)
	b.want(t, "lock:y", "")
}

func TestTheMostCommonTokenPlaysTheHolder(t *testing.T) {
	t.Parallel()
	b := newBoardTest(4)
	b.says(0, "lock:x", "v", time.Minute)
	b.says(1, "lock:x", "w", time.Minute)
	v, w := lockengine.Fingerprint("v"), lockengine.Fingerprint("w")
	l := b.want(t, "lock:x", StateContested)
	if l.Holder.Fingerprint != min(v, w) {
		t.Errorf("of equals the smallest fingerprint leads, got %q of %q and %q", l.Holder.Fingerprint, v, w)
	}
	first, second := l.Votes[0].Fingerprint, l.Holder.Fingerprint
	if (l.Votes[0].Vote == yes) != (first == second) {
		t.Errorf("votes %v", votesOf(l))
	}
	b.says(2, "lock:x", "w", time.Minute)
	if l := b.want(t, "lock:x", StateContested); l.Holder.Fingerprint != w {
		t.Errorf("got %+v", l)
	}
	if b.Quorum() != 3 {
		t.Errorf("quorum %d of 4", b.Quorum())
	}
}

func TestALeaseOfThisProcessIsJoinedToItsVotes(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	taken := b.time.Add(-time.Second).Truncate(time.Microsecond)
	token := fmt.Sprintf("ls1:%d:AAAAAAAAAAAAAAAAAAAAAA:alice", taken.UnixMicro())
	fingerprint := lockengine.Fingerprint(token)
	var hinted []string
	b.hint = func(name string) { hinted = append(hinted, name) }
	event := lockengine.Event{
		Kind: lockengine.EventAcquired, Name: "lock:x", Owner: "alice", Fingerprint: fingerprint,
		ValidUntil: b.time.Add(time.Minute),
		Votes: []lockengine.NodeVote{
			{Node: "a", Vote: yes, RTT: time.Millisecond}, {Node: "b", Vote: yes, RTT: 2 * time.Millisecond},
		},
	}
	b.Observe(event)
	b.pass(0)
	if b.Window(Query{}).Total != 0 {
		t.Error("the Board shows what no node has said")
	}
	for i := range 3 {
		b.says(i, "lock:x", token, time.Minute)
	}
	seq := b.Seq()
	event.Kind, event.Votes = lockengine.EventVote, []lockengine.NodeVote{{Node: "c", RTT: 3 * time.Millisecond}}
	b.Observe(event)
	b.pass(0)
	if b.Seq() != seq+1 {
		t.Error("a late vote is no change")
	}
	l := b.want(t, "lock:x", StateHeld)
	if !l.Holder.Managed || l.Holder.Owner != "alice" || l.Holder.Library != "lockscope" || !l.Holder.Since.Equal(taken) {
		t.Errorf("holder %+v", l.Holder)
	}
	for i, v := range l.Votes {
		if v.RTT != time.Duration(i+1)*time.Millisecond {
			t.Errorf("vote %+v", v)
		}
	}
	refused := event
	refused.Kind, refused.Fingerprint = lockengine.EventRefused, "other"
	b.Observe(refused)
	event.Kind = lockengine.EventReleased
	b.Observe(event)
	if l := b.want(t, "lock:x", StateHeld); l.Holder.Managed || l.Votes[0].RTT != 0 {
		t.Errorf("managed after its release: %+v", l)
	}
	if !slices.Equal(hinted, []string{"lock:x", "lock:x"}) {
		t.Errorf("hints %q", hinted)
	}
}

func TestASubscriptionGathersNamesAndNeverGrowsBeyondItsLimit(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	sub := b.Subscribe()
	for range 3 {
		b.says(0, "lock:x", "v", time.Minute)
		b.says(0, "lock:x", "", 0)
	}
	select {
	case <-sub.C():
	default:
		t.Fatal("nothing on C")
	}
	c := sub.Take()
	if !slices.Equal(c.Names, []string{"lock:x"}) || c.All || c.Nodes || c.Seq != b.Seq() {
		t.Errorf("got %+v", c)
	}
	if c := sub.Take(); len(c.Names) != 0 || c.Seq != b.Seq() {
		t.Errorf("told twice: %+v", c)
	}
	b.nodeUp(0, 2*time.Millisecond)
	if c := sub.Take(); !c.Nodes || len(c.Names) != 0 {
		t.Errorf("got %+v", c)
	}
	for i := range subscriptionLimit + 1 {
		b.says(0, fmt.Sprint("lock:", i), "v", time.Minute)
	}
	if c := sub.Take(); !c.All || len(c.Names) != 0 {
		t.Errorf("All %v with %d names", c.All, len(c.Names))
	}
	b.says(0, "lock:x", "v", time.Minute)
	if c := sub.Take(); c.All || !slices.Equal(c.Names, []string{"lock:x"}) {
		t.Errorf("got %+v", c)
	}
	sub.Close()
	sub.Close()
	b.says(0, "lock:x", "", 0)
	if c := sub.Take(); len(c.Names) != 0 {
		t.Errorf("a closed subscription gathers %+v", c)
	}
}

func TestSinceTellsEachNameOnceOrThatItCannotTell(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	start := b.Seq()
	for _, name := range []string{"lock:a", "lock:b", "lock:a"} {
		b.says(0, name, fmt.Sprint("v", b.Seq()), time.Minute)
	}
	for back, want := range [][]string{{}, {"lock:a"}, {"lock:b", "lock:a"}, {"lock:a", "lock:b"}} {
		names, ok := b.Since(b.Seq() - uint64(back))
		if !ok || !slices.Equal(names, want) {
			t.Errorf("%d back: %q, %v, want %q", back, names, ok, want)
		}
	}
	if _, ok := b.Since(b.Seq() + 1); ok {
		t.Error("tells the future")
	}
	for i := range changeLogLength {
		b.says(0, "lock:a", fmt.Sprint("w", i), time.Minute)
	}
	if _, ok := b.Since(start); ok {
		t.Error("tells what it has forgotten")
	}
	if names, ok := b.Since(b.Seq() - changeLogLength); !ok || len(names) != 1 {
		t.Errorf("got %q, %v", names, ok)
	}
}
