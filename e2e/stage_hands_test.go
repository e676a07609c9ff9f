package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// menu opens the menu of a figure.
func (b *tab) menu(figure string) {
	b.t.Helper()
	b.click(figure)
	b.wait("the menu is open", `document.querySelector(".st-menu:popover-open")`)
}

// pick does something on the menu of a figure.
func (b *tab) pick(figure, item string) {
	b.t.Helper()
	b.menu(figure)
	b.click(`.st-menu:popover-open [data-do="` + item + `"]:not([hidden])`)
}

func TestNodesAreBrokenAndMendedByHand(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "")
	const node = `.rn[data-node="e"]`
	says := func(words string) {
		t.Helper()
		b.wait("node e says "+words, `[...document.querySelectorAll('.rn[data-node="e"] .rn-words')].map((w) => w.textContent).filter((w) => w && !w.startsWith("sits out")).join(" · ") === `+quoted(words))
	}
	for _, step := range []struct{ item, words string }{
		{"freeze", "frozen"}, {"thaw", ""}, {"cut way=both", "cut off"}, {"cut way=in", "hears nothing"},
		{"cut way=out", "cannot answer"}, {"heal", ""}, {"lossy on=true", "answers lost"}, {"slow for=200ms", "slow, 200 ms · answers lost"},
		{"heal", ""}, {"stop", "stopped"}, {"restart", ""},
		{"skew rate=2", "clock 2×"}, {"skew rate=1", ""},
	} {
		b.pick(node, step.item)
		says(step.words)
	}
	b.menu(node)
	b.look("stage-menu-node-1440")
	b.size(360, 740)
	b.wait("it closes when the page changes its size", `!document.querySelector(".st-menu:popover-open")`)
	b.menu(node)
	b.wait("the menu fits a phone", `(() => { const m = document.querySelector(".st-menu:popover-open").getBoundingClientRect(); return (m.left >= 0 && m.right <= innerWidth && m.bottom <= innerHeight + 1); })()`)
	b.keys("\x1b")
	b.size(1440, 900)
	// What is done to the memory of a node, while somebody holds the lock there.
	holder := func() string {
		return `document.querySelector('.rn[data-node="e"]').ariaLabel.includes("holds the lock for alice")`
	}
	b.pick(`.rc[data-client="alice"]`, "acquire")
	b.wait("node e holds the lock for alice", holder())
	b.pick(node, "evict")
	b.wait("node e has evicted it", "!"+holder())
	b.pick(`.rc[data-client="alice"]`, "extend")
	b.wait("node e is healed", holder())
	b.pick(node, "jump for=15s")
	b.wait("its clock has jumped, and it sits out", `document.querySelector('.rn[data-node="e"]').dataset.trouble === "quarantined" && document.querySelector('.rn[data-node="e"]').ariaLabel.includes("clock +15 s")`)
	b.pick(`.rn[data-node="b"]`, "jump for=-15s")
	b.wait("another clock has gone back", `document.querySelector('.rn[data-node="b"]').ariaLabel.includes("clock -15 s")`)
	b.pick(`.rn[data-node="c"]`, "empty")
	b.wait("a third has forgotten what alice has there, and sits out", `document.querySelector('.rn[data-node="c"]').ariaLabel.startsWith("node c: holds nothing, sits out")`)
	b.pick(`.rn[data-node="d"]`, "amnesia")
	b.wait("another that restarts empty sits out", `document.querySelector('.rn[data-node="d"]').dataset.trouble === "quarantined"`)
}

