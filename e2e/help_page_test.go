package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func TestEveryPageIsCompleteBeforeAnyScript(t *testing.T) {
	p := shared(t, kinds[0])
	name := lockName(t, "painted")
	take(t, p, name, "alice", time.Minute)
	live := open(t, p.lockPage(name))
	live.waitLive()
	live.wait("all nodes have answered", `document.querySelectorAll("#attempt [data-answered]").length === 5`)

	b := open(t, p.page("/help"))
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	for _, page := range []struct{ path, want string }{
		{"/help", `document.querySelectorAll("#states .state-line").length === 6 && document.querySelectorAll("#votes .vote").length === 8 && document.querySelectorAll("#keys kbd").length > 5`},
		{"/lock?name=" + name, `document.querySelectorAll('#attempt [data-said="granted"]').length === 5 && document.querySelector("#attempt").checkVisibility() &&
			document.querySelector("#attempt .attempt-bar").getBoundingClientRect().width > 20 && document.querySelectorAll("[data-vote-of]").length === 5 &&
			document.querySelector(".holders-table tbody").textContent.includes("alice") && document.querySelectorAll("#feed .event").length === 1 &&
			!document.querySelector('[data-action="acquire"]').checkVisibility()`},
		{"/nodes", `document.querySelectorAll(".node-card").length === 5 && document.querySelector("#node-a .spark path").getAttribute("d").startsWith("M") && !document.querySelector('#node-a [data-action="admit"]').checkVisibility()`},
		{"/activity?q=" + name, `document.querySelectorAll("#feed .event").length === 2`},
	} {
		b.do("load "+page.path, chromedp.Navigate(p.page(page.path)))
		b.wait(page.path+" is complete", page.want)
	}
}
