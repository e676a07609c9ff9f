package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestACommandWithAKeyTakesEffectOnce(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	alice.get("/")
	body := fields{"name": "lock:a", "ttl": "30s"}
	first := alice.post("acquire", body, idempotencyHeader, "k1").status(http.StatusCreated)
	again := alice.post("acquire", body, idempotencyHeader, "k1").status(http.StatusCreated)
	if again.text != first.text || again.Header.Get("Idempotency-Replayed") != "true" ||
		again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
		t.Errorf("got\n%s\nwant\n%s", again.text, first.text)
	}
	alice.post("acquire", fields{"name": "lock:b"}, idempotencyHeader, "k1").field(idempotencyHeader)
	alice.post("release", body, idempotencyHeader, "k1").field(idempotencyHeader)
	alice.post("acquire", body, idempotencyHeader, "k2").problem(http.StatusConflict, codeHeld)
	// The refusal is remembered too.
	id := first.json()["lease"].(fields)["id"]
	alice.post("release", fields{"lease": id}, idempotencyHeader, "k3").status(http.StatusOK)
	alice.post("release", fields{"lease": id}, idempotencyHeader, "k3").status(http.StatusOK)
	alice.post("acquire", body, idempotencyHeader, "k2").problem(http.StatusConflict, codeHeld)
	alice.post("acquire", body, idempotencyHeader, strings.Repeat("k", 256)).field(idempotencyHeader)
}

func TestAKeyOfAnotherSessionIsAnotherKey(t *testing.T) {
	w := begin(t, 1)
	alice, bob := w.browser(), w.browser()
	alice.get("/")
	bob.get("/")
	body := fields{"name": "lock:a", "ttl": "30s"}
	alice.post("acquire", body, idempotencyHeader, "k").status(http.StatusCreated)
	bob.post("acquire", body, idempotencyHeader, "k").problem(http.StatusConflict, codeHeld)
}

func TestAFailureOfTheServerMayBeTriedAgainWithTheSameKey(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.Limits.Leases = 1 })
	alice := w.browser()
	lease := alice.acquire("lock:a")
	body := fields{"name": "lock:b"}
	alice.post("acquire", body, idempotencyHeader, "k").problem(http.StatusServiceUnavailable, codeTooManyLeases)
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	alice.post("acquire", body, idempotencyHeader, "k").status(http.StatusCreated)
}

func TestACommandThatIsUnderWayIsWaitedFor(t *testing.T) {
	w := begin(t, 1)
	alice, holder := w.browser(), w.browser()
	lease := holder.acquire("lock:a")
	alice.get("/")
	body := fields{"name": "lock:a", "ttl": "30s", "wait": "9s"}
	answers := make(chan reply, 2)
	for range 2 {
		go func() {
			r, err := alice.try(context.Background(), http.MethodPost, "/api/v1/locks/acquire", body, idempotencyHeader, "k")
			if err != nil {
				t.Error(err)
			}
			answers <- r
		}()
	}
	eventually(t, "one of them waits for the holder", func() bool {
		w.server.leases.mu.Lock()
		defer w.server.leases.mu.Unlock()
		return w.server.leases.reserved == 1
	})
	holder.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	first, second := <-answers, <-answers
	if first.StatusCode != http.StatusCreated || second.text != first.text {
		t.Errorf("got\n%s\n%s", first.text, second.text)
	}
}

func TestAnswersAreForgotten(t *testing.T) {
	a := newAnswers()
	start := time.Unix(1000, 0)
	begin := func(n int, at time.Time) bool {
		found, first := a.begin(digest{byte(n), byte(n >> 8)}, digest{}, at)
		if first {
			a.finish(found, true)
		}
		return first
	}
	if !begin(1, start) || begin(1, start.Add(idempotencyAge-1)) {
		t.Error("an answer was not remembered")
	}
	if !begin(1, start.Add(idempotencyAge)) {
		t.Error("an answer was not forgotten after its time")
	}
	for n := range idempotencyMax + 100 {
		begin(n, start.Add(idempotencyAge))
	}
	if len(a.byKey) > idempotencyMax || a.order.Len() != len(a.byKey) {
		t.Errorf("got %d answers, %d in order", len(a.byKey), a.order.Len())
	}
}
