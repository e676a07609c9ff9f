package web

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// watched is a watch of locks whose names contain text.
func watched(text string) *watch {
	return &watch{id: "w", query: rowQuery{Query: watcher.Query{Text: text, Sort: "name", Limit: maxWindow}}}
}

func TestEqualWindowsAreMadeOnceForAll(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:a", "v", time.Minute, 0)
	w.awaitName("lock:a")
	shared := newWindows(w.server.rows)
	one, two := watched(""), watched("")
	shared.retain(one, nil)
	shared.retain(two, nil)
	first, _ := one.entry.get(w.board.Seq(), 0)
	if again, _ := two.entry.get(w.board.Seq(), 0); again != first {
		t.Error("an unchanged window was made twice")
	}
	if first.snapshot("w", 1, shared.rows) != first.snapshot("w", 1, shared.rows) {
		t.Error("an equal frame was made twice")
	}
	w.set("lock:b", "v", time.Minute, 0)
	w.awaitName("lock:b")
	second, _ := one.entry.get(w.board.Seq(), 0)
	if second == first || len(second.rows) != 2 {
		t.Errorf("got %v", second.rows)
	}
	if second.delta(first.base, "w", 2, shared.rows) != second.delta(first.base, "w", 2, shared.rows) {
		t.Error("an equal delta was made twice")
	}
	shared.release(one)
	if len(shared.entries) != 1 {
		t.Error("a window was forgotten that somebody watches")
	}
	shared.release(two)
	if len(shared.entries) != 0 {
		t.Error("a window was kept that nobody watches")
	}
}

func TestOnlySocketsThatAChangeConcernsAreWoken(t *testing.T) {
	w := begin(t, 1)
	for _, name := range []string{"lock:a:1", "lock:b:1"} {
		w.set(name, "v", time.Minute, 0)
		w.awaitState(name, watcher.StateHeld)
	}
	shared := newWindows(w.server.rows)
	changes := w.board.Subscribe()
	defer changes.Close()
	before := w.board.Seq()
	sockets := map[string]*socket{"a": {}, "b": {}, "b:1": {}, "": {}}
	watches := map[string]*watch{"a": watched("lock:a"), "b": watched("lock:b"), "": watched(""),
		"b:1": {id: "w", query: rowQuery{one: true, name: "lock:b:1"}}}
	for who, x := range watches {
		shared.retain(x, sockets[who])
		view, upTo := x.entry.get(before, 0)
		x.have.Store(view.base)
		if upTo < before {
			t.Fatalf("%q is at %d, want %d", who, upTo, before)
		}
	}
	told := func() (who []string) {
		change := changes.Take()
		due, _ := shared.concerned(change, before)
		before = change.Seq
		for name, s := range sockets {
			if slices.Contains(due, s) {
				who = append(who, name)
			}
		}
		slices.Sort(who)
		return who
	}
	w.set("lock:b:2", "v", time.Minute, 0)
	w.awaitState("lock:b:2", watcher.StateHeld)
	if got := told(); !slices.Equal(got, []string{"", "b"}) {
		t.Errorf("a lock that came was told to %q", got)
	}
	if _, upTo := watches["a"].entry.get(before, 0); upTo < before || watches["a"].entry.now.Load().window.seq >= before {
		t.Error("a window that is right was made again")
	}
	// Somebody else has the window made before the hub hears of the change: who
	// has the one before is told all the same.
	must(t, w.redis[0].Del(t.Context(), "lock:b:1").Err())
	w.awaitState("lock:b:1", watcher.StateFree)
	watches["b"].entry.get(w.board.Seq(), 0)
	if got := told(); !slices.Equal(got, []string{"", "b", "b:1"}) {
		t.Errorf("a lock that became free was told to %q", got)
	}
}

