package e2e

import (
	"strings"
	"testing"
)

func TestTwoNodesMayStopAndTheThirdEndsTheQuorum(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		first, second := lockName(t, "first"), lockName(t, "second")
		b := open(t, p.page("/"))
		b.waitLive()
		b.waitNodes()

		shutDown(t, p.nodes[3], p.nodes[4])
		b.waitNodes("d", "e")
		b.acquire(form{name: first, ttl: "60s", owner: "alice"})
		b.waitRow(first, "held by the three that are left", func(r *row) bool {
			return r.State == "held" && r.count("granted") == 3 && r.count("down") == 2
		})
		b.wait("the tab turns amber", `document.title.startsWith("2 of 5 nodes out") && document.querySelector('link[rel="icon"]').href.endsWith("favicon-warn.svg")`)
		b.waitToast("You hold "+first, "3 of 5 votes")
		b.wait("the strip counts three votes", `document.querySelector('#nodes [data-field="voting"]').textContent === "3"`)

		shutDown(t, p.nodes[2])
		b.waitNodes("c", "d", "e")
		b.wait("the strip says that the quorum is gone", `document.querySelector('#nodes [data-field="quorum"]').dataset.short === "true"`)
		b.wait("the tab turns red", `document.title.startsWith("⚠ no quorum") && document.querySelector('link[rel="icon"]').href.endsWith("favicon-alarm.svg")`)
		b.waitRow(first, "honestly unknown", func(r *row) bool {
			return r.State == "unknown" && r.count("granted") == 2 && r.count("down") == 3
		})

		b.expect("503")
		b.submit(form{name: second, ttl: "10s"})
		b.wait("the dialog shows a refusal", `document.querySelector("#refusal").checkVisibility()`)
		refusal := plainSpaces(ask[string](b, `document.querySelector("#refusal").innerText`))
		for _, part := range []string{"no quorum", "c down", "d down", "e down"} {
			if !strings.Contains(refusal, part) {
				t.Errorf("the refusal says %q, without %q", refusal, part)
			}
		}
		b.waitToast(second, "no quorum")
		for _, n := range p.nodes[:2] {
			if !eventually(t.Context(), patience, func() bool { return valueOn(t, n, second) == "" }) {
				t.Errorf("the refused attempt was left on node %s", n.id)
			}
		}
		b.picture(p.kind + "-no-quorum")
	})
}
