package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// noteRows makes a page note when each row first came to each state, on the
// clock that all tabs share.
const noteRows = `(() => {
  window.noted = {};
  const note = () => {
    for (const row of document.querySelectorAll("#rows .row")) {
      window.noted[row.dataset.name + " " + row.dataset.state] ??= performance.timeOrigin + performance.now();
    }
  };
  new MutationObserver(note).observe(document.querySelector("#rows"), { subtree: true, childList: true, attributes: true });
  note();
  return null;
})()`

// answered is when the last answer to a command came, on the same clock.
func (b *tab) answered(command string) float64 {
	b.t.Helper()
	return ask[float64](b, `performance.timeOrigin + performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/locks/`+command+`")).at(-1).responseEnd`)
}

func (b *tab) noted(name, state string) float64 {
	b.t.Helper()
	key := quoted(name + " " + state)
	b.wait(name+" is noted as "+state, "window.noted["+key+"]")
	return ask[float64](b, "window.noted["+key+"]")
}

func TestALockIsTakenWatchedExtendedAndReleased(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		name := lockName(t, "checkout")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		alice.waitLive()
		bob.waitLive()
		ask[any](bob, noteRows)

		alice.acquire(form{name: name, ttl: "20s", owner: "alice"})
		r := alice.waitRow(name, "held by all five nodes", func(r *row) bool {
			return r.State == "held" && r.count("granted") == 5 && r.CanRelease && r.CanExtend
		})
		if r.Owner != "alice" || r.Chip != "held" || r.Bar < 0.9 {
			t.Errorf("the row says %+v", r)
		}
		// How many votes had come by the answer is not certain; a quorum had.
		if toast := alice.waitToast("You hold "+name, "for 20 s"); !regexp.MustCompile(`[345] of 5 votes`).MatchString(toast) {
			t.Errorf("the notice says %q", toast)
		}

		late := bob.noted(name, "held") - alice.answered("acquire")
		t.Logf("%s: a second browser shows the lock %.1f ms after the answer to who took it", p.kind, late)
		for _, state := range []string{"residue", "contested", "unknown"} {
			if at := ask[float64](bob, "window.noted["+quoted(name+" "+state)+"] ?? 0"); at > 0 {
				t.Logf("%s: on its way it was shown as %s for %.0f ms", p.kind, state, bob.noted(name, "held")-at)
			}
		}
		if late > 1000 {
			t.Errorf("the second browser saw the lock %.0f ms late", late)
		}
		seenByBob(t, p, bob, name)
		countsDown(t, bob, name)

		before := alice.row(name).seconds()
		alice.act(name, "extend")
		alice.waitToast(name, "is yours for another 20 s")
		alice.waitRow(name, "extended", func(r *row) bool { return r.seconds() > before })
		bob.waitRow(name, "extended", func(r *row) bool { return r.seconds() > before })

		alice.act(name, "release")
		alice.waitToast("Released " + name)
		late = bob.noted(name, "free") - alice.answered("release")
		t.Logf("%s: it shows the release %.1f ms after the answer", p.kind, late)
		if late > 1000 {
			t.Errorf("the second browser saw the release %.0f ms late", late)
		}
		for _, b := range []*tab{alice, bob} {
			b.waitRow(name, "free", func(r *row) bool {
				return r.State == "free" && r.count("free") == 5 && !r.CanRelease && !r.CanExtend && r.seconds() < 0
			})
		}
		for _, n := range p.nodes {
			if value := valueOn(t, n, name); value != "" {
				t.Errorf("node %s still holds the released lock", n.id)
			}
		}
	})
}

// seenByBob checks that who does not hold the lock sees it all, cannot touch it
// and learns no secret.
func seenByBob(t *testing.T, p *program, bob *tab, name string) {
	t.Helper()
	r := bob.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.count("granted") == 5 })
	if r.Owner != "alice" || r.CanRelease || r.CanExtend {
		t.Errorf("the second browser shows %+v", r)
	}
	token := valueOn(t, p.nodes[0], name)
	parts := strings.Split(token, ":")
	if len(parts) < 4 || len(parts[2]) < 16 {
		t.Fatalf("the value on the node is %q, not a token of ours", token)
	}
	bob.click("#rows .row[data-name=" + quoted(name) + "] .c-name")
	bob.wait("the panel is open", `document.querySelector("#panel").checkVisibility()`)
	if ask[bool](bob, "document.documentElement.outerHTML.includes("+quoted(parts[2])+")") {
		t.Error("the second browser's page holds the token")
	}
	for _, path := range []string{"locks?limit=200", "locks/one?name=" + name, "leases", "nodes"} {
		if ask[bool](bob, `fetch("api/v1/`+path+`").then((r) => r.text()).then((text) => text.includes(`+quoted(parts[2])+"))") {
			t.Errorf("the token is in the answer to %s", path)
		}
	}
	if strings.Contains(p.log.String(), parts[2]) {
		t.Error("the token is in the log")
	}
}

