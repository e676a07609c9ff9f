package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func TestWaitingAndQuarantineFitEveryWidthInBothSchemes(t *testing.T) {
	p := start(t, kinds[0]) // the other kind looks the same
	alice, bob, b := open(t, p.page("/")), open(t, p.page("/")), open(t, p.page("/"))
	b.expect("503")
	b.still()
	b.waitLive()
	name := "lock:payments:settle-eu:2026-11"
	alice.acquire(form{name: name, ttl: "20s", owner: "alice@laptop", renew: true})
	b.acquire(form{name: "lock:reports:monthly", ttl: "20s", owner: "dana", renew: true})
	take(t, p, "lock:orders:checkout:8813", "worker-17", time.Minute)
	setOn(t, p.nodes, "lock:media:transcode:91c3", "9f1c2f50-0a4e-4e8a-9a55-0f8a6e0b7a11", time.Minute)

	bob.submit(form{name: name, ttl: "10s", owner: "bob", wait: "30s"})
	bob.waitPlace("next in line")
	b.submit(form{name: name, ttl: "10s", owner: "dana", wait: "60s"})
	b.waitPlace("2nd of 2 in line")
	b.shootBoth("waiting")
	b.keys(kb.Escape)
	b.waitGaveUp(name)
	b.waitRow(name, "waited for", func(r *row) bool { return r.Waiting == "1" })
	b.shootBoth("waited-for")
	b.click("#rows .row[data-name=" + quoted(name) + "] .c-name")
	b.wait("the panel is open", `document.querySelector("#panel").checkVisibility()`)
	b.shootBoth("fence")
	b.click(`#panel [data-action="close-panel"]`)

	flush(t, p.nodes[4])
	b.waitSitOut("e")
	b.openNode("e")
	b.shootBoth("quarantine")
	b.click(`#node-panel [data-action="admit"]`)
	b.wait("the dialog asks", `document.querySelector("#admit").open`)
	b.shootBoth("admit")
	b.keys(kb.Escape)
	b.wait("it has closed", `!document.querySelector("#admit").open`)
	b.click(`#node-panel [data-action="close-panel"]`)

	flush(t, p.nodes[2:4]...)
	b.waitSitOut("c", "d", "e")
	b.shootBoth("sit-out")
	b.submit(form{name: "lock:search:reindex", ttl: "10s", owner: "dana", wait: "0s"})
	b.wait("the dialog shows a refusal", `document.querySelector("#refusal").checkVisibility()`)
	b.shootBoth("no-quorum")
}

// shootBoth checks that what is open fits a desk and a phone, and takes its
// pictures on both.
func (b *tab) shootBoth(name string) {
	b.t.Helper()
	for _, screen := range []struct {
		suffix        string
		width, height int64
	}{{"-360", 360, 740}, {"-1440", 1440, 900}} {
		b.size(screen.width, screen.height)
		b.fits(name + screen.suffix)
		b.both(name + screen.suffix)
	}
}
