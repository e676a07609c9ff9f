package web

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// resume opens a stream that had the given frame last, and watches again.
func (w *world) resume(last streamclient.Frame, more ...any) *viewer {
	w.t.Helper()
	v := w.open("")
	v.hello()
	v.send(fields{"t": "resume", "epoch": last.E, "seq": last.S})
	v.send(watchFrame("w", more...))
	return v
}

func TestResumeBringsExactlyWhatWasMissed(t *testing.T) {
	w := begin(t, 1)
	for _, name := range []string{"lock:stays", "lock:changes", "lock:leaves"} {
		w.set(name, "1", time.Minute, 0)
		w.awaitState(name, watcher.StateHeld)
	}
	v := w.open("")
	v.hello()
	shot := v.watch("state", "held")
	v.Close()

	must(t, w.redis[0].Del(t.Context(), "lock:leaves").Err())
	w.set("lock:changes", "2", time.Minute, 0)
	w.set("lock:comes", "1", time.Minute, 0)
	w.awaitState("lock:leaves", watcher.StateFree)
	w.awaitState("lock:comes", watcher.StateHeld)

	delta := w.resume(shot, "state", "held").next("delta")
	if !slices.Equal(names(delta.Set), []string{"lock:changes", "lock:comes"}) ||
		!slices.Equal(names(delta.Del), []string{"lock:leaves"}) {
		t.Errorf("got set %v del %v", names(delta.Set), names(delta.Del))
	}
	m := mirrorOf(shot, delta)
	if !m.shows(w.board.Window(watcher.Query{State: watcher.StateHeld, Sort: "name", Limit: maxWindow})) {
		t.Errorf("after the resume the client shows %v", m)
	}
	nothing := w.resume(delta, "state", "held").next("delta")
	if len(nothing.Set)+len(nothing.Del) != 0 {
		t.Errorf("a second resume brings %+v", nothing)
	}
}

func TestAResumeThatCannotBeToldIsASnapshot(t *testing.T) {
	w := begin(t, 1)
	for i := range 5 {
		w.set(fmt.Sprintf("lock:%d", i), "1", time.Minute, 0)
	}
	eventually(t, "all are there", func() bool { return w.board.Window(watcher.Query{}).Total == 5 })
	v := w.open("")
	v.hello()
	shot := v.watch()
	other, none, future := shot, shot, shot
	other.E = "another epoch"
	none.S = 0
	future.S += 1000
	for what, last := range map[string]streamclient.Frame{"another epoch": other, "nothing seen": none, "the future": future} {
		if got := w.resume(last).next("snapshot"); len(got.Rows) != 5 {
			t.Errorf("%s: got %d rows", what, len(got.Rows))
		}
	}
	// Rows move in and out of a window that does not show all, unchanged.
	w.resume(shot, "limit", 3).next("snapshot")
	w.resume(shot, "offset", 1).next("snapshot")
}

func TestAResumeIsForTheWatchesRightAfterIt(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:a", "1", time.Minute, 0)
	w.awaitState("lock:a", watcher.StateHeld)
	v := w.open("")
	v.hello()
	shot := v.watch()

	again := w.resume(shot)
	again.next("delta")
	again.send(watchFrame("w", "state", "held")) // another window in the same place
	again.next("snapshot")

	late := w.resume(shot)
	late.next("delta")
	late.send(fields{"t": "visible", "visible": true})
	late.send(watchFrame("second"))
	late.next("snapshot")
}

func TestNothingIsLostOrDoubledOverManyBreaks(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:00", "1", time.Minute, 0)
	w.awaitState("lock:00", watcher.StateHeld)
	v := w.open("")
	v.hello()
	last := v.watch()
	m := mirrorOf(last)
	done := make(chan error, 1)
	go func() {
		for i := range 400 {
			name := fmt.Sprintf("lock:%02d", i*3%25)
			err := w.redis[0].Set(t.Context(), name, i, time.Minute).Err()
			if i%4 == 0 {
				err = w.redis[0].Del(t.Context(), name).Err()
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	stormy := true
	for breaks := 0; stormy || breaks < 20; breaks++ {
		v.Close()
		v = w.resume(last)
		last = v.next("delta")
		for _, r := range last.Set {
			if old, ok := m[r.Key()]; ok && old.Seq() >= r.Seq() {
				t.Errorf("%s was sent at %d and again at %d", r.Key(), old.Seq(), r.Seq())
			}
		}
		m.apply(last)
		select {
		case err := <-done:
			must(t, err)
			stormy = false
		default:
		}
	}
	for !m.shows(w.board.Window(watcher.Query{Sort: "name", Limit: maxWindow})) {
		m.apply(v.next("delta"))
	}
}
