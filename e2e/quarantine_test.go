package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// flush makes nodes forget everything, as a restart without a file would.
func flush(t testing.TB, nodes ...node) {
	t.Helper()
	for _, n := range nodes {
		redisCLI(t, n, "FLUSHALL")
	}
}

func TestANodeThatForgotSitsOutAndTheOthersCarryOn(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		t.Parallel()
		kept, next := lockName(t, "kept"), lockName(t, "next")
		b := open(t, p.page("/"))
		b.waitLive()
		b.waitNodes()
		b.acquire(form{name: kept, ttl: "60s", owner: "alice"})
		b.waitRow(kept, "held by all", func(r *row) bool { return r.State == "held" && r.count("granted") == 5 })

		flush(t, p.nodes[3])
		b.acquire(form{name: next, ttl: "60s", owner: "alice"})
		b.waitSitOut("d")
		b.waitNodes() // it is up all the same
		b.countsBack("d")
		b.wait("the strip counts four votes", `document.querySelector('#nodes [data-field="voting"]').textContent === "4"`)
		for _, name := range []string{kept, next} {
			r := b.waitRow(name, "held by the other four", func(r *row) bool {
				return r.State == "held" && r.count("granted") == 4 && slices.Contains(r.Votes, "d quarantined")
			})
			if !r.CanRelease || r.Owner != "alice" {
				t.Errorf("the row says %+v", r)
			}
			b.click("#rows .row[data-name=" + quoted(name) + "] .c-name")
			b.wait("the panel says why", `document.querySelector('#panel [data-panel-node="d"] [data-field="reason"]').checkVisibility() && document.querySelector('#panel [data-panel-node="d"] [data-field="reason"]').textContent.includes("memory")`)
		}
		b.act(next, "release")
		b.waitRow(next, "free", func(r *row) bool { return r.State == "free" })
	})
}

func TestThreeNodesThatForgotEndTheQuorumUntilTheyAreAdmitted(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		t.Parallel()
		name := lockName(t, "wanted")
		b := open(t, p.page("/"))
		b.expect("503")
		b.waitLive()
		b.waitNodes()
		flush(t, p.nodes[2:]...)
		b.submit(form{name: name, ttl: "10s", owner: "alice"})
		b.wait("the dialog shows a refusal", `document.querySelector("#refusal").checkVisibility()`)
		b.namesTheForgetful("c", "d", "e")
		b.waitToast(name, "no quorum")
		b.waitSitOut("c", "d", "e")
		b.wait("the strip says that the quorum is gone", `document.querySelector('#nodes [data-field="quorum"]').dataset.short === "true"`)
		b.picture(p.kind + "-forgotten")
		p.onlyHolds(t, name, "") // the attempt was undone, also where it did not count
		b.keys(kb.Escape)

		b.openNode("d")
		b.click(`#node-panel [data-action="admit"]`)
		b.wait("the dialog asks", `document.querySelector("#admit").open`)
		b.click(`#admit .dialog-foot [data-action="close"]`)
		b.wait("who thinks better of it changes nothing", `!document.querySelector("#admit").open && document.querySelector('#nodes [data-node="d"]').dataset.nodeState === "quarantined"`)

		out := []string{"c", "d", "e"}
		for len(out) > 0 {
			b.admit(out[0])
			out = out[1:]
			b.waitSitOut(out...)
		}
		b.wait("the quorum is back", `document.querySelector('#nodes [data-field="quorum"]').dataset.short === "false"`)
		b.acquire(form{name: name, ttl: "10s", owner: "alice"})
		b.waitRow(name, "held by all", func(r *row) bool { return r.State == "held" && r.count("granted") == 5 })
		b.act(name, "release")
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" })
	})
}