func countsDown(t *testing.T, b *tab, name string) {
	t.Helper()
	first := b.row(name).seconds()
	if first <= 0 || first > 20 {
		t.Errorf("the countdown of a lock for 20 s says %v s", first)
	}
	b.waitRow(name, "counting down", func(r *row) bool { return r.seconds() >= 0 && r.seconds() <= first-0.5 })
}

func TestALockIsKnownInAnotherTabOfItsHolder(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "tabs")
		first := open(t, p.page("/"))
		first.waitLive()
		second := first.another(p.page("/"))
		second.waitLive()
		first.acquire(form{name: name, ttl: "20s"})
		second.waitRow(name, "offered for release", func(r *row) bool { return r.CanRelease })
		second.act(name, "release")
		first.waitRow(name, "free", func(r *row) bool { return r.State == "free" && !r.CanRelease })
	})
}

func TestALeaseThatRunsOutIsAnnouncedToItsHolder(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "short")
		b := open(t, p.page("/"))
		b.waitLive()
		b.acquire(form{name: name, ttl: "2s"})
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.CanRelease })
		b.waitRow(name, "expiring", func(r *row) bool { return r.State == "expiring" })
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" && !r.CanRelease })
		b.waitToast(name, "ran out")
	})
}

func TestARefusalSaysWhoHoldsTheLockAndForHowLong(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "wanted")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		bob.expect("409")
		alice.acquire(form{name: name, ttl: "30s", owner: "alice"})
		bob.submit(form{name: name, ttl: "10s", owner: "bob"})
		bob.wait("the dialog shows a refusal", `document.querySelector("#refusal").checkVisibility()`)
		refusal := plainSpaces(ask[string](bob, `document.querySelector("#refusal").innerText`))
		if !strings.Contains(refusal, "held by alice for another 2") || !strings.Contains(refusal, " s") {
			t.Errorf("the refusal says %q", refusal)
		}
		// The answer comes as soon as three nodes have said no.
		if n := ask[int](bob, `document.querySelectorAll("#refusal .vote[data-vote=other]").length`); n < 3 {
			t.Errorf("the refusal shows %d nodes with another holder, fewer than a quorum", n)
		}
		bob.waitToast(name, "held by alice for another")
		if !ask[bool](bob, `document.querySelector("#acquire").open`) {
			t.Error("the dialog has gone, with everything typed into it")
		}
		r := alice.waitRow(name, "still held by alice", func(r *row) bool { return r.State == "held" && r.count("granted") == 5 })
		if r.Owner != "alice" {
			t.Errorf("after the refusal the row says %+v", r)
		}
		alice.act(name, "release")
	})
}

func TestWhoWaitsGetsTheLockWhenItIsReleased(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		name := lockName(t, "queue")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		alice.acquire(form{name: name, ttl: "30s", owner: "alice"})
		bob.submit(form{name: name, ttl: "10s", owner: "bob", wait: "15s"})
		bob.wait("the dialog says that it waits", `document.querySelector("#acquire [data-field=status]").textContent.includes("waiting")`)
		asked := time.Now()
		alice.act(name, "release")
		bob.waitToast("You hold " + name)
		r := alice.waitRow(name, "bob's", func(r *row) bool { return r.State == "held" && r.Owner == "bob" })
		if r.CanRelease {
			t.Error("alice is offered to release what bob holds")
		}
		t.Logf("%s: the waiter was told %s after the click on release", p.kind, time.Since(asked).Round(time.Millisecond))
		bob.waitRow(name, "bob's to release", func(r *row) bool { return r.CanRelease })
		bob.act(name, "release")
	})
}
