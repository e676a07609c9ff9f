package ceiling

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, n int) (*Locks, []*spawn.Server) {
	t.Helper()
	servers := redistest.StartAll(t, n)
	var addrs []string
	for _, s := range servers {
		addrs = append(addrs, s.Addr())
	}
	l, err := Dial(t.Context(), addrs, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, servers
}

func TestALockIsTakenOnceAndGivenBackByItsTokenOnly(t *testing.T) {
	l, _ := start(t, 3)
	for _, step := range []struct {
		what string
		do   func(name, token string) bool
		with string
		want bool
	}{
		{"lock", l.Lock, "a", true},
		{"lock", l.Lock, "b", false},
		{"unlock", l.Unlock, "b", false},
		{"unlock", l.Unlock, "a", true},
		{"unlock", l.Unlock, "a", false},
		{"lock", l.Lock, "b", true},
	} {
		if got := step.do("lock:x", step.with); got != step.want {
			t.Fatalf("%s with %s: got %t, want %t", step.what, step.with, got, step.want)
		}
	}
	if !l.Ping() {
		t.Error("no majority answers")
	}
}

func TestManyCallersEachGetTheirOwnAnswers(t *testing.T) {
	l, _ := start(t, 3)
	var callers sync.WaitGroup
	for i := range 32 {
		callers.Go(func() {
			name, other := fmt.Sprint("lock:", i), fmt.Sprint("lock:", i, ":other")
			for range 50 {
				if !l.Lock(name, "a") || l.Lock(name, "b") || !l.Unlock(name, "a") || l.Unlock(other, "a") {
					t.Errorf("caller %d got somebody else's answer", i)
					return
				}
			}
		})
	}
	callers.Wait()
}

func TestNodesThatAreGoneVoteNo(t *testing.T) {
	l, servers := start(t, 3)
	servers[0].Stop()
	if !l.Lock("lock:x", "a") {
		t.Error("two of three nodes are no majority")
	}
	servers[1].Stop()
	if l.Lock("lock:y", "a") {
		t.Error("one of three nodes is a majority")
	}
	if l.Err() == nil {
		t.Error("nobody says why")
	}
}
