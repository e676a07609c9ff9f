package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func TestTheQueueMovesUpWhenAWaiterCancels(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		t.Parallel() // each kind has its own program
		name := lockName(t, "wanted")
		alice, bob, carol := open(t, p.page("/")), open(t, p.page("/")), open(t, p.page("/"))
		alice.acquire(form{name: name, ttl: "60s", owner: "alice"})
		alice.waitRow(name, "waited for by nobody", func(r *row) bool { return r.State == "held" && r.Waiting == "—" })

		bob.submit(form{name: name, ttl: "10s", owner: "bob", wait: "30s"})
		bob.waitPlace("next in line")
		bob.seesTheHolder("alice", "30 s")
		alice.waitRow(name, "waited for by one", func(r *row) bool { return r.Waiting == "1" })
		carol.submit(form{name: name, ttl: "10s", owner: "carol", wait: "30s"})
		carol.waitPlace("2nd of 2 in line")
		carol.seesTheHolder("alice", "30 s")
		alice.waitRow(name, "waited for by two", func(r *row) bool { return r.Waiting == "2" })

		bob.click(`#acquire .dialog-foot [data-action="close"]`)
		bob.waitGaveUp(name)
		carol.waitPlace("next in line")
		alice.waitRow(name, "waited for by one again", func(r *row) bool { return r.Waiting == "1" })
		p.onlyHolds(t, name, "alice")

		alice.act(name, "release")
		released := time.Now()
		carol.waitToast("You hold " + name)
		t.Logf("%s: the waiter was told %s after the click on release", p.kind, time.Since(released).Round(time.Millisecond))
		carol.wait("the dialog has gone", `!document.querySelector("#acquire").open`)
		alice.waitRow(name, "carol's, and nobody waits", func(r *row) bool {
			return r.State == "held" && r.Owner == "carol" && r.Waiting == "—" && r.count("granted") == 5
		})
		p.onlyHolds(t, name, "carol")
		bob.holdsNothing()
		carol.act(name, "release")
		bob.waitRow(name, "free", func(r *row) bool { return r.State == "free" && r.count("free") == 5 })
		p.onlyHolds(t, name, "")
	})
}

func TestWhoWaitsSeesTheHolderAndTheQueueChange(t *testing.T) {
	p := shared(t, kinds[0])
	name := lockName(t, "in-turn")
	alice, bob, carol, dave := open(t, p.page("/")), open(t, p.page("/")), open(t, p.page("/")), open(t, p.page("/"))
	alice.acquire(form{name: name, ttl: "60s", owner: "alice"})
	bob.submit(form{name: name, ttl: "60s", owner: "bob", wait: "60s"})
	bob.waitPlace("next in line")
	carol.submit(form{name: name, ttl: "60s", owner: "carol", wait: "60s"})
	carol.waitPlace("2nd of 2 in line")
	dave.submit(form{name: name, ttl: "60s", owner: "dave", wait: "60s"})
	dave.waitPlace("3rd of 3 in line")
	carol.waitPlace("2nd of 3 in line")

	alice.act(name, "release")
	bob.waitToast("You hold " + name)
	carol.waitPlace("next in line")
	dave.waitPlace("2nd of 2 in line")
	for _, waiting := range []*tab{carol, dave} {
		waiting.wait("it says that bob holds it now", `document.querySelector("#waiting [data-field=holder]").textContent === "bob"`)
	}

	carol.click(`#acquire .dialog-foot [data-action="close"]`)
	carol.waitGaveUp(name)
	carol.holdsNothing()
	dave.waitPlace("next in line")
	dave.click(`#acquire .dialog-foot [data-action="close"]`)
	dave.waitGaveUp(name)
	bob.waitRow(name, "waited for by nobody", func(r *row) bool { return r.Waiting == "—" && r.CanRelease })
	bob.act(name, "release")
	bob.waitRow(name, "free", func(r *row) bool { return r.State == "free" })
	p.onlyHolds(t, name, "")
	dave.holdsNothing()
}

func TestEscapeGivesUpWaitingAndLeavesNothingBehind(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		t.Parallel() // each kind has its own program
		name := lockName(t, "given-up")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		alice.acquire(form{name: name, ttl: "60s", owner: "alice"})
		bob.submit(form{name: name, ttl: "10s", owner: "bob", wait: "30s"})
		bob.waitPlace("next in line")
		alice.waitRow(name, "waited for", func(r *row) bool { return r.Waiting == "1" })

		bob.keys(kb.Escape)
		bob.waitGaveUp(name)
		alice.waitRow(name, "waited for by nobody", func(r *row) bool { return r.State == "held" && r.Waiting == "—" })
		p.onlyHolds(t, name, "alice")
		alice.act(name, "release")
		alice.waitRow(name, "free", func(r *row) bool { return r.State == "free" && r.count("free") == 5 })
		p.onlyHolds(t, name, "")
		bob.holdsNothing()

		bob.acquire(form{name: name, ttl: "10s", owner: "bob", wait: "0s"})
		bob.waitRow(name, "bob's", func(r *row) bool { return r.State == "held" && r.CanRelease })
		bob.act(name, "release")
	})
}

