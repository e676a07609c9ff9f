package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// chord strikes a key with Ctrl.
func (b *tab) chord(key string) {
	b.t.Helper()
	b.do("strike Ctrl-"+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// picked is what the palette would do with Enter.
const picked = `document.getElementById(document.querySelector("#palette-q").getAttribute("aria-activedescendant"))?.textContent.trim() ?? ""`

func TestThePaletteFindsCommandsAndLocks(t *testing.T) {
	p := shared(t, kinds[0])
	name := lockName(t, "found")
	take(t, p, name, "alice", time.Minute)
	b := open(t, p.page("/"))
	b.waitLive()

	b.chord("k")
	b.wait("Ctrl-K opens the palette", `document.querySelector("#palette").open && document.activeElement.id === "palette-q"`)
	b.keys("gonod")
	b.wait("a few letters find a page", picked+`.startsWith("Go to Nodes")`)
	b.keys(kb.Enter)
	b.wait("Enter goes there", `location.pathname === "/nodes"`)
	b.waitLive()

	b.chord("k")
	b.wait("the palette is on this page too", `document.querySelector("#palette").open`)
	b.keys(name)
	b.wait("a lock is found", picked+`.startsWith("`+name+`")`)
	b.keys(kb.Enter)
	b.wait("Enter goes to the lock", `location.pathname === "/lock" && new URLSearchParams(location.search).get("name") === "`+name+`"`)
	b.waitLive()

	b.chord("k")
	b.keys("zzzzqqq")
	b.wait("what fits nothing says so", `document.querySelector("#palette-none").checkVisibility()`)
	b.chord("k")
	b.wait("Ctrl-K closes it", `!document.querySelector("#palette").open`)
}

func TestKeysLeadAnywhere(t *testing.T) {
	p := shared(t, kinds[0])
	b := open(t, p.page("/"))
	b.waitLive()
	for _, step := range []struct{ keys, path string }{
		{"gn", "/nodes"}, {"ga", "/activity"}, {"gh", "/help"}, {"gs", "/stage"}, {"gl", "/"},
	} {
		b.keys(step.keys)
		b.wait(step.keys+" leads to "+step.path, `location.pathname === "`+step.path+`" && document.querySelector("#connection").dataset.conn === "live"`)
	}

	b.keys("/gn")
	b.wait("what is typed is text", `document.querySelector("#q").value === "gn" && location.pathname === "/"`)
	b.keys(kb.Escape)
	b.keys("t")
	b.wait("t changes the scheme", `document.documentElement.dataset.theme === "light"`)
	b.keys("?")
	b.wait("? lists the keys", `document.querySelector("#keys-dialog").open && document.querySelector('[data-command="acquire"]').checkVisibility()`)
	b.click("#single-keys")
	b.keys(kb.Escape)
	b.wait("Esc closes it", `!document.querySelector("#keys-dialog").open`)
	b.keys("?")
	b.chord("k")
	b.wait("single keys are off, Ctrl-K is not", `document.querySelector("#palette").open && !document.querySelector("#keys-dialog").open`)
}
