package e2e

import (
	"strings"
	"testing"
)

func TestTheNodesPageTellsAllOfEachNodeAndAdmitsOne(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		t.Parallel() // it waits most of the time
		b := open(t, p.page("/nodes#node-d"))
		b.waitLive()
		b.wait("the card that was asked for has the focus", `document.activeElement.id === "node-d"`)
		b.wait("both charts of each node are drawn", `document.querySelectorAll(".uplot canvas").length === 10`)
		b.wait("each says who it is", `[...document.querySelectorAll(".node-card")].every((card) => {
		  const said = (field) => card.querySelector('[data-field="' + field + '"]').textContent;
		  return said("version").startsWith("Redis ") && said("run").length === 40 && said("persistence") === "no append-only file" &&
		    said("eviction").startsWith("noeviction") && said("clock").includes("±") && said("cost").includes("operations and") && said("notifications") === "events arrive";
		})`)
		b.wait("it says what to mend, and how", `document.querySelector('#node-a .finding[data-finding="persistence"] pre').textContent.includes("CONFIG SET appendonly yes")`)
		points := func() int {
			return ask[int](b, `Number(document.querySelector("#node-a .chart-more").textContent !== "")`)
		}
		if points() != 1 {
			t.Error("the chart says nothing of the round trips before")
		}

		flush(t, p.nodes[3])
		b.wait("it sits out", `document.querySelector("#node-d").dataset.nodeState === "quarantined" && document.querySelector('#node-d [data-field="since"]').textContent.startsWith("back in")`)
		b.click(`#node-d [data-action="admit"]`)
		b.wait("the dialog asks", `document.querySelector("#admit").open && document.querySelector('#admit [data-field="id"]').textContent === "d"`)
		b.click(`[data-action="submit-admit"]`)
		b.waitToast("Node d votes again.")
		b.wait("it votes", `document.querySelector("#node-d").dataset.nodeState === "up" && !document.querySelector('#node-d [data-action="admit"]').checkVisibility()`)

		shutDown(t, p.nodes[1])
		b.wait("one is down, and why", `document.querySelector("#node-b").dataset.nodeState === "down" && document.querySelector('#node-b [data-field="why"]').textContent.includes("refused")`)
		if words := ask[string](b, `document.querySelector('[data-field="cost-of-all"]').textContent`); !strings.Contains(words, "a second") {
			t.Errorf("of the cost it says %q", words)
		}
	})
}
