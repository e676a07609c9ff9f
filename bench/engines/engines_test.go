package engines

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/watcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for _, s := range redistest.StartAll(t, n) {
		addrs = append(addrs, s.Addr())
	}
	return addrs
}

func TestEveryEngineLocksAndUnlocks(t *testing.T) {
	const name = "lock:x"
	for _, nodes := range []int{1, 3} {
		addrs := start(t, nodes)
		for _, spec := range All() {
			if spec.OneNode && nodes > 1 {
				continue
			}
			engine, err := spec.Open(t.Context(), addrs)
			if err != nil {
				t.Fatalf("%s on %d nodes: %v", spec.Name, nodes, err)
			}
			for range 3 { // a second lock shows that the first was given back
				if err := engine.Pair(t.Context(), name); err != nil {
					t.Errorf("%s on %d nodes: %v", spec.Name, nodes, err)
				}
			}
			if spec.Name != RueidislockName { // it has keys of its own
				hold(t, addrs, name)
				ctx, cancel := context.WithCancel(t.Context())
				cancel() // those that would wait are told not to
				if err := engine.Pair(ctx, name); err == nil {
					t.Errorf("%s on %d nodes took a lock that is held", spec.Name, nodes)
				}
				hold(t, addrs)
			}
			engine.Close()
		}
	}
}

// hold makes names the only locks that are held.
func hold(t *testing.T, addrs []string, names ...string) {
	t.Helper()
	for _, addr := range addrs {
		client := redis.NewClient(&redis.Options{Addr: addr})
		defer client.Close()
		if err := client.Del(t.Context(), "lock:x").Err(); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := client.Set(t.Context(), name, "somebody", 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLockersHoldExtendAndRelease(t *testing.T) {
	addrs := start(t, 3)
	ours, err := OpenLockscope(t.Context(), addrs, &watcher.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, locker := range []Locker{ours, OpenRedsync(addrs, false), OpenRedsync(addrs, true)} {
		held, err := locker.Acquire(t.Context(), "lock:x")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() {
			next, err := locker.Acquire(t.Context(), "lock:x")
			if err == nil {
				err = next.Release(t.Context())
			}
			got <- err
		}()
		if err := held.Extend(t.Context()); err != nil {
			t.Error(err)
		}
		if err := held.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-got; err != nil {
			t.Errorf("the next holder: %v", err)
		}
		locker.Close()
	}
}

func TestEnginesAreChosenByName(t *testing.T) {
	chosen, err := Named([]string{CeilingName, Ours})
	var names []string
	for _, s := range chosen {
		names = append(names, s.Name)
	}
	if err != nil || !slices.Equal(names, []string{Ours, CeilingName}) {
		t.Errorf("got %v and %v, want our engine and the ceiling, in the order of the tables", names, err)
	}
	if all, err := Named(nil); err != nil || len(all) != len(All()) {
		t.Errorf("no names: got %d engines and %v, want all", len(all), err)
	}
	_, err = Named([]string{"ours", Ours})
	if err == nil || !strings.Contains(err.Error(), `got "ours", want one of lockscope, redsync`) {
		t.Errorf("an unknown name: got %v", err)
	}
}
