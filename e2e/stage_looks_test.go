package e2e

import (
	"fmt"
	"testing"
)

// decisive are the moments at which scenarios are looked at: a step, and how many
// milliseconds after its beginning; 0 for its end. There is at least one of each.
var decisive = []struct {
	scenario string
	step, ms int
	compare  bool
}{
	{"one-node", 5, 0, false}, {"first-yes", 4, 0, false}, {"two-down", 2, 3, false}, {"three-down", 2, 8, false},
	{"split-vote", 1, 2, false}, {"lost-reply", 4, 5, false}, {"pause-fence", 6, 0, false}, {"pause-fence", 6, 0, true},
	{"amnesia", 6, 0, false}, {"clock-jump", 5, 0, false}, {"clock-jump", 5, 0, true}, {"slow-node", 2, 0, false}, {"plain-del", 5, 0, false}, {"herd", 2, 2000, false}, {"herd", 3, 0, false},
}

// muddle names what covers another on the stage, or does not fit into its place.
const muddle = `(() => {
  const out = [], box = (e) => e.getBoundingClientRect();
  const meet = (a, b) => a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const own = (e) => e.closest(".rn, .rc, .rr, .rf") ?? e;
  const name = (e) => e.textContent || own(e).getAttribute("aria-label");
  for (const ring of document.querySelectorAll(".ring")) {
    const bodies = [...ring.querySelectorAll(".rn-base, .rc-box, .rr-box")];
    const texts = [...ring.querySelectorAll("text")].filter((text) => text.textContent);
    for (const text of texts) {
      const b = box(text), card = text.closest(".rc, .rr")?.firstElementChild;
      if (card && (b.left < box(card).left || b.right > box(card).right)) out.push(name(text) + " is wider than its card");
      if (b.left < box(ring).left - 4 || b.right > box(ring).right + 4) out.push(name(text) + " is cut off");
    }
    const all = [...bodies, ...texts];
    all.forEach((a, i) => all.slice(i + 1).forEach((b) => {
      if (own(a) !== own(b) && meet(box(a), box(b))) out.push(name(a) + " meets " + name(b));
    }));
  }
  return out;
})()`

// Nothing may cover another on the stage, at any of the moments that are looked at.
func TestNothingOnTheStageCoversAnother(t *testing.T) {
	t.Parallel()
	b := openOnStage(t, start(t, "embedded"), "")
	b.fastest()
	b.wait("it stands", `document.querySelectorAll(".rc").length === 3`)
	for _, width := range []int64{1440, 360} {
		b.size(width, 900)
		b.look(fmt.Sprintf("stage-free-%d", width))
	}
	// The other moments are those of TestEveryScenarioPlaysToItsEnd.
	for i, d := range decisive {
		if d.compare {
			b.size(1440, 900)
			b.play(d.scenario, d.step, true)
			b.inspect(i)
		}
	}
}

// inspect looks whether anything covers another at a decisive moment, which has been
// played, on a desk and on a phone.
func (b *tab) inspect(i int) {
	b.t.Helper()
	d := decisive[i]
	name := fmt.Sprintf("stage-%s-%d", d.scenario, d.step)
	if d.compare {
		name += "-compared"
	}
	for j, width := range []int64{1440, 360} {
		b.size(width, 900)
		b.fits(name)
		b.wait("it is laid out anew", `[...document.querySelectorAll(".ring")].every((r) => r.viewBox.baseVal.width === r.clientWidth)`)
		if found := ask[[]string](b, muddle); len(found) > 0 {
			b.t.Errorf("%s at %d px: %q", name, width, found)
		}
		if everyLook() || i%2 == j {
			b.look(fmt.Sprintf("%s-%d", name, width))
		}
	}
	b.size(1440, 900)
}

// play opens a scenario at a step and waits until that is played.
func (b *tab) play(scenario string, step int, compare bool) {
	b.t.Helper()
	b.order(fmt.Sprintf(`"stage.open", {scenario: %q, step: %d, compare: %t}`, scenario, step, compare))
	b.wait(scenario+" is on the stage", fmt.Sprintf(`new URL(location.href).searchParams.get("scenario") === %q && document.querySelector("#content").dataset.sides === %q`,
		scenario, map[bool]string{false: "1", true: "2"}[compare || scenario == "amnesia" || scenario == "herd"]))
	b.waitLong(fmt.Sprintf("step %d is played", step), fmt.Sprintf(stepPlayed, step), 8*patience)
}

// lookBack looks at a moment of a step that was played: some milliseconds after its
// beginning, or with 0 the last one before the next step.
func (b *tab) lookBack(step, ms int) {
	b.t.Helper()
	mark := func(step int) int {
		b.t.Helper()
		mark := fmt.Sprintf(`document.querySelector('.st-marks [title="Step %d"]')`, step)
		b.wait("the step has its mark", mark)
		return ask[int](b, `Number(`+mark+`.dataset.order.split("=")[1])`)
	}
	at := 0
	if ms > 0 {
		at = mark(step) + ms*1000
	} else {
		at = mark(step+1) - 1
	}
	b.order(fmt.Sprintf(`"view.seek", {at: %d}`, at))
	b.wait("the moment is drawn", fmt.Sprintf(`Number(document.querySelector("#scrub").value) === %d && document.querySelector(".st-sub").textContent.startsWith("Step %d of")`, at, step))
}

// order gives an order as the page does.
func (b *tab) order(args string) {
	b.t.Helper()
	ask[any](b, `import(document.querySelector("script[type=module]").src.replace("stage.js", "stagedrive.js")).then((m) => m.order(`+args+`)).then(() => null)`)
}

func TestTheStageHasNoSeriousBarriers(t *testing.T) {
	t.Parallel()
	p := start(t, "embedded")
	b := openOnStage(t, p, "")
	b.fastest()
	b.accessible("free play")
	b.menu(`.rc[data-client="alice"]`)
	b.accessible("the menu of a client", ".st-menu:popover-open")
	b.keys("\x1b")
	b.play("first-yes", 4, true)
	b.accessible("a scenario at its end")
	follower := openOnStage(t, p, "?"+b.stageQuery())
	follower.size(360, 740)
	follower.accessible("a follower on a phone")
}
