package e2e

import (
	"testing"
	"time"
)

func TestAPageComesBackByItselfAfterARestart(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		old, young := lockName(t, "old"), lockName(t, "young")
		setOn(t, p.nodes, old, "somebody", time.Minute)
		b := open(t, p.page("/"))
		b.expect("WebSocket connection to", "ERR_CONNECTION_REFUSED")
		b.waitLive()
		b.waitRow(old, "held", func(r *row) bool { return r.State == "held" })

		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		b.wait("it says that it reconnects", `document.querySelector("#connection").dataset.conn === "reconnecting"`)
		b.wait("it says how old the data is", `/reconnecting, data .* old/.test(document.querySelector("#connection").innerText)`)
		b.wait("it dims what is no longer sure", `Number(getComputedStyle(document.querySelector("#rows")).opacity) < 0.7`)
		b.picture(p.kind + "-reconnecting")

		again := start(t, p.kind, "-addr", p.host())
		setOn(t, again.nodes, young, "somebody", time.Minute)
		b.waitLong("it is live again", `document.querySelector("#connection").dataset.conn === "live"`, 30*time.Second)
		b.waitRow(young, "held", func(r *row) bool { return r.State == "held" && r.count("granted") == 5 })
		b.wait("what was is gone", `![...document.querySelectorAll("#rows .row")].some((r) => r.dataset.name === `+quoted(old)+`)`)
		b.wait("nothing is dim", `Number(getComputedStyle(document.querySelector("#rows")).opacity) === 1`)
		b.waitNodes()
		b.wait("the nodes are the new ones", `document.querySelector('#nodes [data-node="a"] [data-field="address"]').textContent.includes(`+quoted(again.nodes[0].port)+`)`)
	})
}
