package e2e

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// axeSource is axe-core 4.14.1, as its package has it. It tests the pages and is
// no part of the program.
//
//go:embed axe/axe.min.js
var axeSource string

// A barrier is what axe found on a page that keeps somebody from using it.
type barrier struct {
	Scheme, Rule, Impact, Help string
	Where                      []string
}

// findBarriers looks for barriers in a part of the page, once for each of some
// schemes and the options that select rules.
const findBarriers = `(async (selector, runs) => {
  const root = document.documentElement, before = root.dataset.theme;
  const found = [];
  for (const [scheme, options] of runs) {
    if (scheme) root.dataset.theme = scheme;
    const { violations } = await axe.run(selector, { resultTypes: ["violations"], preload: false, ...options });
    found.push(...violations.map((v) => ({
      Scheme: scheme, Rule: v.id, Impact: v.impact, Help: v.help,
      Where: v.nodes.slice(0, 6).map((n) => n.target.join(" ") + ": " + n.any.map((a) => a.message).join("; ")),
    })));
  }
  if (before) root.dataset.theme = before;
  else delete root.dataset.theme;
  return found;
})`

// accessible checks what the tab shows in both schemes, or only what is within
// selectors, where the rest was looked at before. Serious and critical barriers fail
// the test, the others are told. Nothing but contrasts depends on the scheme, so only
// those are looked at in both.
func (b *tab) accessible(what string, within ...string) {
	b.t.Helper()
	b.barriers(what, cmp.Or(strings.Join(within, ","), "html"), bothSchemes)
}

// accessibleHere is accessible for what was looked at before on another screen,
// in its colours.
func (b *tab) accessibleHere(what, selector string) {
	b.t.Helper()
	b.barriers(what, selector, `[["", { rules: { "color-contrast": { enabled: false } } }]]`)
}

// barriers tells of what keeps somebody from using a part of the page.
func (b *tab) barriers(what, selector, runs string) {
	b.t.Helper()
	found := b.findBarriers(what, selector, runs)
	serious := 0
	for _, f := range found {
		tell := b.t.Logf
		if f.Impact == "serious" || f.Impact == "critical" {
			tell, serious = b.t.Errorf, serious+1
		}
		tell("%s, %s: %s (%s): %s\n\t%q", what, f.Scheme, f.Rule, f.Impact, f.Help, f.Where)
	}
	b.t.Logf("axe: %s: %d serious, %d minor", what, serious, len(found)-serious)
}

// findBarriers returns what some runs of axe find in a part of the page.
func (b *tab) findBarriers(what, selector, runs string) []barrier {
	b.t.Helper()
	if !b.calm {
		b.still() // colours on their way are none
	}
	if !ask[bool](b, `"axe" in window`) {
		ask[any](b, axeSource+"; null")
	}
	b.wait(what+" is there", `[...document.querySelectorAll(`+quoted(selector)+`)].some((part) => part.checkVisibility())`)
	b.settled()
	return ask[[]barrier](b, fmt.Sprintf(`%s(%s, %s)`, findBarriers, quoted(selector), runs))
}

// bothSchemes are the runs for all rules in one scheme, and in the other for those
// that depend on it.
const bothSchemes = `[["dark", {}], ["light", { runOnly: ["color-contrast", "link-in-text-block"] }]]`

func TestBarriersAreFoundInBothSchemes(t *testing.T) {
	b := open(t, shared(t, kinds[0]).page("/help"))
	b.waitLive()
	ask[any](b, `(() => {
	  document.querySelector("main").insertAdjacentHTML("afterbegin", '<div id="bad"><button></button><p></p></div>');
	  const text = document.querySelector("#bad p");
	  text.textContent = "well seen in the dark alone";
	  text.style.color = "light-dark(#dddddd, #ffffff)";
	  return null;
	})()`)
	var found []string
	for _, f := range b.findBarriers("what is bad", "#bad", bothSchemes) {
		found = append(found, f.Scheme+" "+f.Rule+" "+f.Impact)
	}
	if want := []string{"dark button-name critical", "light color-contrast serious"}; !slices.Equal(found, want) {
		t.Errorf("found are %q, want %q", found, want)
	}
}

