package e2e

import (
	"fmt"
	"testing"
	"time"
)

func TestAPausedPageStandsStillAndCountsWhatWaits(t *testing.T) {
	p := shared(t, kinds[0])
	name := lockName(t, "still")
	setOn(t, p.nodes, name, "v", time.Minute)
	b := open(t, p.page("/?q="+name))
	b.waitLive()
	b.waitRow(name, "held", func(r *row) bool { return r.State == "held" })

	b.keys("p")
	b.wait("p pauses", `document.body.hasAttribute("data-paused")`)
	for i := range 3 {
		setOn(t, p.nodes, fmt.Sprint(name, ":", i), "v", time.Minute)
	}
	b.wait("three rows wait", `document.querySelector("#connection").textContent.trim() === "paused, 3 waiting"`)
	left := ask[string](b, `document.querySelector("#rows .ttl-text").textContent`)
	setOn(t, p.nodes, name+":3", "v", time.Minute)
	b.wait("four rows wait", `document.querySelector("#connection").textContent.trim() === "paused, 4 waiting"`)
	if got := ask[int](b, `document.querySelectorAll("#rows .row").length`); got != 1 {
		t.Errorf("during the pause %d rows are shown, want 1", got)
	}
	if got := ask[string](b, `document.querySelector("#rows .ttl-text").textContent`); got != left {
		t.Errorf("during the pause the countdown went from %q to %q", left, got)
	}

	b.click(`[data-action="pause"]`)
	b.wait("the present comes at once", `document.querySelectorAll("#rows .row").length === 5`)
	b.wait("it is live", `/^live/.test(document.querySelector("#connection").textContent.trim())`)

	b.do("go to the lock", navigate(p.lockPage(name)))
	b.waitLive()
	b.keys("p")
	b.wait("the page of a lock pauses", `document.body.hasAttribute("data-paused")`)
	for _, n := range p.nodes {
		redisCLI(t, n, "DEL", name)
	}
	b.wait("the change waits", `/^paused, [1-9]/.test(document.querySelector("#connection").textContent.trim())`)
	if got := ask[string](b, `document.querySelector(".lock-head").dataset.state`); got != "held" {
		t.Errorf("during the pause the lock is %s", got)
	}
	b.keys("p")
	b.wait("the present comes", `document.querySelector(".lock-head").dataset.state === "free"`)

	b.do("go to the nodes", navigate(p.page("/nodes")))
	b.waitLive()
	b.keys("p")
	b.wait("the nodes pause", `/^paused, [1-9]/.test(document.querySelector("#connection").textContent.trim())`)
	b.keys("p")
	b.wait("and go on", `!document.body.hasAttribute("data-paused")`)
}
