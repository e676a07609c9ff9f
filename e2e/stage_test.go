package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// scenarioIDs are what the list of the page has, free play aside.
func (b *tab) scenarioIDs() []string {
	b.t.Helper()
	return ask[[]string](b, `[...document.querySelectorAll(".st-item")].map((a) => a.dataset.scenario).filter(Boolean)`)
}

func TestEveryScenarioPlaysToItsEnd(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	b := openOnStage(t, p, "")
	b.fastest()
	ids := b.scenarioIDs()
	if len(ids) != 12 {
		t.Fatalf("the page lists %d scenarios", len(ids))
	}
	// One takes as long as all others together, and so has a stage of its own.
	const long = "herd"
	aside := openOnStage(t, p, "?scenario="+long)
	aside.fastest()
	aside.click(`[data-action="play"]`)
	for _, id := range ids {
		if id == long {
			continue
		}
		b.click(`.st-item[data-scenario="` + id + `"]`)
		b.wait(id+" is on the stage", `new URL(location.href).searchParams.get("scenario") === `+quoted(id)+` && document.body.dataset.script === "ready"`)
		b.click(`[data-action="play"]`)
		b.endsWell(id)
	}
	if done := ask[int](b, `document.querySelectorAll('.st-item[data-done="true"]').length`); done != 11 {
		t.Errorf("%d scenarios are marked as played", done)
	}
	aside.endsWell(long)
}

// endsWell waits for the end of a scenario, checks what came of it, and looks at its
// decisive moments.
func (b *tab) endsWell(id string) {
	b.t.Helper()
	began := time.Now()
	b.waitLong(id+" is over", `document.body.dataset.script === "done"`, 8*patience)
	b.wait("what came of it is drawn", `document.querySelectorAll(".st-checks li").length > 0`)
	at := b.stands()
	if at.Failed > 0 || at.Step == "" {
		b.t.Errorf("%s ends with %+v", id, at)
	}
	b.t.Logf("%-12s %d facts as expected after %.1f s", id, len(at.Checks), time.Since(began).Seconds())
	looked := 0
	for i, d := range decisive {
		if d.scenario != id || d.compare {
			continue
		}
		if looked++; d.ms > 0 || strconv.Itoa(d.step) != at.Step {
			b.lookBack(d.step, d.ms)
		} else {
			b.order(`"view.live"`)
			b.waitStep(d.step)
		}
		b.inspect(i)
	}
	if looked == 0 {
		b.t.Errorf("nothing of %s is looked at", id)
	}
}

func TestOneDrivesAndAnotherFollowsByLink(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	driver := openOnStage(t, p, "?scenario=two-down")
	follower := openOnStage(t, p, "?"+driver.stageQuery())
	follower.expect("409")
	driver.wait("the driver sees that somebody follows", `document.querySelector(".st-who").textContent.includes("1 follows")`)
	driver.fastest()
	driver.click(`[data-action="next"]`)
	driver.waitStep(1)
	follower.waitStep(1)
	if ours, theirs := driver.stands(), follower.stands(); !ours.Mine || theirs.Mine || ours.Caption != theirs.Caption {
		t.Errorf("the driver sees %+v, the follower %+v", ours, theirs)
	}
	// A second driver: the controls are not to be had, and the server says no.
	if enabled := ask[int](follower, `[...document.querySelectorAll("[data-drive]")].filter((e) => !e.disabled).length`); enabled != 0 {
		t.Errorf("%d controls of the follower can be used", enabled)
	}
	follower.click(`.rn[data-node="a"]`)
	if ask[bool](follower, `document.querySelector("#node-menu").matches(":popover-open")`) {
		t.Error("the follower has a menu")
	}
	refusal := ask[string](follower, `import(document.querySelector("script[type=module]").src.replace("stage.js", "stagedrive.js")).then((m) => m.order("stop", { node: "a" })).then(() => document.querySelector("#toasts").textContent)`)
	if !strings.Contains(refusal, "viewer 1 drives") {
		t.Errorf("a second driver is told %q", refusal)
	}
	follower.click(`[data-order="wheel.ask"]`)
	driver.wait("the driver is asked", `document.querySelector("#asked").checkVisibility() && document.querySelector("#asked").textContent.includes("Viewer 2")`)
	driver.click(`[data-order="wheel.give on=true"]`)
	follower.wait("the follower drives", `document.querySelector("#content").dataset.mine === "true"`)
	driver.wait("the driver follows", `document.querySelector("#content").dataset.mine === "false"`)
	follower.click(`[data-action="next"]`)
	driver.waitStep(2)
	// Who drives leaves, and comes back by a reload.
	follower.do("reload", reload())
	follower.waitLive()
	follower.wait("a reload keeps the wheel", `document.querySelector("#content").dataset.mine === "true"`)
}