func TestClientsWorkStopAndDieByHand(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "")
	b.order(`"time.speed", {speed: 1}`)
	alice := `document.querySelector('.rc[data-client="alice"]')`
	const figure = `.rc[data-client="alice"]`
	b.pick(figure, "loop on=true")
	b.wait("alice works in a loop", alice+`.querySelector(".rc-habit").textContent === "in a loop" && document.querySelectorAll(".st-writes li b").length > 1`)
	b.pick(figure, "loop")
	b.wait("she stops", alice+`.querySelector(".rc-habit").textContent === "" && `+alice+`.dataset.state === "idle"`)
	b.pick(figure, "reckless on=true")
	b.wait("she heeds no deadline", alice+`.querySelector(".rc-habit").textContent === "reckless"`)
	b.pick(figure, "acquire")
	b.wait("she holds the lock", alice+`.dataset.holds`)
	b.pick(figure, "pause for=11s")
	b.wait("she is paused, and her lease ends", alice+`.dataset.state === "paused" && `+alice+`.querySelector(".rc-says").textContent.includes("lease over")`)
	b.wait("she goes on", alice+`.dataset.state === "idle"`)
	b.pick(figure, "write")
	b.wait("she writes all the same", `[...document.querySelectorAll(".st-writes li b")].at(-1).textContent === "accepted, late"`)
	b.pick(figure, "reckless")
	b.wait("she heeds it again", alice+`.querySelector(".rc-habit").textContent === ""`)
	b.pick(figure, "pause")
	b.wait("she is paused until somebody says otherwise", alice+`.dataset.state === "paused"`)
	b.pick(figure, "resume")
	b.wait("she runs", alice+`.dataset.state !== "paused"`)
	b.pick(figure, "release")
	b.wait("she gives back what is over", alice+`.querySelector(".rc-says").textContent !== "its lease is over"`)
	b.pick(figure, "write")
	b.wait("and now looks at her lease", alice+`.querySelector(".rc-says").textContent === "lease over: it does not write"`)
	b.pick(figure, "kill")
	b.wait("she is dead", alice+`.dataset.state === "dead"`)
	b.pick(figure, "add")
	b.wait("she starts again", alice+`.dataset.state === "idle"`)
	b.pick(figure, "remove")
	b.wait("she is gone", "!"+alice)
	for i, policy := range []string{"ours", "sample", "single", "del", "polling"} {
		ask[any](b, `(() => { document.querySelector("#policy").value = "`+policy+`"; return null; })()`)
		b.click(`[data-action="add"]`)
		b.wait("there is one of policy "+policy, fmt.Sprintf(`document.querySelectorAll(".rc").length === %d`, 3+i))
	}
	for n := 8; n <= 12; n++ {
		b.click(`[data-action="add"]`)
		b.wait("there is another", fmt.Sprintf(`document.querySelectorAll(".rc").length === %d`, n))
	}
	b.expect("422")
	b.click(`[data-action="add"]`)
	b.waitToast("at most 12 clients")
	if found := ask[[]string](b, muddle); len(found) > 0 {
		t.Errorf("with twelve clients: %q", found)
	}
	b.look("stage-twelve-1440")
}

func TestKeysAndThePaletteDriveTheStage(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "?scenario=first-yes")
	b.fastest()
	step := func(n int) string { return fmt.Sprintf(stepPlayed, n) }
	b.keys("?")
	b.wait("the keys are listed", `[...document.querySelectorAll("dialog[open] dd")].some((d) => d.checkVisibility() && d.textContent.includes("Begin again"))`)
	b.keys("\x1b")
	b.keys(kb.ArrowRight)
	b.wait("an arrow plays a step", step(1))
	b.keys("r")
	b.wait("r begins again", `document.querySelector(".st-sub").textContent.startsWith("4 steps")`)
	b.keys(" ")
	b.waitLong("space plays it all", `document.body.dataset.script === "done"`, 3*patience)
	b.keys("c")
	b.wait("c compares", `document.querySelectorAll(".ring").length === 2 && document.body.dataset.script === "ready"`)
	b.keys(" ")
	b.waitLong("both are played", `document.body.dataset.script === "done" && document.querySelectorAll(".st-checks li").length === 4`, 3*patience)
	b.keys(kb.PageDown)
	b.wait("a clicker goes on to the next scenario", `new URL(location.href).searchParams.get("scenario") === "two-down"`)
	b.chord("k")
	b.keys("herd")
	b.wait("the palette offers a scenario", picked+`.includes("Thundering herd")`)
	b.keys(kb.Enter)
	b.wait("it is put on the stage", `new URL(location.href).searchParams.get("scenario") === "herd"`)
	b.keys("y")
	b.wait("y takes over", `document.body.dataset.script === "taken"`)
}

