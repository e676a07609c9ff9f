package web

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// feed returns the next frame of a feed.
func (v *viewer) feed() streamclient.Frame {
	v.t.Helper()
	for {
		f, err := v.read()
		must(v.t, err)
		switch f.T {
		case "event", "gap":
			return f
		case "node", "beat", "hello":
		default:
			v.t.Fatalf("got %s, want events", f.Text)
		}
	}
}

// told reads from a feed until it has told of n events, and returns their names.
func (v *viewer) told(n int) (names []string, last streamclient.Frame) {
	v.t.Helper()
	for len(names) < n {
		last = v.feed()
		for _, e := range last.Events {
			names = append(names, *e.Name+" "+e.Kind)
		}
	}
	return names, last
}

func eventsWatch(more ...any) fields {
	f := fields{"t": "watch", "id": "f", "view": "events"}
	for i := 0; i+1 < len(more); i += 2 {
		f[more[i].(string)] = more[i+1]
	}
	return f
}

func TestAFeedTellsWhatHappensFromNowOnAndGoesOnAfterABreak(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:before", "v", time.Minute, 0)
	w.awaitState("lock:before", watcher.StateHeld)
	v := w.open("")
	v.hello()
	v.send(eventsWatch("kind", "acquired,released"))
	v.send(fields{"t": "watch", "id": "n", "view": "nodes"})
	v.next("node") // so the feed is there
	w.set("lock:a", "v", time.Minute, 0)
	got, last := v.told(1)
	if !slices.Equal(got, []string{"lock:a acquired"}) || last.ID != "f" || last.E != w.board.Epoch() {
		t.Errorf("got %q in %+v", got, last)
	}
	v.Close()

	for i := range 3 {
		w.set(fmt.Sprintf("lock:missed-%d", i), "v", time.Minute, 0)
		w.awaitState(fmt.Sprintf("lock:missed-%d", i), watcher.StateHeld)
	}
	again := w.open("")
	again.send(eventsWatch("kind", "acquired,released", "after", last.After, "epoch", last.E))
	w.set("lock:b", "v", time.Minute, 0)
	got, _ = again.told(4)
	if want := []string{"lock:missed-0 acquired", "lock:missed-1 acquired", "lock:missed-2 acquired", "lock:b acquired"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// Of another server's events nothing is known: all of this one's come.
	restarted := w.open("")
	restarted.send(eventsWatch("kind", "acquired", "after", 9999, "epoch", "elsewhere"))
	if got, _ := restarted.told(6); got[0] != "lock:before acquired" {
		t.Errorf("got %q", got)
	}
}

func TestAFeedTellsOnlyWhatItsFilterSelects(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	v := w.open("")
	v.send(eventsWatch("name", "lock:x", "after", 0))
	v.send(fields{"t": "watch", "id": "g", "view": "events", "owner": "bob", "q": "LOCK:", "after": 0})
	alice.post("acquire", fields{"name": "lock:x", "owner": "alice"}).status(201)
	alice.post("acquire", fields{"name": "lock:y", "owner": "bob"}).status(201)
	for range 2 {
		f := v.feed()
		if want := map[string]string{"f": "lock:x", "g": "lock:y"}[f.ID]; f.T != "event" || len(f.Events) != 1 || *f.Events[0].Name != want {
			t.Errorf("got %+v", f)
		}
	}
	v.send(fields{"t": "unwatch", "id": "g"})
	v.send(fields{"t": "watch", "id": "n", "view": "nodes"})
	v.next("node")
	alice.post("acquire", fields{"name": "lock:z", "owner": "bob"}).status(201)
	alice.post("acquire", fields{"name": "lock:x", "owner": "alice", "wait": "0s"})
	w.set("lock:x", "v", time.Minute, 0)
	if f := v.feed(); f.ID != "f" {
		t.Errorf("a feed that is not watched any more tells %+v", f)
	}
}

func TestEventsThatAreForgottenAreAGapOfTheFeedAndNoneIsLostAfterIt(t *testing.T) {
	w := begin(t, 1)
	const storm = 10_500 // more than the Board remembers
	for from := 0; from < storm; from += 500 {
		pipe := w.redis[0].Pipeline()
		for i := range 500 {
			pipe.Set(t.Context(), fmt.Sprintf("lock:%d", from+i), "v", time.Minute)
		}
		_, err := pipe.Exec(t.Context())
		must(t, err)
	}
	eventually(t, "all are seen", func() bool { return w.board.Activity(0, 0).Last >= storm })
	v := w.open("")
	v.send(eventsWatch("after", 0))
	gap := v.feed()
	if gap.T != "gap" || gap.From != 1 || gap.To != gap.Count || gap.Count < storm-10_000 || gap.After != gap.To {
		t.Fatalf("got %+v", gap)
	}
	next := gap.To + 1
	for next <= storm {
		f := v.feed()
		for _, e := range f.Events {
			if e.Seq != next {
				t.Fatalf("event %d came, want %d", e.Seq, next)
			}
			next++
		}
		if f.After != next-1 {
			t.Errorf("the frame ends at %d, its events at %d", f.After, next-1)
		}
	}
}

func TestALockIsWatchedAlone(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	v.send(fields{"t": "watch", "id": "l", "view": "lock", "nameB64": "bG9jazr/"})
	if shot := v.next("snapshot"); shot.ID != "l" || len(shot.Rows) != 0 || *shot.Total != 0 {
		t.Errorf("of a name that nobody knows: %+v", shot)
	}
	w.set("lock:\xff", "v", time.Minute, 0)
	delta := v.next("delta")
	if len(delta.Set) != 1 || delta.Set[0].Key() != "b64:bG9jazr/" || *delta.Total != 1 {
		t.Errorf("got %+v", delta)
	}
	v.Close()
	w.set("lock:other", "v", time.Minute, 0)
	w.awaitState("lock:other", watcher.StateHeld)
	again := w.open("")
	again.hello()
	again.send(fields{"t": "resume", "epoch": delta.E, "seq": delta.S})
	again.send(fields{"t": "watch", "id": "l", "view": "lock", "nameB64": "bG9jazr/"})
	if missed := again.next("delta"); len(missed.Set)+len(missed.Del) != 0 || missed.Counts.Total != 2 {
		t.Errorf("after a break: %+v", missed)
	}
}