func TestAStageIsBrokenByHand(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "")
	b.pick(`.rn[data-node="e"]`, "stop")
	b.wait("the node is stopped", `document.querySelector('.rn[data-node="e"] .rn-words').textContent === "stopped"`)
	b.pick(`.rc[data-client="alice"]`, "acquire")
	b.wait("alice holds the lock on four", `document.querySelector('.rc[data-client="alice"]').dataset.holds && document.querySelectorAll('.rc[data-client="alice"] .vs[data-vote="granted"]').length === 4`)
	b.pick(`.rc[data-client="bob"]`, "acquire")
	b.wait("bob is refused", `document.querySelector('.rc[data-client="bob"] .rc-says').textContent.includes("held by alice")`)
	b.pick(`.rc[data-client="alice"]`, "write")
	b.wait("the write is accepted", `document.querySelector(".st-writes").textContent.includes("accepted")`)
	b.click(".rr")
	b.wait("the fence check is off", `document.querySelector(".st-check").textContent === "off"`)
	b.click(`[data-action="add"]`)
	b.wait("there is another client", `document.querySelectorAll(".rc").length === 4`)
	ask[any](b, `(() => { const s = document.querySelector("#beside"); s.value = "del"; s.dispatchEvent(new Event("change")); return null; })()`)
	b.wait("there are two worlds", `document.querySelectorAll(".ring").length === 2 && document.querySelectorAll(".rc").length === 6`)
	b.click(`[data-order="stage.restart"]`)
	b.wait("it begins again, with two worlds", `document.querySelectorAll(".ring").length === 2`)
}

func TestAClickerTurnsTheStepsOfAPresentation(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "?scenario=pause-fence")
	b.fastest()
	b.keys("f")
	b.wait("it is presented", `document.body.classList.contains("presenting") && document.querySelector(".st-list").getBoundingClientRect().right <= 0`)
	for step := 1; step <= 6; step++ {
		b.keys(kb.PageDown)
		b.waitStep(step)
	}
	b.settled()
	if size := ask[float64](b, `parseFloat(getComputedStyle(document.querySelector(".st-caption")).fontSize)`); size < 38 {
		t.Errorf("the caption is %g px high on a screen of 1440 px", size)
	}
	b.look("stage-presenting-1440")
	b.size(1024, 768)
	b.wait("an old projector shows it without scrolling", `document.scrollingElement.scrollHeight <= innerHeight && document.querySelector(".st-controls").getBoundingClientRect().bottom <= innerHeight`)
	b.look("stage-presenting-1024")
	b.size(1440, 900)
	b.keys(kb.PageUp)
	b.wait("the step before is looked at", `document.querySelector('[data-order="view.live"]').checkVisibility()`)
	b.keys(kb.PageDown)
	b.wait("and the present again", `!document.querySelector('[data-order="view.live"]').checkVisibility()`)
	b.keys("f")
	b.wait("it is a page again", `document.querySelector(".st-list").getBoundingClientRect().left >= 0`)
	// Scrubbing.
	ask[any](b, `(() => { const s = document.querySelector("#scrub"); s.value = s.min; s.dispatchEvent(new Event("input")); return null; })()`)
	b.wait("the beginning is looked at", `document.querySelector('[data-field="rate"]').textContent === "looking back" && !document.querySelector('.rc[data-holds]')`)
}