// waitSitOut waits until exactly these nodes are in quarantine and all others
// vote.
func (b *tab) waitSitOut(ids ...string) {
	b.t.Helper()
	var states []string
	if !eventually(b.ctx, patience, func() bool {
		states = ask[[]string](b, `[...document.querySelectorAll("#nodes button[data-node]")].map((n) => n.dataset.node + " " + n.dataset.nodeState)`)
		return len(states) == 5 && !slices.ContainsFunc(states, func(s string) bool {
			id, state, _ := strings.Cut(s, " ")
			return (state == "quarantined") != slices.Contains(ids, id) || (state != "quarantined" && state != "up")
		})
	}) {
		b.t.Fatalf("the node strip never said that just %v sit out; at last it said %v", ids, states)
	}
}

// countsBack checks that the card of a node counts down to its return.
func (b *tab) countsBack(id string) {
	b.t.Helper()
	var words string
	read := func() int {
		words = plainSpaces(ask[string](b, `document.querySelector('#nodes [data-node="`+id+`"] [data-field="words"]').textContent`))
		seconds := -1
		if _, err := fmt.Sscanf(words, "back in %d s", &seconds); err != nil && words == "back in 1 m 00 s" {
			return 60
		}
		return seconds
	}
	first := read()
	if first < 40 || first > 60 {
		b.t.Errorf("a node that has just forgotten says %q", words)
	}
	if !eventually(b.ctx, patience, func() bool { now := read(); return now > 0 && now < first }) {
		b.t.Errorf("its return does not count down from %d s, it says %q", first, words)
	}
}

// namesTheForgetful checks that a refusal says which nodes are missing, each
// with the reason.
func (b *tab) namesTheForgetful(ids ...string) {
	b.t.Helper()
	refusal := ask[string](b, `document.querySelector("#refusal [data-field=message]").textContent`)
	if !strings.Contains(refusal, "no quorum") {
		b.t.Errorf("the refusal says %q", refusal)
	}
	lines := ask[[]string](b, `[...document.querySelectorAll("#refusal [data-field=reasons] li")].map((li) => li.textContent)`)
	var named []string
	for _, line := range lines {
		nodes, reason, _ := strings.Cut(line, ": ")
		if !strings.Contains(reason, "lost its memory") {
			b.t.Errorf("the refusal gives %q as a reason", line)
		}
		named = append(named, strings.Split(nodes, ", ")...)
	}
	slices.Sort(named)
	if !slices.Equal(named, ids) {
		b.t.Errorf("the reasons are of %q, not of %q: %q", named, ids, lines)
	}
}

// openNode opens the panel of a node.
func (b *tab) openNode(id string) {
	b.t.Helper()
	if ask[string](b, `document.querySelector('#nodes [data-node="`+id+`"]').ariaExpanded`) != "true" {
		b.click(`#nodes [data-node="` + id + `"]`)
	}
	b.wait("the panel of the node is open", `document.querySelector("#node-panel").checkVisibility() && document.querySelector("#node-panel [data-field=id]").textContent === `+quoted(id))
}

// admit lets a node vote again, through its panel and the dialog.
func (b *tab) admit(id string) {
	b.t.Helper()
	b.openNode(id)
	b.wait("the panel says that it sits out", `document.querySelector("#node-panel [data-field=state]").textContent === "quarantined" && document.querySelector("#node-panel [data-field=why]").textContent.includes("memory")`)
	b.click(`#node-panel [data-action="admit"]`)
	b.wait("the dialog says why it sits out and until when", `document.querySelector("#admit").open && document.querySelector("#admit [data-field=id]").textContent === `+quoted(id)+
		` && document.querySelector("#admit [data-field=reason]").textContent.includes("memory") && document.querySelector("#admit [data-field=back]").textContent.startsWith("back in ")`)
	b.click(`[data-action="submit-admit"]`)
	b.waitToast("Node " + id + " votes again.")
	b.wait("the dialog has gone", `!document.querySelector("#admit").open`)
	b.wait("the panel says that it votes", `document.querySelector("#node-panel [data-field=state]").textContent === "up" && !document.querySelector("#node-panel [data-action=admit]").checkVisibility()`)
}