func TestAWindowIsAroundALockWhereverItIs(t *testing.T) {
	w := begin(t, 1)
	const many = 300
	for i := range many {
		w.set(fmt.Sprintf("lock:%03d", i), "v", time.Minute, 0)
	}
	eventually(t, "all are held", func() bool { return w.board.Counts().Total == many })
	v := w.open("")
	v.hello()
	for _, c := range []struct {
		asked  []any
		offset int
	}{
		{[]any{"name", "lock:150"}, 100},
		{[]any{"name", "lock:150", "sort", "-name"}, 75},
		{[]any{"name", "lock:150", "state", "held", "offset", 7}, 100},
		{[]any{"nameB64", "bG9jazoyOTk=", "offset", 7}, 225}, // lock:299
		{[]any{"name", "lock:003", "offset", 200}, 0},
		{[]any{"name", "lock:150", "state", "free", "offset", 7}, 7}, // it is not among them
	} {
		f := v.watch(append(c.asked, "limit", 100)...)
		if f.Offset == nil || *f.Offset != c.offset {
			t.Errorf("asked for %v: %d rows from %v on, want them from %d on", c.asked, len(f.Rows), f.Offset, c.offset)
		}
	}
}

func TestEveryWindowFollowsTheBoardThroughAStorm(t *testing.T) {
	w := begin(t, 1)
	watches := map[string]streamclient.Watch{
		"all": {View: "locks"}, "tens": {View: "locks", Q: "lock:01"}, "held": {View: "locks", State: "held"},
		"free": {View: "locks", State: "free", Sort: "-name"}, "page": {View: "locks", Offset: 5, Limit: 7},
		"few": {View: "locks", Q: "lock:00", Limit: 3}, "one": {View: "lock", Name: "lock:007"}, "none": {View: "locks", Q: "zzz"},
	}
	clients := make(map[string]*streamclient.Client)
	for id, watch := range watches {
		clients[id] = w.follow(map[string]streamclient.Watch{id: watch})
	}
	together := w.follow(watches)
	calm := w.storm(30, 4, 3*time.Millisecond)
	eventually(t, "a storm has passed", func() bool { return clients["all"].Stats().Deltas > 15 })
	calm()
	w.set("lock:last", "v", time.Minute, 0) // changes the counts that all show
	w.awaitState("lock:last", watcher.StateHeld)
	for id, watch := range watches {
		view := func() watcher.View {
			q := watcher.Query{Text: watch.Q, State: watcher.State(watch.State), Sort: watch.Sort, Offset: watch.Offset, Limit: watch.Limit}
			if watch.View == "lock" {
				return w.board.One(watch.Name)
			}
			if q.Limit == 0 {
				q.Limit = maxWindow
			}
			return w.board.Window(q)
		}
		for what, c := range map[string]*streamclient.Client{"alone": clients[id], "among others": together} {
			eventually(t, fmt.Sprintf("the window %q shows what there is, %s", id, what), func() bool { return sees(c, id, view()) })
			if s := c.Stats(); s.Lost+s.Doubled > 0 {
				t.Errorf("%s, %s: %+v", id, what, s)
			}
		}
	}
}

func TestAWindowThatNothingConcernsIsAsFarAsTheBoard(t *testing.T) {
	w := begin(t, 1)
	w.server.hub.beat = 50 * time.Millisecond
	w.set("lock:b", "v", time.Minute, 0)
	w.awaitState("lock:b", watcher.StateHeld)
	v := w.open("")
	v.hello()
	v.watch("q", "lock:a")
	w.set("lock:b", "another", time.Minute, 0) // changes no counts
	eventually(t, "the change is seen", func() bool {
		lock, _ := w.board.Lock("lock:b")
		return lock.Holder.Fingerprint == lockengine.Fingerprint("another")
	})
	want := w.board.Seq()
	for {
		f, err := v.read()
		must(t, err)
		if f.T == "beat" && f.S >= want {
			break
		}
		if len(f.Set) > 0 {
			t.Fatalf("got %+v", f)
		}
	}
}
