package web

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

// openTab opens a stream of a browser's tab.
func (b *browser) openTab(tab string) *viewer {
	b.w.t.Helper()
	v := b.openTabUnread(tab)
	v.hello()
	return v
}

func (b *browser) openTabUnread(tab string) *viewer {
	b.w.t.Helper()
	u := &url.URL{Scheme: "http", Host: b.w.addr, Path: "/"}
	if len(b.client.Jar.Cookies(u)) == 0 {
		b.get("/").status(http.StatusOK)
	}
	h := http.Header{}
	for _, c := range b.client.Jar.Cookies(u) {
		h.Add("Cookie", c.String())
	}
	return b.w.dial("/api/v1/stream?tab="+tab, h)
}

func TestALockIsHeldWhileItsTabIsOpenAndGivenBackAfterwards(t *testing.T) {
	w := begin(t, 3)
	w.server.tabs.grace = 50 * time.Millisecond
	alice := w.browser()
	tab := alice.openTab("t1")
	lease := alice.post("acquire", fields{"name": "lock:a", "ttl": "600ms", "renew": true, "tab": "t1"}).
		status(http.StatusCreated).json()["lease"].(fields)
	if lease["renew"] != true || lease["tab"] != "t1" {
		t.Errorf("got %v", lease)
	}
	stored, ok := w.server.leases.find(w.server.leases.anyOwner(), lease["id"].(string))
	if !ok {
		t.Fatal("the lease is not kept")
	}
	first := stored.lease.ValidUntil()
	eventually(t, "the lease is renewed past its first TTL", func() bool {
		return stored.lease.ValidUntil().Sub(first) > 600*time.Millisecond
	})
	if !stored.lease.Valid() {
		t.Fatal("the lease ended while its tab was open")
	}
	again := alice.openTab("t1")
	tab.Close()
	eventually(t, "the old stream has ended", func() bool {
		w.server.tabs.mu.Lock()
		defer w.server.tabs.mu.Unlock()
		return len(w.server.tabs.byKey[tabKey{stored.owner, "t1"}].sockets) == 1
	})
	if !stored.lease.Valid() {
		t.Fatal("the lease ended although its tab came back")
	}
	again.Close()
	<-stored.lease.Context().Done()
	w.awaitNothing("lock:a")
	eventually(t, "the tab is forgotten", func() bool {
		w.server.tabs.mu.Lock()
		defer w.server.tabs.mu.Unlock()
		return len(w.server.tabs.byKey) == 0
	})
}

// anyOwner returns the owner of some lease.
func (s *leaseStore) anyOwner() session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.leases {
		return l.owner
	}
	return session{}
}

func TestARenewedLockNeedsATabOfItsSession(t *testing.T) {
	w := begin(t, 1)
	alice, bob := w.browser(), w.browser()
	alice.openTab("t1")
	bob.get("/")
	alice.post("acquire", fields{"name": "lock:a", "renew": true}).field("renew")
	alice.post("acquire", fields{"name": "lock:a", "renew": true, "tab": "t2"}).field("tab")
	bob.post("acquire", fields{"name": "lock:a", "renew": true, "tab": "t1"}).field("tab")
	alice.post("acquire", fields{"name": "lock:a", "tab": "bad tab"}).field("tab")
	if w.heldOn("lock:a") != 0 {
		t.Error("a refused command took the lock")
	}
	alice.get("/api/v1/stream?tab=%20", "Connection", "Upgrade", "Upgrade", "websocket",
		"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==").field("tab")
}

func TestATabHearsItsPlaceInTheQueueAndCanLeaveIt(t *testing.T) {
	w := begin(t, 3)
	holder := w.browser()
	lease := holder.acquire("lock:a")
	alice, bob := w.browser(), w.browser()
	tabA, tabB := alice.openTab("a"), bob.openTab("b")
	wait := func(b *browser, tab string) (context.CancelFunc, chan reply) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan reply, 1)
		go func() {
			r, _ := b.try(ctx, http.MethodPost, "/api/v1/locks/acquire", fields{"name": "lock:a", "wait": "30s", "tab": tab})
			done <- r
		}()
		return cancel, done
	}
	leave, left := wait(alice, "a")
	if f := tabA.next("wait"); f.Position != 1 || f.Name == nil || *f.Name != "lock:a" {
		t.Errorf("alice: %+v", f)
	}
	cancelBob, got := wait(bob, "b")
	defer cancelBob()
	if f := tabB.next("wait"); f.Position != 2 || f.Of != 2 {
		t.Errorf("bob: %+v", f)
	}
	eventually(t, "two are seen to wait", func() bool {
		l, _ := w.board.Lock("lock:a")
		return l.Waiters.Visible && l.Waiters.Count == 2 && !l.Waiters.OldestSince.IsZero()
	})
	leave()
	<-left
	eventually(t, "bob moved up", func() bool {
		f := tabB.next("wait")
		return f.Position == 1
	})
	holder.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	r := <-got
	r.t = t
	r.status(http.StatusCreated)
	w.awaitState("lock:a", watcher.StateHeld)
	eventually(t, "nobody waits", func() bool {
		l, _ := w.board.Lock("lock:a")
		return l.Waiters.Count == 0
	})
}

func TestANodeThatSitsOutIsShownAndCanBeAdmitted(t *testing.T) {
	w := begin(t, 3)
	b := w.browser()
	b.get("/")
	admit := func(node string) reply {
		return b.do(http.MethodPost, "/api/v1/nodes/admit", fields{"node": node})
	}
	admit("x").problem(http.StatusNotFound, codeNotFound)
	admit("b").problem(http.StatusConflict, codeNotQuarantined)
	lease := b.acquire("lock:a")
	if lease["fence"].(float64) <= 0 {
		t.Errorf("fence %v", lease["fence"])
	}
	must(t, w.redis[1].FlushAll(t.Context()).Err())
	b.acquire("lock:b") // this batch shows the loss
	node := func() fields {
		return b.get("/api/v1/nodes").status(http.StatusOK).json()["nodes"].([]any)[1].(fields)
	}
	eventually(t, "node b sits out", func() bool {
		n := node()
		return n["votes"] == false && n["quarantine"] != nil
	})
	eventually(t, "its votes are shown so", func() bool {
		l, ok := w.board.Lock("lock:a")
		return ok && l.Votes[1].Vote.String() == "quarantined" && l.Votes[1].Reason != ""
	})
	if n := admit("b").status(http.StatusOK).json()["node"].(fields); n["votes"] != true || n["quarantine"] != nil {
		t.Errorf("after it was admitted: %v", n)
	}
	eventually(t, "its votes are shown again", func() bool {
		l, ok := w.board.Lock("lock:b")
		return ok && l.Votes[1].Vote.String() != "quarantined"
	})
}
