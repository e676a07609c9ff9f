package nodetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// fenced is an acquire with a candidate, of a token of its own.
func fenced(t testing.TB, n lockengine.Node, token string, candidate int64) lockengine.Answer {
	t.Helper()
	o := op(lockengine.KindAcquire, token, minute)
	o.Candidate = candidate
	return Do(t, n, o)
}

func raise(t testing.TB, n lockengine.Node, token string, candidate int64, above bool) lockengine.Answer {
	t.Helper()
	o := op(lockengine.KindRaise, token, 0)
	o.Candidate, o.Above = candidate, above
	return Do(t, n, o)
}

func firstCandidateRaises(t testing.TB, n lockengine.Node) {
	if a := fenced(t, n, "one", at); a.Vote != lockengine.VoteGranted || !a.Raised {
		t.Errorf("%+v", a)
	}
}

func higherCandidateRaises(t testing.TB, n lockengine.Node) {
	for i, c := range []struct {
		candidate int64
		raised    bool
	}{{at, true}, {at, false}, {at - 1, false}, {at + 1, true}} {
		token := fmt.Sprint("token", i)
		if a := fenced(t, n, token, c.candidate); a.Vote != lockengine.VoteGranted || a.Raised != c.raised {
			t.Errorf("candidate %d: %+v", i, a)
		}
		Do(t, n, op(lockengine.KindRelease, token, 0))
	}
}

func refusedAcquireRaises(t testing.TB, n lockengine.Node) {
	fenced(t, n, "one", at)
	want(t, "the second", fenced(t, n, "two", at+10), lockengine.VoteOther)
	Do(t, n, op(lockengine.KindRelease, "one", 0))
	if a := fenced(t, n, "three", at+10); a.Raised {
		t.Errorf("the third: %+v", a)
	}
}

func fenceOutlivesLock(t testing.TB, n lockengine.Node) {
	fenced(t, n, "one", at)
	Do(t, n, op(lockengine.KindRelease, "one", 0))
	fenced(t, n, "two", at-5)
	if a := raise(t, n, "two", 1, true); a.Fence != at+1 {
		t.Errorf("%+v", a)
	}
}

func raiseAnswers(t testing.TB, n lockengine.Node) {
	fenced(t, n, "one", at)
	for i, c := range []struct {
		candidate int64
		above     bool
		fence     int64
	}{
		{at - 1, false, at}, {at, false, at}, {at + 3, false, at + 3},
		{at, true, at + 4}, {at + 4, true, at + 5}, {at + 9, true, at + 9},
	} {
		a := raise(t, n, "one", c.candidate, c.above)
		want(t, fmt.Sprint("raise ", i), a, lockengine.VoteGranted)
		if a.Fence != c.fence {
			t.Errorf("raise %d: %d, want %d", i, a.Fence, c.fence)
		}
	}
}

func raiseNeedsToken(t testing.TB, n lockengine.Node) {
	want(t, "a free name", raise(t, n, "one", at+5, true), lockengine.VoteFree)
	fenced(t, n, "one", at)
	a := raise(t, n, "two", at+5, true)
	want(t, "another's", a, lockengine.VoteOther)
	within(t, "another's", a.TTL, minute)
	if a := raise(t, n, "one", at, false); a.Fence != at {
		t.Errorf("those who do not hold it raised it to %d", a.Fence)
	}
}

func fencesAreExact(t testing.TB, n lockengine.Node) {
	const highest = 1<<53 - 2
	fenced(t, n, "one", highest)
	if a := raise(t, n, "one", 1, true); a.Fence != highest+1 {
		t.Errorf("above %d is %d", int64(highest), a.Fence)
	}
	o := op(lockengine.KindAcquire, "one", minute)
	o.Name = "another"
	if a := Do(t, n, o); !a.Raised {
		t.Errorf("the fence of another name was raised: %+v", a)
	}
}

func healthForgets(t testing.TB, n lockengine.Node) {
	for i, name := range []string{"old", "new"} {
		o := op(lockengine.KindAcquire, name, minute)
		o.Name, o.Candidate = name, at+int64(i)*10
		Do(t, n, o)
	}
	Do(t, n, lockengine.Request{Kind: lockengine.KindHealth, Above: true, Candidate: at + 10})
	for name, fence := range map[string]int64{"old": 1, "new": at + 10} {
		o := op(lockengine.KindRaise, name, 0)
		o.Name, o.Candidate = name, 1
		if a := Do(t, n, o); a.Fence != fence {
			t.Errorf("the fence of %q is %d, want %d", name, a.Fence, fence)
		}
	}
}

