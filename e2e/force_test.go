package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// openForce opens the dialog for a lock that the Locks page shows.
func (b *tab) openForce(name string) {
	b.t.Helper()
	b.click("#rows .row[data-name=" + cssQuoted(name) + "] .c-name")
	b.wait("the panel is open", `document.querySelector("#panel").checkVisibility()`)
	// The panel still fills, so the button moves: pressed until it was met.
	b.wait("the dialog asks", `document.querySelector("#force").open || document.querySelector('#panel [data-action="force"]').click()`)
}

// forceSays waits until a part of the dialog says something.
func (b *tab) forceSays(field, part string) {
	b.t.Helper()
	b.wait(field+" says "+part, fmt.Sprintf(`document.querySelector('#force [data-field=%s]').checkVisibility() && document.querySelector('#force [data-field=%s]').textContent.includes(%s)`,
		quoted(field), quoted(field), quoted(part)))
}

func TestALockIsTakenFromItsHolderAfterALookAtIt(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "stuck")
		b := open(t, p.page("/"))
		b.expect("409")
		b.waitLive()
		setOn(t, p.nodes, name, "9f1c2f50-0a4e-4e8a-9a55-0f8a6e0b7a11", 0)
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" })
		b.openForce(name)
		b.forceSays("ends", "never")
		b.forceSays("lets-in", "whoever asks next")
		if !ask[bool](b, `document.querySelector('[data-action="submit-force"]').disabled && document.activeElement.id === "force-confirm"`) {
			t.Error("it can be done unasked, or nothing has the focus")
		}
		b.keys("lock:else")
		b.wait("another name is refused", `document.querySelector('[data-error-of="confirm"]').checkVisibility()`)
		b.size(1440, 900)
		b.both("force-1440")
		b.accessible("the force-release dialog", "#force")
		b.fill("#force-confirm", name)
		b.fill("#force-reason", "the job that took it is gone")

		// It changes hands while somebody looks.
		for _, n := range p.nodes {
			redisCLI(t, n, "SET", name, "another", "PX", "60000")
		}
		b.forceSays("changed", "It changed hands")
		if ask[string](b, `document.querySelector("#force-confirm").value`) != "" || ask[string](b, `document.querySelector("#force-reason").value`) == "" {
			t.Error("the name is not asked for anew, or the reason is")
		}
		b.both("force-changed-1440")
		b.size(360, 740)
		b.fits("the dialog")
		b.both("force-changed-360")
		b.size(1440, 900)
		b.fill("#force-confirm", name)
		b.keys(kb.Enter)
		b.forceSays("title", "Released by force")
		b.forceSays("status", "Deleted on 5 of 5 nodes.")
		if n := ask[int](b, `document.querySelectorAll('#force .force-nodes [data-result="deleted"]').length`); n != 5 {
			t.Errorf("%d nodes are shown", n)
		}
		b.both("force-done-1440")
		p.onlyHolds(t, name, "")
		b.keys(kb.Enter) // the focus is on Close
		b.wait("it is closed", `!document.querySelector("#force").open`)
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" })

		b.do("open the page of the lock", navigate(p.page("/lock?name="+name)))
		b.waitLive()
		b.wait("its history says how it ended", `document.querySelector('[data-field="holds"]').textContent.includes("forced")`)
		b.wait("its audit says why", `document.querySelector("#audit").textContent.includes("the job that took it is gone")`)
		b.both("lock-audit-1440")
		b.accessible("the page of a lock with an audit")
	})
}

func TestALockThatChangesHandsBeforeItsPageKnowsIsNotTaken(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "raced")
		setOn(t, p.nodes, name, "first", time.Minute)
		b := open(t, p.page("/lock?name="+name))
		b.expect("409")
		b.waitLive()
		b.keys("p") // the page stands still, and hears of nothing
		for _, n := range p.nodes {
			redisCLI(t, n, "SET", name, "second", "PX", "60000")
		}
		b.click(`#facts [data-action="force"]`)
		b.wait("the dialog asks", `document.querySelector("#force").open`)
		b.fill("#force-confirm", name)
		b.fill("#force-reason", "a race")
		b.click(`[data-action="submit-force"]`)
		b.forceSays("changed", "It changed hands")
		if n := ask[int](b, `document.querySelectorAll('#force .force-nodes [data-result="kept"]').length`); n != 5 {
			t.Errorf("%d nodes kept it", n)
		}
		p.onlyHolds(t, name, "second")
	})
}

func TestANameThatNobodyCanTypeIsForcedByItsFingerprint(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		b := open(t, p.page("/"))
		b.waitLive()
		setOn(t, p.nodes, "lock:two\nlines\xff", "token", time.Minute)
		b.wait("the row is there", `document.querySelector("#rows .row[data-name-b64] .c-name") !== null`)
		b.click("#rows .row[data-name-b64] .c-name")
		b.click(`#panel [data-action="force"]`)
		b.forceSays("confirm-label", "fingerprint")
		b.fill("#force-confirm", ask[string](b, `document.querySelector('#force [data-field="token"]').textContent`))
		b.fill("#force-reason", "left over")
		b.keys(kb.Enter)
		b.forceSays("title", "Released by force")
		p.onlyHolds(t, "lock:two\nlines\xff", "")
	})
}

func TestALeaseThatIsForcedAwayEndsInTheTabThatHeldIt(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "mine")
		owner := open(t, p.page("/"))
		owner.expect("410")
		owner.waitLive()
		owner.acquire(form{name: name, ttl: "60s", owner: "dana"})
		owner.waitRow(name, "mine", func(r *row) bool { return r.CanRelease })
		admin := open(t, p.page("/"))
		admin.waitLive()
		admin.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.Owner == "dana" })
		admin.openForce(name)
		admin.forceSays("risk", "told at once")
		admin.fill("#force-confirm", name)
		admin.fill("#force-reason", "it hangs")
		admin.keys(kb.Enter)
		admin.forceSays("title", "Released by force")
		owner.waitRow(name, "not mine any more", func(r *row) bool { return r.State == "free" && !r.CanRelease })
	})
}

func TestAPageThatOnlyShowsOffersNoForce(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "seen")
		b := open(t, p.page("/"))
		b.waitLive()
		setOn(t, p.nodes, name, "token", time.Minute)
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" })
		b.click("#rows .row[data-name=" + cssQuoted(name) + "] .c-name")
		b.wait("the panel is open", `document.querySelector("#panel").checkVisibility()`)
		if ask[int](b, `document.querySelectorAll('[data-action="force"], #force').length`) != 0 {
			t.Error("force is offered")
		}
	}, "-read-only")
}
