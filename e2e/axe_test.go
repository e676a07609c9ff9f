package e2e

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// axeSource is axe-core 4.14.1, as its package has it. It tests the pages and is
// no part of the program.
//
//go:embed axe/axe.min.js
var axeSource string

// A barrier is what axe found on a page that keeps somebody from using it.
type barrier struct {
	Rule, Impact, Help string
	Where              []string
}

// runAxe looks for barriers, with the rules that the options select.
const runAxe = `axe.run(%s, %s).then(({ violations }) => violations.map((v) => ({
  Rule: v.id, Impact: v.impact, Help: v.help,
  Where: v.nodes.slice(0, 6).map((n) => n.target.join(" ") + ": " + n.any.map((a) => a.message).join("; ")),
})))`

// accessible checks what the tab shows in both schemes, or only what is within
// selectors. Serious and critical barriers fail the test, the others are told.
func (b *tab) accessible(what string, within ...string) {
	b.t.Helper()
	where := "document"
	if len(within) > 0 {
		where = quoted(strings.Join(within, ","))
	}
	if !ask[bool](b, `"axe" in window`) {
		ask[any](b, axeSource+"; null")
	}
	for _, run := range []struct{ scheme, options string }{
		{"dark", `{}`},
		{"light", `{ runOnly: ["color-contrast", "link-in-text-block"] }`}, // nothing else depends on it
	} {
		b.scheme(run.scheme)
		b.settled()
		found := ask[[]barrier](b, fmt.Sprintf(runAxe, where, run.options))
		serious := 0
		for _, f := range found {
			tell := b.t.Logf
			if f.Impact == "serious" || f.Impact == "critical" {
				tell, serious = b.t.Errorf, serious+1
			}
			tell("%s, %s: %s (%s): %s\n\t%q", what, run.scheme, f.Rule, f.Impact, f.Help, f.Where)
		}
		b.t.Logf("axe: %s, %s: %d serious, %d minor", what, run.scheme, serious, len(found)-serious)
	}
}

func TestNoPageHasSeriousBarriers(t *testing.T) {
	p := start(t, kinds[0]) // the other kind has the same pages
	fillStage(t, p)
	b := open(t, p.page("/"))
	b.waitLive()
	b.acquire(form{name: "lock:axe:mine", ttl: "60s", owner: "dana"})
	flush(t, p.nodes[4])
	b.waitSitOut("e")
	b.waitRow("lock:axe:mine", "mine", func(r *row) bool { return r.CanRelease })
	b.accessible("Locks")
	b.click(`#rows .row[data-name="lock:inventory:sku-1204"] .c-name`)
	b.wait("the panel is open", `document.querySelector("#panel").checkVisibility()`)
	b.accessible("Locks with a lock")
	b.openNode("e")
	b.accessible("Locks with a node")
	b.click(`#node-panel [data-action="admit"]`)
	b.wait("the dialog asks", `document.querySelector("#admit").open`)
	b.accessible("the question before a node is admitted")
	b.click(`#admit .close`)
	b.click(`.toolbar [data-action="acquire"]`)
	b.accessible("the acquire dialog")

	b.click(`#acquire .close`)
	b.chord("k")
	b.keys("lock:axe")
	b.wait("the palette finds it", picked+`.startsWith("lock:axe")`)
	b.accessible("the palette")
	b.keys(kb.Escape)
	b.click(`.foot [data-action="keys"]`)
	b.accessible("the list of keys")
	b.keys(kb.Escape + "p")
	b.wait("it stands still", `document.body.hasAttribute("data-paused")`)
	b.accessible("Locks, paused")

	for _, page := range []struct{ name, path string }{
		{"one lock", "/lock?name=lock:axe:mine"}, {"one lock that is split", "/lock?name=lock:inventory:sku-1204"},
		{"one lock that nobody knows", "/lock?name=lock:none"}, {"Nodes", "/nodes"}, {"Activity", "/activity"},
		{"Activity without a match", "/activity?q=nothing-like-it"}, {"Help", "/help"},
	} {
		b.do("go to "+page.name, navigate(p.page(page.path)))
		b.waitLive()
		b.accessible(page.name)
	}
	b.expect("404")
	b.do("go nowhere", navigate(p.page("/nowhere")))
	b.accessible("an error")
	b.size(360, 740)
	for _, path := range []string{"/", "/lock?name=lock:axe:mine", "/nodes", "/activity", "/help"} {
		b.do("go to "+path, navigate(p.page(path)))
		b.waitLive()
		b.accessible(path + " on a phone")
	}
}
