package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// onStage is how a stage stands, as the page says.
type onStage struct {
	State, Caption, Sub string
	Step                string
	Checks              []string
	Failed              int
	Mine                bool
}

// openOnStage opens a stage, and waits until it is live. A program keeps a stage for a
// minute after its last viewer, and has room for few: so each test starts its own.
func openOnStage(t *testing.T, p *program, query string) *tab {
	t.Helper()
	b := open(t, p.page("/stage"+query))
	b.waitLive()
	b.wait("the stage is drawn", `document.querySelectorAll("#rings .rn").length >= 5 && document.querySelector("#content").dataset.mine !== undefined`)
	return b
}

// stands reads how the stage stands.
func (b *tab) stands() onStage {
	b.t.Helper()
	return ask[onStage](b, `({
	  State: document.body.dataset.script ?? "",
	  Caption: document.querySelector(".st-caption").textContent,
	  Sub: document.querySelector(".st-sub").textContent,
	  Step: new URL(location.href).searchParams.get("step") ?? "",
	  Checks: [...document.querySelectorAll(".st-checks li")].map((li) => li.textContent),
	  Failed: document.querySelectorAll('.st-checks li[data-ok="false"]').length,
	  Mine: document.querySelector("#content").dataset.mine === "true",
	})`)
}

// fastest makes the stage go as fast as it can.
func (b *tab) fastest() {
	b.t.Helper()
	ask[any](b, `(() => { const s = document.querySelector("#speed"); s.value = "0"; s.dispatchEvent(new Event("change")); s.blur(); return null; })()`)
}

// waitStep waits until a step has been played.
func (b *tab) waitStep(step int) {
	b.t.Helper()
	b.wait(fmt.Sprintf("step %d is played", step), fmt.Sprintf(stepPlayed, step))
}

// stepPlayed is true when a step has been played.
const stepPlayed = `["ready", "done"].includes(document.body.dataset.script) && document.querySelector(".st-sub").textContent.startsWith("Step %d of")`

// everyLook reports whether the stage is to be pictured in all widths and schemes.
func everyLook() bool { return os.Getenv("E2E_LOOKS") == "all" }

// look takes pictures of the stage, as both does. Without E2E_LOOKS=all it is one
// picture in one of the schemes: what is to be checked does not depend on them.
func (b *tab) look(name string) {
	b.t.Helper()
	if everyLook() {
		b.both(name)
		return
	}
	b.clear()
	scheme := []string{"dark", "light"}[len(name)%2]
	b.scheme(scheme)
	b.settled()
	b.picture(name + "-" + scheme)
}

// reload loads the page anew.
func reload() chromedp.Action[chromedp.Void] { return chromedp.Reload() }

// stageQuery is the part of the page's address after the question mark.
func (b *tab) stageQuery() string {
	_, query, _ := strings.Cut(ask[string](b, "location.href"), "?")
	return query
}
