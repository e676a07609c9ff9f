package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

func TestALockIsTakenExtendedListedAndReleased(t *testing.T) {
	w := begin(t, 3)
	alice := w.browser()
	answer := alice.post("acquire", fields{"name": "lock:a", "ttl": "10s", "owner": "alice", "wait": "0s"}).status(http.StatusCreated)
	lease := answer.json()["lease"].(fields)
	for _, field := range []string{"id", "name", "token", "fence", "owner", "fingerprint", "acquiredAt", "validUntil", "ttl", "votes"} {
		if _, ok := lease[field]; !ok {
			t.Errorf("the lease has no %s: %s", field, answer.text)
		}
	}
	if lease["name"] != "lock:a" || lease["owner"] != "alice" || lease["ttl"] != "10s" || lease["fence"].(float64) <= 0 {
		t.Errorf("got %v", lease)
	}
	if votes := lease["votes"].([]any); len(votes) != 3 || votes[0].(fields)["node"] != "a" {
		t.Errorf("got votes %v", votes)
	}
	until, err := time.Parse(timeLayout, lease["validUntil"].(string))
	if err != nil || time.Until(until) < 5*time.Second {
		t.Errorf("validUntil: got %v", lease["validUntil"])
	}
	w.awaitState("lock:a", watcher.StateHeld)

	more := alice.post("extend", fields{"lease": lease["id"], "ttl": "40s"}).status(http.StatusOK).json()["lease"].(fields)
	if more["ttl"] != "40s" || more["token"] != lease["token"] || more["id"] != lease["id"] {
		t.Errorf("extended: got %v", more)
	}
	list := alice.get("/api/v1/leases").status(http.StatusOK)
	if brief := list.json()["leases"].([]any); len(brief) != 1 || brief[0].(fields)["id"] != lease["id"] {
		t.Errorf("leases: got %s", list.text)
	}
	if strings.Contains(list.text, lease["token"].(string)) {
		t.Error("the list of leases tells the token")
	}

	released := alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK).json()
	if released["name"] != "lock:a" {
		t.Errorf("released: got %v", released)
	}
	w.awaitNothing("lock:a")
	alice.post("release", fields{"lease": lease["id"]}).problem(http.StatusGone, codeLost)
	alice.post("extend", fields{"lease": lease["id"], "ttl": "1s"}).problem(http.StatusGone, codeLost)
	if rest := alice.get("/api/v1/leases").json()["leases"].([]any); len(rest) != 0 {
		t.Errorf("leases after release: got %v", rest)
	}
}

func TestAHeldLockSaysWhoHoldsItAndForHowLong(t *testing.T) {
	w := begin(t, 3)
	lease := w.browser().acquire("lock:a")
	held := w.browser().post("acquire", fields{"name": "lock:a"}).problem(http.StatusConflict, codeHeld)
	holder := held["holder"].(fields)
	if holder["owner"] != lease["owner"] || holder["fingerprint"] != lease["fingerprint"] {
		t.Errorf("holder: got %v, want %v", holder, lease)
	}
	if ttl := held["ttlMillis"].(float64); ttl < 20_000 || ttl > 30_000 {
		t.Errorf("ttlMillis: got %v", ttl)
	}
	if votes := held["votes"].([]any); len(votes) != 3 {
		t.Errorf("votes: got %v", votes)
	}
}

func TestALockWithoutExpirySaysSo(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:a", "for ever", 0, 0)
	if held := w.browser().post("acquire", fields{"name": "lock:a"}).problem(http.StatusConflict, codeHeld); held["ttlMillis"] != -1.0 {
		t.Errorf("ttlMillis: got %v, want -1", held["ttlMillis"])
	}
}

func TestWithoutQuorumTheNodesAreNamed(t *testing.T) {
	w := begin(t, 3)
	w.servers[1].Stop()
	w.servers[2].Stop()
	p := w.browser().post("acquire", fields{"name": "lock:a"}).problem(http.StatusServiceUnavailable, codeNoQuorum)
	if p["quorum"] != 2.0 {
		t.Errorf("quorum: got %v", p["quorum"])
	}
	var down []string
	for _, v := range p["votes"].([]any) {
		if v := v.(fields); v["vote"] == "down" {
			down = append(down, v["node"].(string))
		}
	}
	if !slices.Equal(down, []string{"b", "c"}) {
		t.Errorf("down: got %v", down)
	}
}

func TestAnOwnerThatIsNotGivenIsTheBrowserSession(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	first, second := alice.acquire("lock:a"), alice.acquire("lock:b")
	owner := first["owner"].(string)
	if len(owner) != len("browser-3f2a") || !strings.HasPrefix(owner, "browser-") || second["owner"] != owner {
		t.Errorf("owners: got %q and %q", owner, second["owner"])
	}
}