func TestNobodyWaitsForATabThatIsClosed(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		t.Parallel() // each kind has its own program
		name := lockName(t, "left-alone")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		alice.acquire(form{name: name, ttl: "60s", owner: "alice"})
		bob.submit(form{name: name, ttl: "10s", owner: "bob", wait: "30s"})
		bob.waitPlace("next in line")
		alice.waitRow(name, "waited for", func(r *row) bool { return r.Waiting == "1" })
		bob.close()
		alice.waitRow(name, "waited for by nobody", func(r *row) bool { return r.State == "held" && r.Waiting == "—" })
		alice.act(name, "release")
		alice.waitRow(name, "free", func(r *row) bool { return r.State == "free" && r.count("free") == 5 })
		p.onlyHolds(t, name, "")
	})
}

func TestAWaitThatRunsOutIsRefused(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		t.Parallel() // each kind has its own program
		name := lockName(t, "never")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		bob.expect("409")
		alice.acquire(form{name: name, ttl: "60s", owner: "alice"})
		bob.submit(form{name: name, ttl: "10s", owner: "bob", wait: "1500ms"})
		bob.waitPlace("next in line")
		bob.wait("the dialog shows a refusal", `document.querySelector("#refusal").checkVisibility()`)
		refusal := plainSpaces(ask[string](bob, `document.querySelector("#refusal").innerText`))
		if !strings.Contains(refusal, "held by alice for another") {
			t.Errorf("the refusal says %q", refusal)
		}
		bob.wait("the fields are back", `!document.querySelector("#waiting").checkVisibility() && document.querySelector("#acquire-name").checkVisibility() && document.querySelector("[data-action=submit-acquire]").checkVisibility()`)
		if got := ask[string](bob, `document.querySelector("#acquire-name").value`); got != name {
			t.Errorf("the name in the dialog is %q", got)
		}
		p.onlyHolds(t, name, "alice")
		alice.act(name, "release")
	})
}

// waitPlace waits until the dialog says where in the queue this tab stands.
func (b *tab) waitPlace(place string) {
	b.t.Helper()
	b.wait("it is "+place, `document.querySelector("#waiting").checkVisibility() && document.querySelector("#waiting [data-field=position]").textContent === `+quoted(place))
}

// seesTheHolder checks that who waits is told for what, for whom and how long.
func (b *tab) seesTheHolder(owner, wait string) {
	b.t.Helper()
	part := func(field string) string {
		return plainSpaces(ask[string](b, `document.querySelector("#waiting [data-field=`+field+`]").textContent`))
	}
	b.wait("it says who holds the lock", `document.querySelector("#waiting [data-field=holder]").textContent === `+quoted(owner))
	var first, left float64
	if _, err := fmt.Sscanf(part("left"), "%f s left", &first); err != nil || first <= 0 || first > 60 {
		b.t.Errorf("of the holder's lease it says %q", part("left"))
	}
	if !eventually(b.ctx, patience, func() bool {
		_, err := fmt.Sscanf(part("left"), "%f s left", &left)
		return err == nil && left <= first-0.3
	}) {
		b.t.Errorf("the holder's lease does not count down from %v s, it says %q", first, part("left"))
	}
	var minutes, seconds int
	elapsed := part("elapsed")
	if _, err := fmt.Sscanf(elapsed, "%d:%d of "+wait, &minutes, &seconds); err != nil || minutes != 0 {
		b.t.Errorf("of the time it says %q", elapsed)
	}
	if ask[bool](b, `document.querySelector("#acquire-name").checkVisibility() || document.querySelector("[data-action=submit-acquire]").checkVisibility()`) {
		b.t.Error("the fields are still there")
	}
}

// waitGaveUp waits until a cancelled attempt has been taken for one.
func (b *tab) waitGaveUp(name string) {
	b.t.Helper()
	b.wait("the dialog has gone", `!document.querySelector("#acquire").open`)
	b.waitToast("Gave up on " + name)
}

// holdsNothing checks that the server knows of no lease of this session.
func (b *tab) holdsNothing() {
	b.t.Helper()
	if leases := ask[[]string](b, `fetch("api/v1/leases").then((r) => r.json()).then(({ leases }) => leases.map((l) => l.name))`); len(leases) > 0 {
		b.t.Errorf("the session holds %q", leases)
	}
}

// onlyHolds waits until every node holds a name for this owner, by one token,
// or for nobody when the owner is "".
func (p *program) onlyHolds(t *testing.T, name, owner string) {
	t.Helper()
	var values []string
	if !eventually(t.Context(), patience, func() bool {
		values = values[:0]
		for _, n := range p.nodes {
			values = append(values, valueOn(t, n, name))
		}
		for _, value := range values {
			if value != values[0] || (owner == "") != (value == "") || !strings.HasSuffix(value, owner) {
				return false
			}
		}
		return true
	}) {
		t.Errorf("the nodes hold %s not just for %q: %q", name, owner, values)
	}
}
