package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestAnErrorPageHasTheSameWaysOnAsTheOthers(t *testing.T) {
	p := shared(t, kinds[0])
	b := open(t, p.page("/nowhere"))
	b.expect("404")
	b.wait("it is an error", `document.querySelector("[data-testid=error]").checkVisibility()`)
	b.wait("the palette is offered", `document.querySelector(".palette-button").checkVisibility()`)
	b.chord("k")
	b.wait("Ctrl-K opens the palette", `document.querySelector("#palette").open && document.activeElement.id === "palette-q"`)
	b.keys(kb.Escape)
	b.wait("Esc closes it", `!document.querySelector("#palette").open`)
	b.keys("?")
	b.wait("? lists the keys", `document.querySelector("#keys-dialog").open`)
	b.keys(kb.Escape)
	b.wait("Esc closes the list", `!document.querySelector("#keys-dialog").open`)
	b.keys("t")
	b.wait("t changes the scheme", `document.documentElement.dataset.theme === "light"`)
	if ask[bool](b, `document.querySelector("#connection") !== null`) {
		t.Error("a page without a stream says how its stream is")
	}
	b.keys("gn")
	b.wait("g n leads to the nodes", `location.pathname === "/nodes"`)
	b.waitLive()
}
