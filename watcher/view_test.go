package watcher

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestOneNameIsShownAlone(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	b.says(0, "lock:x", "v", time.Minute)
	b.says(0, "lock:y", "v", time.Minute)
	if v := b.One("lock:x"); len(v.Locks) != 1 || v.Locks[0].Name != "lock:x" || v.Total != 1 || v.Counts.Total != 2 || v.Seq != b.Seq() {
		t.Errorf("got %+v", v)
	}
	if v := b.One("lock:z"); len(v.Locks) != 0 || v.Total != 0 || v.Counts.Total != 2 || v.Seq != b.Seq() {
		t.Errorf("of an unknown name: %+v", v)
	}
}

func TestAWindowFiltersSortsAndCuts(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	put := func(name, value string, ttl time.Duration, nodes ...int) {
		for _, i := range nodes {
			b.says(i, name, value, ttl)
		}
		b.time = b.time.Add(time.Millisecond)
	}
	token := fmt.Sprintf("ls1:%d:AAAAAAAAAAAAAAAAAAAAAA:Ålice", b.time.Add(-time.Hour).UnixMicro())
	put("lock:mine", token, 30*time.Second, 0, 1, 2)
	put("lock:Held", "v", 20*time.Second, 0, 1)
	put("lock:soon", "v", 500*time.Millisecond, 0, 1, 2)
	put("lock:forever", "v", -1, 0, 1)
	put("lock:residue", "v", time.Minute, 0)
	put("lock:split", "v", time.Minute, 0)
	put("lock:split", "w", time.Minute, 1)
	put("lock:gone", "v", time.Minute, 0)
	b.says(0, "lock:gone", "", 0)

	for _, c := range []struct {
		q     Query
		total int
		want  []string
	}{
		{Query{}, 7, []string{"Held", "forever", "gone", "mine", "residue", "soon", "split"}},
		{Query{Sort: "-name", Limit: 2}, 7, []string{"split", "soon"}},
		{Query{Sort: "nonsense", Offset: 5}, 7, []string{"soon", "split"}},
		{Query{Offset: 99, Limit: 5}, 7, nil},
		{Query{Offset: -1, Limit: 1}, 7, []string{"Held"}},
		{Query{Sort: "state"}, 7, []string{"split", "residue", "soon", "Held", "forever", "mine", "gone"}},
		{Query{Sort: "expires"}, 7, []string{"soon", "Held", "mine", "forever", "gone", "residue", "split"}},
		{Query{Sort: "-expires", Limit: 4}, 7, []string{"mine", "Held", "soon", "forever"}},
		{Query{Sort: "since", Limit: 3}, 7, []string{"mine", "Held", "soon"}},
		{Query{Sort: "-since", Limit: 2, Offset: 5}, 7, []string{"mine", "gone"}},
		{Query{State: StateHeld}, 4, []string{"Held", "forever", "mine", "soon"}},
		{Query{State: StateExpiring}, 1, []string{"soon"}},
		{Query{State: StateFree}, 1, []string{"gone"}},
		{Query{Text: "hELD"}, 1, []string{"Held"}},
		{Query{Text: "åLIC"}, 1, []string{"mine"}},
		{Query{Text: "LOCKSCOPE"}, 1, []string{"mine"}},
		{Query{Text: "lock:", State: StateContested}, 1, []string{"split"}},
		{Query{Text: "nothing like it"}, 0, nil},
		{Query{Sort: "-state", Limit: 3}, 7, []string{"gone", "Held", "forever"}},
		{Query{Sort: "owner", Limit: 2}, 7, []string{"Held", "forever"}},
		{Query{Sort: "-owner"}, 7, []string{"mine", "Held", "forever", "residue", "soon", "split", "gone"}},
		{Query{Owner: "Ålice"}, 1, []string{"mine"}},
		{Query{Owner: "ålice"}, 0, nil},
		{Query{Library: "lockscope"}, 1, []string{"mine"}},
		{Query{Library: LibraryUnknown, State: StateHeld}, 3, []string{"Held", "forever", "soon"}},
		{Query{Waiting: true}, 0, nil},
	} {
		v := b.Window(c.q)
		var got []string
		for _, l := range v.Locks {
			got = append(got, l.Name[len("lock:"):])
		}
		if !slices.Equal(got, c.want) || v.Total != c.total || v.Counts.Total != 7 || v.Seq != b.Seq() {
			t.Errorf("%+v: got %q of %d (%+v), want %q of %d", c.q, got, v.Total, v.Counts, c.want, c.total)
		}
		for i, name := range c.want {
			if at := b.Index(c.q, "lock:"+name); at != max(c.q.Offset, 0)+i {
				t.Errorf("%+v: %s is at %d, want %d", c.q, name, at, max(c.q.Offset, 0)+i)
			}
		}
	}
	if at := b.Index(Query{}, "lock:n"); at != 4 {
		t.Errorf("what is not there would be at %d", at)
	}
	if at := b.Index(Query{State: StateHeld}, "lock:gone"); at != -1 {
		t.Errorf("what is not selected is at %d", at)
	}
	l, _ := b.Lock("lock:split")
	if v := b.Window(Query{Text: l.Holder.Fingerprint}); v.Total == 0 {
		t.Error("a fingerprint finds nothing")
	}
}