func TestALeaseOfAnotherSessionIsLikeNone(t *testing.T) {
	w := begin(t, 1)
	lease := w.browser().acquire("lock:a")
	bob := w.browser()
	bob.acquire("lock:b")
	mine := bob.post("release", fields{"lease": lease["id"]})
	none := bob.post("release", fields{"lease": "AAAAAAAAAAAAAAAAAAAAAA"})
	mine.problem(http.StatusGone, codeLost)
	if mine.text != none.text {
		t.Errorf("the answers differ:\n%s\n%s", mine.text, none.text)
	}
	bob.post("extend", fields{"lease": lease["id"]}).problem(http.StatusGone, codeLost)
	if w.heldOn("lock:a") != 1 {
		t.Error("the lock is gone")
	}
}

func TestALeaseThatRanOutIsForgotten(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	lease := alice.post("acquire", fields{"name": "lock:a", "ttl": "60ms"}).status(http.StatusCreated).json()["lease"].(fields)
	eventually(t, "the lease is forgotten", func() bool {
		return len(alice.get("/api/v1/leases").json()["leases"].([]any)) == 0
	})
	alice.post("extend", fields{"lease": lease["id"]}).problem(http.StatusGone, codeLost)
}

func TestAnAcquireWaitsForTheHolder(t *testing.T) {
	w := begin(t, 1)
	alice, bob := w.browser(), w.browser()
	lease := alice.acquire("lock:a")
	got := make(chan int, 1)
	go func() {
		r, err := bob.try(context.Background(), http.MethodPost, "/api/v1/locks/acquire", fields{"name": "lock:a", "wait": "9s"})
		if err != nil {
			got <- 0
			return
		}
		got <- r.StatusCode
	}()
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	if status := <-got; status != http.StatusCreated {
		t.Errorf("got status %d", status)
	}
}

// The time that a body may take is another one than that of a wait: longer than the
// first of those that end, and the waiter keeps its place meanwhile.
func TestAnAcquireWaitsLongerThanABodyMayTake(t *testing.T) {
	t.Parallel()
	w := begin(t, 1)
	alice, bob := w.browser(), w.browser()
	alice.post("acquire", fields{"name": "lock:a", "ttl": "30s"}).status(http.StatusCreated)
	began := time.Now()
	bob.post("acquire", fields{"name": "lock:a", "wait": "6s"}).problem(http.StatusConflict, codeHeld)
	if waited := time.Since(began); waited < 6*time.Second {
		t.Errorf("refused after %s", waited)
	}
}

func TestAnAcquireWhoseClientLeftLeavesNothing(t *testing.T) {
	w := begin(t, 3)
	alice, bob := w.browser(), w.browser()
	lease := alice.acquire("lock:a")
	ctx, leave := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, err := bob.try(ctx, http.MethodPost, "/api/v1/locks/acquire", fields{"name": "lock:a", "owner": "bob", "wait": "30s"})
		gone <- err
	}()
	eventually(t, "bob waits", func() bool {
		w.server.leases.mu.Lock()
		defer w.server.leases.mu.Unlock()
		return w.server.leases.reserved == 1
	})
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	eventually(t, "bob's place is given back", func() bool {
		w.server.leases.mu.Lock()
		defer w.server.leases.mu.Unlock()
		return w.server.leases.reserved == 0 && len(w.server.leases.leases) == 0
	})
	w.awaitNothing("lock:a")
}

func TestALeaseThatNobodyIsLeftToBeToldOfIsGivenBack(t *testing.T) {
	w := begin(t, 3)
	lease, err := w.engine.Acquire(t.Context(), "lock:a", lockengine.AcquireOptions{})
	must(t, err)
	w.server.giveBack(lease)
	w.awaitNothing("lock:a")
}

func TestTheStoreOfLeasesIsBounded(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.Limits.Leases = 1 })
	alice := w.browser()
	lease := alice.acquire("lock:a")
	alice.post("acquire", fields{"name": "lock:b"}).problem(http.StatusServiceUnavailable, codeTooManyLeases)
	if w.heldOn("lock:b") != 0 {
		t.Error("a lock was taken that could not be kept")
	}
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	alice.acquire("lock:b")
}

func TestAServerThatStopsRefusesCommandsAndIsNotReady(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	alice.get("/readyz").status(http.StatusOK)
	w.server.stop()
	alice.post("acquire", fields{"name": "lock:a"}).problem(http.StatusServiceUnavailable, codeShuttingDown)
	alice.get("/readyz").problem(http.StatusServiceUnavailable, codeShuttingDown)
	alice.get("/healthz").status(http.StatusOK)
}

func TestShutdownEndsAnAcquireThatWaits(t *testing.T) {
	w := begin(t, 1)
	alice, bob := w.browser(), w.browser()
	alice.acquire("lock:a")
	got := make(chan string, 1)
	go func() {
		r, err := bob.try(context.Background(), http.MethodPost, "/api/v1/locks/acquire", fields{"name": "lock:a", "wait": "60s"})
		if err != nil {
			got <- err.Error()
			return
		}
		got <- r.text
	}()
	eventually(t, "bob waits", func() bool {
		w.server.leases.mu.Lock()
		defer w.server.leases.mu.Unlock()
		return w.server.leases.reserved == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, w.server.Shutdown(ctx))
	if text := <-got; !strings.Contains(text, codeShuttingDown) {
		t.Errorf("got %s", text)
	}
}