func TestWhoLooksBackTakesOverThere(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "?scenario=two-down&step=5")
	b.fastest()
	b.waitLong("it is played", `document.body.dataset.script === "done"`, 3*patience)
	const take = `document.querySelector(".st-take")`
	if ask[bool](b, take+`.checkVisibility()`) {
		t.Error("at the end there is still something to take over from")
	}
	if marks := ask[string](b, `[...document.querySelectorAll(".st-marks button")].map((m) => m.textContent).join()`); marks != "1,2,3,4,5" {
		t.Fatalf("the marks are %s", marks)
	}
	b.click(`.st-marks [title="Step 3"]`)
	b.wait("the third step is looked at", `document.querySelector(".st-sub").textContent.startsWith("Step 3 of") && document.querySelector(".st-marks [aria-current]").textContent === "3"`)
	b.wait("which can be taken over from", take+`.checkVisibility() && `+take+`.title.startsWith("Play it again up to the step")`)
	b.click(".st-take")
	b.waitLong("it is handed over after the third step", `document.body.dataset.script === "taken" && document.querySelectorAll(".st-marks li").length === 3`, 3*patience)
	b.wait("alice has the lock as she had then", `document.querySelector('.rc[data-client="alice"]').dataset.holds && document.querySelector(".st-sub").textContent.startsWith("Step 3 of 5")`)
	b.pick(`.rn[data-node="c"]`, "stop")
	b.wait("and what happens is up to people", `document.querySelector('.rn[data-node="c"] .rn-words').textContent === "stopped"`)
}

func TestWhatOursGoesWithoutIsCompared(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	b := openOnStage(t, p, "")
	b.fastest()
	for policy, label := range map[string]string{"no-quarantine": "no quarantine", "no-fence": "no fence check", "sample": "the sample"} {
		b.wait("there is one world", `document.querySelectorAll(".ring").length === 1 && document.querySelector("#beside").checkVisibility()`)
		ask[any](b, `(() => { const s = document.querySelector("#beside"); s.value = "`+policy+`"; s.dispatchEvent(new Event("change")); return null; })()`)
		beside := `[...document.querySelectorAll(".ring-home h2")].map((h) => h.textContent).join() === "ours,` + label + `"`
		b.wait("ours stands beside "+label, beside)
		if policy == "no-fence" {
			// The address says it all, also to somebody who opens a stage of their own.
			_, query, _ := strings.Cut(b.stageQuery(), "&")
			b.do("reload", reload())
			b.waitLive()
			b.wait("it is there after a reload", beside)
			another := openOnStage(t, p, "?"+query)
			another.wait("and on a stage of somebody else", beside)
		}
		b.click(`[data-action="compare"]`)
	}
}

func TestAPageSaysThatItsStageIsGone(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	b := openOnStage(t, p, "?scenario=two-down")
	b.expect("WebSocket connection to", "ERR_CONNECTION_REFUSED")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	b.wait("it says that it reconnects", `document.querySelector("#connection").dataset.conn === "reconnecting"`)
	start(t, "embedded", "-addr", p.host())
	b.waitLong("the stage is gone with the program", `document.querySelector("#over").checkVisibility() && document.querySelector("#over h2").textContent === "This stage was swept"`, 30*time.Second)
	b.click(`#over [data-action="again"]`)
	b.wait("a new one has the same on it", `document.querySelector(".st-caption").textContent.includes("two nodes down") && document.querySelector("#content").dataset.mine === "true"`)
}
