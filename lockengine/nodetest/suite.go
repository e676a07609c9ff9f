package nodetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A Case is one demand on a node. Test is given an empty node that answers.
type Case struct {
	Name string
	Test func(t testing.TB, n lockengine.Node)
}

// Run tests a node. start returns an empty node each time it is called, and
// has t clean it up.
func Run(t *testing.T, start func(t *testing.T) lockengine.Node) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) { c.Test(t, start(t)) })
	}
}

// Cases are all demands on a node.
func Cases() []Case {
	return []Case{
		{"it has a name", hasAName},
		{"one token holds a name at a time", oneTokenHolds},
		{"its own token is granted again", ownTokenIsGranted},
		{"names are apart", namesAreApart},
		{"names are bytes", namesAreBytes},
		{"a lease ends by itself", leaseEnds},
		{"extend prolongs only its own token", extendProlongs},
		{"extend never shortens", extendNeverShortens},
		{"extend never recreates", extendNeverRecreates},
		{"heal sets only what is free", healSetsFree},
		{"release deletes only its own token", releaseDeletes},
		{"the first candidate raises the fence", firstCandidateRaises},
		{"only a higher candidate raises the fence", higherCandidateRaises},
		{"a refused acquire raises the fence too", refusedAcquireRaises},
		{"a fence outlives its lock", fenceOutlivesLock},
		{"raise answers at least the candidate", raiseAnswers},
		{"raise needs the token", raiseNeedsToken},
		{"fences are apart, and exact", fencesAreExact},
		{"health forgets old fences only", healthForgets},
		{"a node without a marker says so", noMarker},
		{"the marker stands behind every answer but that of a release", markerStands},
		{"a marker is replaced only by force", markerIsReplaced},
		{"health tells the clock", healthTellsClock},
		{"every answer is of the same process", sameProcess},
		{"operations on a name keep their order", keepsOrder},
		{"many names at once", manyNames},
		{"what came too late is not sent", tooLate},
	}
}

const (
	name   = "lock:conformance"
	minute = time.Minute
	at     = 1_795_402_113_000_000 // a candidate: some time in 2026
)

func op(kind lockengine.Kind, token string, ttl time.Duration) lockengine.Request {
	return lockengine.Request{Kind: kind, Name: name, Token: token, TTL: ttl, Candidate: at}
}

func want(t testing.TB, what string, a lockengine.Answer, vote lockengine.Vote) {
	t.Helper()
	if a.Vote != vote || a.Err != nil {
		t.Errorf("%s: %s, want %s: %+v", what, a.Vote, vote, a)
	}
}

// within checks what is left of another's lease: most is what it was given.
func within(t testing.TB, what string, left, most time.Duration) {
	t.Helper()
	if left > most || left < most-most/4 {
		t.Errorf("%s: %s are left of %s", what, left, most)
	}
}

func hasAName(t testing.TB, n lockengine.Node) {
	if n.ID() == "" || n.ID() != n.ID() {
		t.Errorf("the ID is %q", n.ID())
	}
}

func oneTokenHolds(t testing.TB, n lockengine.Node) {
	a := Do(t, n, op(lockengine.KindAcquire, "one", minute))
	want(t, "the first", a, lockengine.VoteGranted)
	a = Do(t, n, op(lockengine.KindAcquire, "two", minute))
	want(t, "the second", a, lockengine.VoteOther)
	if a.Holder != "one" {
		t.Errorf("the second was told of %q", a.Holder)
	}
	want(t, "release", Do(t, n, op(lockengine.KindRelease, "one", 0)), lockengine.VoteGranted)
	want(t, "the second again", Do(t, n, op(lockengine.KindAcquire, "two", minute)), lockengine.VoteGranted)
}

func ownTokenIsGranted(t testing.TB, n lockengine.Node) {
	want(t, "first", Do(t, n, op(lockengine.KindAcquire, "one", minute)), lockengine.VoteGranted)
	want(t, "again", Do(t, n, op(lockengine.KindAcquire, "one", minute)), lockengine.VoteGranted)
}

