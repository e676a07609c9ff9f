package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func TestTheNodePanelSaysWhatToMendAndHowTheClockIs(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		b := open(t, p.page("/"))
		b.waitLive()
		b.waitNodes()
		b.openNode("b")
		part := func(field string) string {
			return plainSpaces(ask[string](b, `document.querySelector("#node-panel [data-field=`+field+`]").textContent`))
		}
		b.wait("it is up", `document.querySelector("#node-panel [data-field=state]").textContent === "up"`)
		b.wait("its clock was measured", `document.querySelector("#node-panel [data-field=clock]").textContent.includes("±")`)
		if clock := part("clock"); !regexp.MustCompile(`^([\d.]+ (µs|ms) (ahead|behind)|exact) ± [\d.]+ (µs|ms)$`).MatchString(clock) {
			t.Errorf("of the clock it says %q", clock)
		}
		if address := part("address"); !strings.Contains(address, p.nodes[1].port) {
			t.Errorf("the address is %q", address)
		}
		if ask[bool](b, `document.querySelector("#node-panel [data-action=admit]").checkVisibility()`) {
			t.Error("a node that votes is offered to be admitted")
		}

		finding := `document.querySelector('#node-panel .finding[data-finding="persistence"]')`
		b.wait("it misses the append-only file", finding+`?.checkVisibility()`)
		if text := ask[string](b, finding+`.querySelector('[data-field="text"]').textContent`); !strings.Contains(text, "append-only file") {
			t.Errorf("the finding says %q", text)
		}
		if command := ask[string](b, finding+`.querySelector('[data-field="command"]').textContent`); !strings.Contains(command, "CONFIG SET appendonly yes") {
			t.Errorf("what mends it is %q", command)
		}
		if !ask[bool](b, finding+`.querySelector('[data-action="copy"]').checkVisibility()`) {
			t.Error("the command cannot be copied")
		}

		b.click(`#nodes [data-node="a"]`)
		b.wait("another card turns the panel to its node", `document.querySelector("#node-panel [data-field=id]").textContent === "a"`)
		b.keys(kb.Escape)
		b.wait("Esc closes it and goes back to the card", `!document.querySelector("#node-panel").checkVisibility() && document.activeElement.dataset.node === "a"`)
	})
}

func TestAFindingThatWasMendedGoesAway(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		t.Parallel() // it waits most of the time
		b := open(t, p.page("/"))
		b.waitLive()
		b.openNode("c")
		finding := `document.querySelector('#node-panel .finding[data-finding="persistence"]')`
		b.wait("it misses the append-only file", finding)
		redisCLI(t, p.nodes[2], "CONFIG", "SET", "appendfsync", "always")
		redisCLI(t, p.nodes[2], "CONFIG", "SET", "appendonly", "yes")
		// Its settings are asked for every ten seconds.
		b.waitLong("nothing is left to mend", `!`+finding+` && document.querySelector("#node-panel [data-field=fine]").checkVisibility()`, 20*time.Second)
	})
}