func TestAStageThatIsGoneSaysSoAndOffersANewOne(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	b := open(t, p.page("/stage?id=AAAAAAAAAAAAAAAAAAAAAA&scenario=herd"))
	b.expect("410", "404")
	b.wait("the page says so", `document.querySelector("h1").textContent === "This stage was swept"`)
	b.picture("stage-swept")
	b.click("main .button")
	b.wait("a new one plays the same", `new URL(location.href).searchParams.get("id")?.length === 22 && document.querySelector(".st-caption").textContent.includes("Thundering herd")`)
	c := open(t, p.page("/stage?scenario=herd&step=9"))
	c.expect("404")
	c.wait("a step that is not there is named", `document.body.textContent.includes("step: got \"9\", want 1 to 3")`)
}

func TestTheStageIsOfferedBesideRealNodesUnlessItIsOff(t *testing.T) {
	answer := func(p *program, path string) int {
		t.Helper()
		got, err := http.Get(p.page(path))
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got.StatusCode
	}
	if got := answer(shared(t, "spawn"), "/stage"); got != http.StatusOK {
		t.Errorf("beside real servers the stage answers %d", got)
	}
	for _, flags := range [][]string{{"-stage", "off"}, {"-read-only"}} {
		if got := answer(start(t, "embedded", flags...), "/stage"); got != http.StatusNotFound {
			t.Errorf("with %v the stage answers %d", flags, got)
		}
	}
}

func TestTheStageFitsEveryWidth(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	b := openOnStage(t, p, "")
	for _, width := range []int64{480, 700, 1024, 1920} {
		b.size(width, 900)
		b.fits(fmt.Sprintf("the stage at %d px", width))
	}
	shown := func(id string) {
		t.Helper()
		b.wait("the list shows "+id, `(() => {
		  const [list, item] = [".st-list", ".st-item[aria-current]"].map((of) => document.querySelector(of)?.getBoundingClientRect());
		  return item && item.left >= list.left && item.left + 100 < list.right && document.querySelector(".st-item[aria-current]").dataset.scenario === "`+id+`";
		})()`)
	}
	b.order(`"stage.open", {scenario: "amnesia"}`)
	shown("amnesia")
	b.size(360, 740)
	shown("amnesia")
	b.order(`"stage.open", {scenario: "herd"}`)
	shown("herd")
	// On a phone, whoever follows looks and has no controls.
	follower := openOnStage(t, p, "?"+b.stageQuery())
	follower.size(360, 740)
	follower.fits("the page of a follower")
	if ask[bool](follower, `document.querySelector(".st-buttons").checkVisibility()`) {
		t.Error("a follower on a phone has buttons")
	}
	follower.look("stage-follower-360")
}

// Not beside others: what is on its way is soon there.
func TestMessagesGoAlongTheirLinks(t *testing.T) {
	b := openOnStage(t, start(t, "embedded"), "?scenario=two-down&step=2")
	b.wait("an answer is on its way", `document.querySelector('.rf[data-kind="answer"] .vs[data-vote="granted"]')`)
	at := func() string {
		return ask[string](b, `document.querySelector('.rf .rf-dot')?.getAttribute("transform") ?? ""`)
	}
	b.look("stage-flight-1440")
	first := at()
	if first != "" && !eventually(b.ctx, patience, func() bool { return at() != first }) {
		t.Error("it does not move")
	}
	b.wait("alice holds the lock", `document.querySelector('.rc[data-client="alice"]').dataset.holds`)
	if fenced := ask[string](b, `document.querySelector('.rc[data-client="alice"] .rc-fence').textContent`); fenced == "" {
		t.Error("her fencing token is not to be seen")
	}
}