func namesAreApart(t testing.TB, n lockengine.Node) {
	for i, name := range []string{"a", "a ", "A", "a\x00"} {
		o := op(lockengine.KindAcquire, fmt.Sprint("token", i), minute)
		o.Name = name
		want(t, fmt.Sprintf("%q", name), Do(t, n, o), lockengine.VoteGranted)
	}
}

func namesAreBytes(t testing.TB, n lockengine.Node) {
	for _, name := range []string{"\xff\xfe", "a\r\n$3\r\nfoo", "*", "{a}b", "\x00"} {
		for _, step := range []struct {
			kind  lockengine.Kind
			token string
			vote  lockengine.Vote
		}{
			{lockengine.KindAcquire, "one", lockengine.VoteGranted},
			{lockengine.KindAcquire, "two", lockengine.VoteOther},
			{lockengine.KindExtend, "one", lockengine.VoteGranted},
			{lockengine.KindRelease, "one", lockengine.VoteGranted},
		} {
			o := op(step.kind, step.token, minute)
			o.Name = name
			want(t, fmt.Sprintf("%s %q", step.kind, name), Do(t, n, o), step.vote)
		}
	}
}

func leaseEnds(t testing.TB, n lockengine.Node) {
	want(t, "first", Do(t, n, op(lockengine.KindAcquire, "one", 100*time.Millisecond)), lockengine.VoteGranted)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for Do(t, n, op(lockengine.KindAcquire, "two", minute)).Vote != lockengine.VoteGranted {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("it never ended")
		}
	}
	want(t, "extend of the old one", Do(t, n, op(lockengine.KindExtend, "one", minute)), lockengine.VoteOther)
}

func extendProlongs(t testing.TB, n lockengine.Node) {
	Do(t, n, op(lockengine.KindAcquire, "one", 10*time.Second))
	a := Do(t, n, op(lockengine.KindExtend, "two", time.Hour))
	want(t, "another's", a, lockengine.VoteOther)
	within(t, "another's", a.TTL, 10*time.Second)
	want(t, "its own", Do(t, n, op(lockengine.KindExtend, "one", minute)), lockengine.VoteGranted)
	within(t, "afterwards", Do(t, n, op(lockengine.KindExtend, "two", time.Hour)).TTL, minute)
}

func extendNeverShortens(t testing.TB, n lockengine.Node) {
	Do(t, n, op(lockengine.KindAcquire, "one", minute))
	want(t, "its own", Do(t, n, op(lockengine.KindExtend, "one", time.Second)), lockengine.VoteGranted)
	within(t, "afterwards", Do(t, n, op(lockengine.KindRelease, "two", 0)).TTL, minute)
}

func extendNeverRecreates(t testing.TB, n lockengine.Node) {
	want(t, "a free name", Do(t, n, op(lockengine.KindExtend, "one", minute)), lockengine.VoteFree)
	want(t, "it is free still", Do(t, n, op(lockengine.KindAcquire, "two", minute)), lockengine.VoteGranted)
}

func healSetsFree(t testing.TB, n lockengine.Node) {
	want(t, "a free name", Do(t, n, op(lockengine.KindHeal, "one", minute)), lockengine.VoteGranted)
	want(t, "another's", Do(t, n, op(lockengine.KindHeal, "two", time.Hour)), lockengine.VoteOther)
	within(t, "afterwards", Do(t, n, op(lockengine.KindRelease, "two", 0)).TTL, minute)
	want(t, "release", Do(t, n, op(lockengine.KindRelease, "one", 0)), lockengine.VoteGranted)
}

func releaseDeletes(t testing.TB, n lockengine.Node) {
	want(t, "a free name", Do(t, n, op(lockengine.KindRelease, "one", 0)), lockengine.VoteFree)
	Do(t, n, op(lockengine.KindAcquire, "one", minute))
	a := Do(t, n, op(lockengine.KindRelease, "two", 0))
	want(t, "another's", a, lockengine.VoteOther)
	within(t, "another's", a.TTL, minute)
	want(t, "its own", Do(t, n, op(lockengine.KindRelease, "one", 0)), lockengine.VoteGranted)
	want(t, "its own again", Do(t, n, op(lockengine.KindRelease, "one", 0)), lockengine.VoteFree)
}
