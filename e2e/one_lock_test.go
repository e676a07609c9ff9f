package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// head is what the page of a lock says at its top, by field.
func (b *tab) head(field string) string {
	b.t.Helper()
	return plainSpaces(ask[string](b, `document.querySelector('.lock-head [data-field="`+field+`"]').textContent.trim()`))
}

func TestThePageOfALockFollowsItFromNothingToItsHistory(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "one")
		b := open(t, p.lockPage(name))
		b.waitLive()
		if !ask[bool](b, `document.querySelector('.lock-head [data-field="unknown"]').checkVisibility()`) {
			t.Error("a name that nobody knows is not called so")
		}
		b.keys("n")
		b.wait("n opens the dialog with the name", `document.querySelector("#acquire").open && document.querySelector("#acquire-name").value === `+quoted(name))
		b.fill("#acquire-ttl", "30s")
		b.fill("#acquire-owner", "alice")
		b.keys(kb.Enter)
		b.wait("it is held by alice", `document.querySelector('.lock-head').dataset.state === "held" && document.querySelector('.lock-head [data-field="owner"]').textContent === "alice"`)
		b.wait("all nodes answered the attempt", `document.querySelectorAll("#attempt [data-answered]").length === 5 && document.querySelector("#attempt").checkVisibility()`)
		b.wait("each vote says what it said", `[...document.querySelectorAll("[data-vote-of]")].every((line) => line.querySelector('[data-field="said"]').textContent === "granted" && line.querySelector('[data-field="rtt"]').textContent.includes("s"))`)
		if fence := b.head("state"); fence != "held" || !ask[bool](b, `document.querySelector('[data-field="fact-fence"]').checkVisibility()`) {
			t.Errorf("the state is %q, or there is no fence", fence)
		}
		if title := ask[string](b, "document.title"); !strings.Contains(title, "held · "+name) {
			t.Errorf("the title is %q", title)
		}

		b.keys("e")
		b.waitToast(name, "is yours for another")
		b.click(`.lock-actions [data-action="release"]`)
		b.waitToast("Released " + name)
		b.wait("it is free", `document.querySelector(".lock-head").dataset.state === "free" && document.querySelector('.lock-actions [data-action="acquire"]').checkVisibility()`)
		b.wait("its holder is remembered", `document.querySelector('.holders-table tbody tr[data-how="released"]')?.textContent.includes("alice")`)
		b.wait("and what happened", `[...document.querySelectorAll("#feed .event")].map((line) => line.dataset.kind).join() === "released,acquired"`)

		setOn(t, p.nodes, name, "v", 20*time.Second)
		b.wait("somebody else has it", `document.querySelector(".lock-head").dataset.state === "held" && document.querySelector('.lock-head [data-field="owner"]').textContent.includes("unknown client")`)
		b.wait("there is no attempt to show", `!document.querySelector("#attempt").checkVisibility()`)
		b.wait("two holders are told", `document.querySelectorAll(".holders-table tbody tr").length === 2`)
		if command := ask[string](b, `document.querySelector('[data-check="read"] pre').textContent`); !strings.Contains(command, "GET "+name) || !strings.Contains(command, p.nodes[4].port) {
			t.Errorf("the command is %q", command)
		}
		for _, n := range p.nodes {
			redisDelete(t, []node{n}, name)
		}
		b.wait("it is free again", `document.querySelector(".lock-head").dataset.state === "free"`)
	})
}

func TestThePageOfALockWithAHostileNameWorks(t *testing.T) {
	p := shared(t, kinds[0])
	name := "lock:<img src=x onerror=alert(1)>\xff'; touch x\u202e"
	setOn(t, p.nodes, name, "v", 20*time.Second)
	b := open(t, p.page("/activity"))
	b.waitLive()
	b.wait("its event is there", `[...document.querySelectorAll(".event-name")].some((link) => link.textContent.includes("onerror"))`)
	ask[any](b, `[...document.querySelectorAll(".event-name")].find((link) => link.textContent.includes("onerror")).click()`)
	b.wait("its page has come", `location.pathname === "/lock" && location.search.startsWith("?nameB64=")`)
	b.waitLive()
	b.wait("it is held", `document.querySelector(".lock-head").dataset.state === "held"`)
	if said := b.head("name"); !strings.Contains(said, `\xff`) || !strings.Contains(said, "U+202E") {
		t.Errorf("the name reads %q", said)
	}
	if command := ask[string](b, `document.querySelector('[data-check="read"] pre').textContent`); strings.ContainsAny(command, "<\u202e") || !strings.Contains(command, `\xff\x27\x3b`) {
		t.Errorf("the command is %q", command)
	}
	if ask[bool](b, `document.querySelector('.lock-actions [data-action="acquire"]').checkVisibility()`) {
		t.Error("a name that cannot be typed is offered to be taken")
	}
	for _, n := range p.nodes {
		if err := client(t, n).Del(t.Context(), name).Err(); err != nil {
			t.Fatal(err)
		}
	}
	b.wait("it is free", `document.querySelector(".lock-head").dataset.state === "free"`)
}