func TestNoPageHasSeriousBarriers(t *testing.T) {
	p := start(t, kinds[0]) // the other kind has the same pages
	fillStage(t, p)
	take(t, p, "lock:axe:theirs", "alice", time.Minute)
	b := open(t, p.page("/"))
	b.still()
	b.waitLive()
	b.acquire(form{name: "lock:axe:mine", ttl: "60s", owner: "dana"})
	flush(t, p.nodes[4])
	b.waitSitOut("e")
	b.waitRow("lock:axe:mine", "mine", func(r *row) bool { return r.CanRelease })
	b.accessible("Locks")

	b.click(`#rows .row[data-name="lock:inventory:sku-1204"] .c-name`)
	b.accessible("the panel of a lock", "#panel")
	b.click(`#rows .row[data-name="lock:axe:mine"] .c-name`)
	b.wait("it offers to release it", `document.querySelector('#panel [data-field="own"]').checkVisibility()`)
	b.accessible("the panel of a lock of one's own", "#panel")
	b.keys("jm")
	b.accessible("the menu of a row", "#row-menu")
	b.keys(kb.Escape)
	for _, menu := range []struct{ name, selector string }{
		{"the menu of libraries", "#facet-library"}, {"the menu of owners", "#facet-owner"}, {"the menu of exports", ".export"},
	} {
		b.click(menu.selector + " summary")
		b.wait("it is filled", `document.querySelectorAll("`+menu.selector+` .menu a").length > 1`)
		b.accessible(menu.name, menu.selector)
		b.click(menu.selector + " summary")
	}
	b.click(`#rows .row[data-name="lock:axe:mine"] .c-pick`)
	b.accessible("the bar of what is selected", "#bulk")
	b.click(`[data-action="bulk-release"]`)
	b.accessible("the question before many are released", "#bulk-dialog")
	b.keys(kb.Escape)
	b.click(`[data-action="bulk-clear"]`)
	b.openNode("e")
	b.accessible("the panel of a node", "#node-panel")
	b.click(`#node-panel [data-action="admit"]`)
	b.accessible("the question before a node is admitted", "#admit")
	b.click(`#admit .close`)
	b.click(`.toolbar [data-action="acquire"]`)
	b.accessible("the acquire dialog", "#acquire")
	b.submit(form{name: "lock:axe:theirs", ttl: "10s", owner: "dana", wait: "60s"})
	b.waitPlace("next in line")
	b.accessible("the acquire dialog while it waits", "#acquire")
	b.keys(kb.Escape)
	b.waitGaveUp("lock:axe:theirs")
	b.accessible("a notice", "#toasts")
	b.chord("k")
	b.keys("lock:axe")
	b.wait("the palette finds it", picked+`.startsWith("lock:axe")`)
	b.accessible("the palette", "#palette")
	b.keys(kb.Escape)
	b.click(`.foot [data-action="keys"]`)
	b.accessible("the list of keys", "#keys-dialog")
	b.keys(kb.Escape + "p")
	b.wait("it stands still", `document.body.hasAttribute("data-paused")`)
	b.accessible("Locks, paused, with a node")
	b.size(360, 740)
	b.accessibleHere("the panel of a node on a phone", "#node-panel")
	b.keys(kb.Escape + "p")
	b.accessibleHere("Locks on a phone", "html")

	for _, page := range []struct {
		name, path string
		alike      bool // but for the content of main, like one before
	}{
		{"one lock", "/lock?name=lock:axe:mine", false}, {"one lock that is split", "/lock?name=lock:inventory:sku-1204", true},
		{"one lock that nobody knows", "/lock?name=lock:none", true}, {"Nodes", "/nodes", false}, {"Activity", "/activity", false},
		{"Activity without a match", "/activity?q=nothing-like-it", true}, {"Help", "/help", false},
	} {
		b.size(1440, 900)
		b.do("go to "+page.name, navigate(p.page(page.path)))
		b.waitLive()
		if page.alike {
			b.accessible(page.name, "main")
			continue
		}
		b.accessible(page.name)
		b.size(360, 740)
		b.accessibleHere(page.name+" on a phone", "html")
	}
	b.expect("404")
	b.size(1440, 900)
	b.do("go nowhere", navigate(p.page("/nowhere")))
	b.accessible("an error")
}
