package watcher

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

func TestThePrefixIsWhatANameSharesWithItsKind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"lock:order:1": "lock:order", "lock:order:2:items": "lock:order", "lock:backup": "lock", "backup": "",
		"": "", ":": "", "::": ":", "lock::x": "lock:", "lock:order:": "lock:order",
	} {
		if got := Prefix(name); got != want {
			t.Errorf("Prefix(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPercentilesAreNearTheTrueOnes(t *testing.T) {
	t.Parallel()
	var s, first, second spread
	var all []time.Duration
	for i := range 10_000 {
		d := time.Duration(rand.ExpFloat64() * float64(100*time.Millisecond))
		all = append(all, d)
		s.add(d)
		if i%3 == 0 {
			first.add(d)
		} else {
			second.add(d)
		}
	}
	slices.Sort(all)
	both := first.plus(&second)
	for _, got := range []Spread{s.told(), both.told()} {
		if got.Count != 10_000 || got.Max != all[len(all)-1] {
			t.Errorf("got %+v", got)
		}
		for q, d := range map[int]time.Duration{50: got.P50, 95: got.P95, 99: got.P99} {
			want := all[len(all)*q/100]
			if off := (d - want).Abs(); off.Seconds() > 0.05*want.Seconds() {
				t.Errorf("p%d is %s, want about %s", q, d, want)
			}
		}
	}
	var one, none spread
	one.add(time.Second)
	if got := one.told(); got != (Spread{Count: 1, Sum: time.Second, P50: time.Second, P95: time.Second, P99: time.Second, Max: time.Second}) {
		t.Errorf("of one: %+v", got)
	}
	if sum := one.plus(&one); sum.told().P50.Round(100*time.Millisecond) != time.Second || sum.count != 2 {
		t.Errorf("of two: %+v", sum.told())
	}
	if sum := none.plus(&none); sum.told() != (Spread{}) {
		t.Errorf("of none: %+v", sum.told())
	}
}

func TestContentionIsOfTheLastMinutesAndOfAllWhoHeld(t *testing.T) {
	t.Parallel()
	b := newBoardTest(3)
	refuse := func(name string, times int) {
		for range times {
			ev := lockengine.Event{Name: name, Fingerprint: "f", At: b.time}
			for _, kind := range []lockengine.EventKind{lockengine.EventAttempt, lockengine.EventRefused} {
				b.tells(ev, kind, errors.New("held"))
			}
		}
	}
	refuse("lock:order:1", 3)
	refuse("lock:order:2", 5)
	b.Observe(lockengine.Event{Kind: lockengine.EventWaiting, Name: "lock:order:1", Waiters: 2, OldestSince: b.time, Waited: 4 * time.Second})
	for i := range 3 {
		b.says(i, "lock:backup", "v", time.Minute)
	}
	b.pass(10 * time.Second)
	for i := range 3 {
		b.says(i, "lock:backup", "", 0)
	}
	names := func(order ContentionOrder) []string {
		var list []string
		for _, n := range b.Contention(order, 2).Names {
			list = append(list, n.Name)
		}
		return list
	}
	if got := names(ByFailures); !slices.Equal(got, []string{"lock:order:2", "lock:order:1"}) {
		t.Errorf("by failures %q", got)
	}
	if got := names(ByAttempts); !slices.Equal(got, []string{"lock:order:2", "lock:order:1"}) {
		t.Errorf("by attempts %q", got)
	}
	if got := names(ByWait); got[0] != "lock:order:1" {
		t.Errorf("by wait %q", got)
	}
	if got := names(ByHold); got[0] != "lock:backup" {
		t.Errorf("by hold %q", got)
	}
	check := func(name string) {
		t.Helper()
		all := b.Contention(ByFailures, 10)
		for _, n := range all.Names {
			switch n.Name {
			case "lock:order:1":
				if n.Attempts != 3 || n.Failures != 3 || n.Waiting != 2 || n.Wait.P99 != 4*time.Second || n.Wait.Count != 1 {
					t.Errorf("%s: got %+v", name, n)
				}
			case "lock:backup":
				if n.Holds != 1 || n.Hold.P50 != 10*time.Second || n.Attempts != 0 {
					t.Errorf("%s: got %+v", name, n)
				}
			}
		}
		if len(all.Names) != 3 || len(all.Prefixes) != 2 || all.Prefixes[0].Name != "lock:order" || all.Prefixes[0].Failures != 8 {
			t.Errorf("%s: got %+v", name, all)
		}
	}
	check("at once")
	b.pass(contentionSpan)
	refuse("lock:order:2", 0)
	check("later")
	b.pass(2 * contentionSpan)
	refuse("lock:new", 1)
	if all := b.Contention(ByFailures, 10); len(all.Names) != 1 || all.Names[0].Name != "lock:new" {
		t.Errorf("much later: got %+v", all.Names)
	}
}

func TestStatisticsAreBoundedAndKeepWhatMatters(t *testing.T) {
	t.Parallel()
	b := newBoardTest(1)
	for i := range 20 * maxContended {
		b.contention.of(fmt.Sprintf("lock:%d:%d", i%1000, i), 0, func(f *fight) { f.attempts++ })
		b.contention.of("lock:hot:1", 0, func(f *fight) { f.failures++ })
	}
	all := b.Contention(ByFailures, 2)
	if all.Names[0].Name != "lock:hot:1" || all.Names[0].Failures != 20*maxContended || all.Prefixes[0].Failures != 20*maxContended {
		t.Errorf("got %+v", all)
	}
	if n, p := len(b.contention.present.names), len(b.contention.present.prefixes); n > maxContended || p > maxPrefixes || all.Dropped == 0 {
		t.Errorf("%d names, %d prefixes, %d dropped", n, p, all.Dropped)
	}
}

func TestContentionOfARealEngineIsCounted(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 3)
	b := watch(t, servers, Config{}, NotificationsLive).Board()
	engine := engineOf(t, servers, b)
	first, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{})
	must(t, err)
	if _, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{}); err == nil {
		t.Fatal("two holders")
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			lease, err := engine.Acquire(t.Context(), "lock:x", lockengine.AcquireOptions{Wait: patience})
			if err != nil {
				t.Error(err)
				return
			}
			_ = lease.Release(t.Context())
		})
	}
	eventually(t, b, "three wait", func() bool { l, _ := b.Lock("lock:x"); return l.Waiters.Count == 3 })
	if n := b.Contention(ByFailures, 1).Names[0]; n.Waiting != 3 || n.WaitingSince.IsZero() || n.Failures == 0 {
		t.Errorf("got %+v", n)
	}
	must(t, first.Release(t.Context()))
	wg.Wait()
	eventually(t, b, "all is counted", func() bool {
		n := b.Contention(ByFailures, 1).Names[0]
		return n.Holds == 4 && n.Hold.Count == 4 && n.Wait.Count >= 3 && n.Waiting == 0 && n.Attempts >= n.Failures+4
	})
}
