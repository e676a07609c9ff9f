package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

func TestAKeyboardIsEnough(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "typed")
		b := open(t, p.page("/"))
		b.waitLive()

		b.keys("n")
		b.wait("n opens the dialog, at the name", `document.querySelector("#acquire").open && document.activeElement.id === "acquire-name"`)
		if got := ask[string](b, `document.activeElement.value`); got != "lock:" {
			t.Errorf("the name begins as %q", got)
		}
		b.keys(name[len("lock:"):] + kb.Enter)
		b.wait("Enter takes the lock", `!document.querySelector("#acquire").open`)
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.CanRelease })

		b.keys("/")
		b.wait("/ goes to the search", `document.activeElement.id === "q"`)
		b.keys("nothing-is-called-so")
		b.wait("nothing is found", `document.querySelector("#no-match").checkVisibility()`)
		b.keys(kb.Escape)
		b.wait("Esc clears the search", `document.querySelector("#q").value === "" && document.activeElement.id !== "q" && !location.search`)
		b.keys("/" + name[len("lock:"):])
		b.wait("only the lock is left", `document.querySelectorAll("#rows .row").length === 1`)
		b.keys(kb.Escape)

		b.wait("all rows are back", `document.querySelectorAll("#rows .row").length >= 1 && !location.search`)
		b.keys("j")
		b.wait("j goes to a row", `document.activeElement.classList.contains("row")`)
		b.keys(kb.Enter)
		b.wait("Enter opens the panel", `document.querySelector("#panel").checkVisibility()`)
		b.keys(kb.Escape)
		b.wait("Esc closes it", `!document.querySelector("#panel").checkVisibility()`)

		b.keys("n")
		b.wait("n opens the dialog again", `document.querySelector("#acquire").open`)
		b.keys(kb.Escape)
		b.wait("Esc closes it", `!document.querySelector("#acquire").open`)

		setOn(t, p.nodes, name+":n", "v", 3*time.Second)
		b.waitRow(name+":n", "held", func(r *row) bool { return r.State == "held" })
		b.act(name, "release")
	})
}