// eachKind asks for one operation of every kind that an answer with a marker
// belongs to.
func eachKind(t testing.TB, n lockengine.Node, look func(kind lockengine.Kind, a lockengine.Answer)) {
	t.Helper()
	for _, kind := range []lockengine.Kind{lockengine.KindAcquire, lockengine.KindRaise, lockengine.KindExtend,
		lockengine.KindHeal, lockengine.KindRelease, lockengine.KindHealth} {
		look(kind, Do(t, n, op(kind, "one", minute)))
	}
}

func noMarker(t testing.TB, n lockengine.Node) {
	eachKind(t, n, func(kind lockengine.Kind, a lockengine.Answer) {
		if a.Born != "" || a.Err != nil {
			t.Errorf("%s: %+v", kind, a)
		}
	})
}

func markerStands(t testing.TB, n lockengine.Node) {
	a := Do(t, n, lockengine.Request{Kind: lockengine.KindMark, Token: "memory:1"})
	if a.Born != "memory:1" {
		t.Fatalf("mark: %+v", a)
	}
	eachKind(t, n, func(kind lockengine.Kind, a lockengine.Answer) {
		if a.Born != "memory:1" && kind != lockengine.KindRelease {
			t.Errorf("%s: %+v", kind, a)
		}
	})
}

func markerIsReplaced(t testing.TB, n lockengine.Node) {
	for i, c := range []struct {
		token  string
		force  bool
		stands string
	}{{"memory:1", false, "memory:1"}, {"memory:2", false, "memory:1"}, {"memory:3", true, "memory:3"}} {
		if a := Do(t, n, lockengine.Request{Kind: lockengine.KindMark, Token: c.token, Above: c.force}); a.Born != c.stands {
			t.Errorf("mark %d: %+v", i, a)
		}
	}
}

func healthTellsClock(t testing.TB, n lockengine.Node) {
	short := Do(t, n, lockengine.Request{Kind: lockengine.KindHealth})
	full := Do(t, n, lockengine.Request{Kind: lockengine.KindHealth, Above: true})
	if short.Health == nil || full.Health == nil {
		t.Fatalf("no health: %+v, %+v", short, full)
	}
	for _, h := range []*lockengine.Health{short.Health, full.Health} {
		if h.Time.IsZero() || h.Sent.IsZero() || h.Received.Before(h.Sent) {
			t.Errorf("asked %s, answered %s: %s", h.Sent, h.Received, h.Time)
		}
	}
	if full.Health.Time.Before(short.Health.Time) {
		t.Error("its clock ran backwards")
	}
	if h := full.Health; !h.Full || h.Role != "master" || len(h.Missing) != 0 {
		t.Errorf("told %+v", h)
	}
}

func sameProcess(t testing.TB, n lockengine.Node) {
	first := Do(t, n, op(lockengine.KindAcquire, "one", minute)).Run
	eachKind(t, n, func(kind lockengine.Kind, a lockengine.Answer) {
		if a.Run != first {
			t.Errorf("%s: of %q, the first was of %q", kind, a.Run, first)
		}
	})
}

func keepsOrder(t testing.TB, n lockengine.Node) {
	var calls []*Call
	for i := range 500 {
		token := fmt.Sprint("token", i)
		calls = append(calls,
			Submit(n, op(lockengine.KindAcquire, token, minute)),
			Submit(n, op(lockengine.KindExtend, token, minute)),
			Submit(n, op(lockengine.KindRelease, token, 0)))
	}
	for i, c := range calls {
		if a := c.Answer(t); a.Vote != lockengine.VoteGranted {
			t.Fatalf("operation %d: %+v", i, a)
		}
	}
}

func manyNames(t testing.TB, n lockengine.Node) {
	var calls []*Call
	for i := range 1000 {
		o := op(lockengine.KindAcquire, fmt.Sprint("token", i), minute)
		o.Name = fmt.Sprint("name", i)
		calls = append(calls, Submit(n, o))
	}
	for i, c := range calls {
		if a := c.Answer(t); a.Vote != lockengine.VoteGranted || a.RTT < 0 {
			t.Fatalf("operation %d: %+v", i, a)
		}
	}
}

func tooLate(t testing.TB, n lockengine.Node) {
	o := op(lockengine.KindAcquire, "late", minute)
	o.Deadline = time.Now().Add(-time.Second)
	if a := Do(t, n, o); a.Vote == lockengine.VoteGranted || !a.Void || a.Err == nil {
		t.Errorf("%+v", a)
	}
	want(t, "the name", Do(t, n, op(lockengine.KindExtend, "late", minute)), lockengine.VoteFree)
}