func TestFacetsAreWhatAQueryCanBeNarrowedTo(t *testing.T) {
	b := newBoardTest(1)
	token := func(owner string) string {
		return fmt.Sprintf("ls1:%d:AAAAAAAAAAAAAAAAAAAAAA:%s", b.time.UnixMicro(), owner)
	}
	b.says(0, "lock:a", token("bob"), time.Minute)
	b.says(0, "lock:b", token("bob"), time.Minute)
	b.says(0, "lock:c", token("alice"), time.Minute)
	b.says(0, "lock:d", "v", time.Minute)
	b.says(0, "lock:e", "v", time.Minute)
	b.says(0, "lock:e", "", 0)

	all := b.Facets(Query{})
	if want := []Facet{{"bob", 2}, {"alice", 1}}; !slices.Equal(all.Owners, want) || all.MoreOwners != 0 {
		t.Errorf("owners %v and %d more, want %v", all.Owners, all.MoreOwners, want)
	}
	if want := []Facet{{"lockscope", 3}, {LibraryUnknown, 1}}; !slices.Equal(all.Libraries, want) {
		t.Errorf("libraries %v, want %v", all.Libraries, want)
	}
	// What is chosen does not take away what else could be.
	of := b.Facets(Query{Owner: "alice", Library: "lockscope"})
	if want := []Facet{{"bob", 2}, {"alice", 1}}; !slices.Equal(of.Owners, want) {
		t.Errorf("owners beside alice: %v, want %v", of.Owners, want)
	}
	if want := []Facet{{"lockscope", 1}}; !slices.Equal(of.Libraries, want) {
		t.Errorf("libraries of alice: %v, want %v", of.Libraries, want)
	}
	for i := range maxFacets {
		b.says(0, fmt.Sprintf("lock:more:%d", i), token(fmt.Sprint("worker-", i)), time.Minute)
	}
	if many := b.Facets(Query{}); len(many.Owners) != maxFacets || many.MoreOwners != 2 {
		t.Errorf("%d owners and %d more, want %d and 2", len(many.Owners), many.MoreOwners, maxFacets)
	}
}

func TestNamesStayInOrderWhateverComesAndGoes(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	for round := range 20 {
		for i := range 50 {
			name := fmt.Sprintf("lock:%03d", (i*37+round*11)%500)
			if (i+round)%3 == 0 {
				b.says(0, name, "", 0)
			} else {
				b.says(0, name, "v", time.Duration(1+i%7)*time.Second)
			}
		}
		b.pass(10 * time.Second)
		v := b.Window(Query{})
		if !slices.IsSortedFunc(v.Locks, func(x, y Lock) int {
			if x.Name < y.Name {
				return -1
			}
			return 1
		}) || len(v.Locks) != v.Counts.Total || v.Counts.Total != len(b.entries) {
			t.Fatalf("round %d: %d locks, counts %+v", round, len(v.Locks), v.Counts)
		}
	}
}

func BenchmarkWindowOfAHundredThousandNames(b *testing.B) {
	bt := newBoardTest(5)
	for i := range 100_000 {
		for node := range 3 {
			bt.says(node, fmt.Sprintf("lock:order:%d", i*7919%100_000), fmt.Sprint("v", i), time.Minute)
		}
	}
	bt.Window(Query{}) // the first one sorts
	for _, q := range []Query{{Limit: 50}, {Text: "order:77", Limit: 50}, {Sort: "expires", Limit: 50}, {State: StateHeld, Sort: "since", Limit: 200}} {
		b.Run(fmt.Sprintf("%s%s%s", q.Text, q.State, q.Sort), func(b *testing.B) {
			for b.Loop() {
				bt.Window(q)
			}
		})
	}
}

func TestQueriesRunBesideChanges(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, q := range []Query{{}, {Text: "1", Sort: "-expires", Limit: 5}, {State: StateHeld, Sort: "since"}, {Sort: "state", Limit: 10, Offset: 3}} {
		wg.Go(func() {
			for last := uint64(0); ; {
				v := b.Window(q)
				if v.Seq < last || v.Total > 50 || q.Limit > 0 && len(v.Locks) > q.Limit {
					t.Errorf("%+v: %d of %d at %d after %d", q, len(v.Locks), v.Total, v.Seq, last)
				}
				last = v.Seq
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 20_000 {
		name, ttl := fmt.Sprint("lock:", i*7%50), time.Duration(i%3)*time.Second
		if ttl == 0 {
			b.says(i%3, name, "", 0)
		} else {
			b.says(i%3, name, fmt.Sprint("v", i%5), ttl)
		}
		if i%1000 == 0 {
			b.mu.Lock()
			b.time = b.time.Add(time.Minute)
			b.mu.Unlock()
			b.tick()
		}
	}
	close(done)
	wg.Wait()
}
