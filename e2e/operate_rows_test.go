package e2e

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// selected are the names of the rows that are selected, as a reader hears it.
func (b *tab) selected() []string {
	b.t.Helper()
	return ask[[]string](b, `[...document.querySelectorAll('#rows .row[aria-selected="true"]')].map((row) => row.dataset.name)`)
}

// take takes locks for this tab's session through the API.
func (b *tab) take(names ...string) {
	b.t.Helper()
	for _, name := range names {
		status := ask[int](b, fmt.Sprintf(`fetch("api/v1/locks/acquire", {
		  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({name: %s, ttl: "60s"}),
		}).then((answer) => answer.status)`, quoted(name)))
		if status != http.StatusCreated {
			b.t.Fatalf("taking %s: status %d", name, status)
		}
	}
}

const rowNamed = `#rows .row[data-name=%s] `

func TestManyOwnLeasesAreReleasedTogether(t *testing.T) {
	p := start(t, "embedded")
	b := open(t, p.page("/"))
	b.waitLive()
	var mine []string
	for i := range 6 {
		mine = append(mine, fmt.Sprintf("lock:mine:%d", i))
	}
	b.take(mine...)
	setOn(t, p.nodes, "lock:other", "v", time.Minute)
	b.do("reload", navigate(ask[string](b, "location.href")))
	b.waitLive()
	for _, name := range mine {
		b.waitRow(name, "held here", func(r *row) bool { return r.CanRelease })
	}
	b.waitRow("lock:other", "held", func(r *row) bool { return r.State == "held" })

	b.click(fmt.Sprintf(rowNamed+`.c-pick`, quoted("lock:mine:1")))
	b.wait("the bar says so", `document.querySelector("#bulk").innerText.includes("1 selected · 1 is yours")`)
	b.keys("j")
	b.keys("x")
	b.wait("x selects the next row", `document.querySelectorAll('#rows .row[aria-selected="true"]').length === 2`)
	ask[any](b, fmt.Sprintf(`document.querySelector('%s.c-pick').dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey: true}))`, fmt.Sprintf(rowNamed, "\\\"lock:other\\\"")))
	b.wait("shift selects all rows between", `document.querySelectorAll('#rows .row[aria-selected="true"]').length === 6`)
	if got, want := b.selected(), append(slices.Clone(mine[1:]), "lock:other"); !slices.Equal(got, want) {
		t.Errorf("selected are %q, want %q", got, want)
	}
	b.wait("the bar counts mine", `document.querySelector("#bulk").innerText.includes("6 selected · 5 are yours")`)
	b.picture("bulk-bar-1440")

	// One is lost meanwhile; the others are released nevertheless.
	for _, n := range p.nodes {
		redisCLI(t, n, "del", "lock:mine:2")
	}
	b.expect("410")
	b.click(`[data-action="bulk-release"]`)
	b.wait("the dialog lists them", `document.querySelectorAll("#bulk-dialog[open] li").length >= 4`)
	b.picture("bulk-dialog-1440")
	b.click(`[data-action="run-bulk"]`)
	for _, name := range append([]string{"lock:mine:1"}, mine[3:]...) {
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" && !r.CanRelease })
	}
	if got := valueOn(t, p.nodes[0], "lock:other"); got != "v" {
		t.Errorf("somebody else's lock is %q on a node", got)
	}
	if r := b.row("lock:mine:0"); r == nil || r.State != "held" {
		t.Errorf("one that was not selected is %+v", r)
	}
	b.wait("it says how it went", `!document.querySelector("#bulk-dialog").open || document.querySelector("#bulk-dialog").innerText.includes("released")`)
	if ask[bool](b, `document.querySelector("#bulk-dialog").open`) {
		b.click(`#bulk-dialog [data-field="cancel"]`)
	}
	b.click(`[data-action="bulk-clear"]`)
	b.wait("nothing is selected", `document.querySelector("#bulk").hidden`)
	b.click(`.thead [data-action="pick-mine"]`)
	b.wait("all of mine are selected", `document.querySelector("#bulk").innerText.includes("1 selected · 1 is yours")`)
}

func TestTheMenuOfARow(t *testing.T) {
	p := start(t, "embedded")
	setOn(t, p.nodes, "lock:menu", "v", time.Minute)
	b := open(t, p.page("/"))
	b.waitRow("lock:menu", "held", func(r *row) bool { return r.State == "held" })
	b.waitLive()
	b.take("lock:mine")
	b.do("reload", navigate(p.page("/")))
	b.waitLive()
	b.waitRow("lock:mine", "held here", func(r *row) bool { return r.CanRelease })

	focused := `document.activeElement.closest('[role="menuitem"]')?.innerText.split("\n")[0].trim()`
	b.keys("jm")
	b.wait("m opens the menu", `document.querySelector("#row-menu").matches(":popover-open")`)
	b.wait("the focus is on its first item", focused+` === "Open"`)
	b.keys(kb.ArrowDown)
	b.wait("the next one", focused+` === "Open its page"`)
	b.keys(kb.End)
	b.wait("the last one", focused+` === "Force release…"`)
	b.keys(kb.ArrowDown)
	b.wait("round to the first", focused+` === "Open"`)
	b.keys("s")
	b.wait("the next one with an s", focused+` === "Show its activity"`)
	b.picture("row-menu-1440")
	b.keys(kb.Escape)
	b.wait("Esc closes it, back to the row", `!document.querySelector("#row-menu").matches(":popover-open") && document.activeElement.dataset.name === "lock:menu"`)
	items := func() []string {
		return ask[[]string](b, `[...document.querySelectorAll('#row-menu [role="menuitem"] span')].map((item) => item.textContent)`)
	}
	if got := items(); slices.Contains(got, "Release") {
		t.Errorf("somebody else's lock can be released: %q", got)
	}
	ask[any](b, `document.querySelector('#rows .row[data-name="lock:mine"]').dispatchEvent(new MouseEvent("contextmenu", {bubbles: true, cancelable: true, button: 2, clientX: 300, clientY: 300}))`)
	b.wait("a right click opens it", `document.querySelector("#row-menu").matches(":popover-open")`)
	if got := items(); !slices.Contains(got, "Release") || !slices.Contains(got, "Extend") {
		t.Errorf("one's own lock has the menu %q", got)
	}
	b.keys("r")
	b.wait("the item that releases", focused+` === "Release"`)
	b.keys(kb.Enter)
	b.waitRow("lock:mine", "free", func(r *row) bool { return r.State == "free" })
}

func TestWhatTheTableShowsStandsInItsAddress(t *testing.T) {
	p := start(t, "embedded")
	setOn(t, p.nodes, "lock:b", "ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:bob", 30*time.Second)
	setOn(t, p.nodes, "lock:a", "ls1:1700000000000001:AAAAAAAAAAAAAAAAAAAAAA:bob", 50*time.Second)
	setOn(t, p.nodes, "lock:c", "v", 40*time.Second)
	b := open(t, p.page("/"))
	b.waitLive()
	shown := func(what string, names ...string) {
		t.Helper()
		b.wait(what, fmt.Sprintf(`JSON.stringify([...document.querySelectorAll("#rows .row")].map((row) => row.dataset.name)) === %s`, quoted(`["`+strings.Join(names, `","`)+`"]`)))
	}
	shown("all of them", "lock:a", "lock:b", "lock:c")
	pick := func(facet, value string) {
		t.Helper()
		b.click(`#facet-` + facet + ` summary`)
		link := `document.querySelector('#facet-` + facet + ` [data-value="` + value + `"]')`
		b.wait(value+" can be chosen", link+`?.checkVisibility()`)
		ask[any](b, link+`.click()`)
	}
	pick("owner", "bob")
	shown("those of bob", "lock:a", "lock:b")
	b.click(`[data-sort="expires"] a`)
	shown("the one that ends first", "lock:b", "lock:a")
	b.click(`[data-sort="expires"] a`)
	shown("the one that ends last", "lock:a", "lock:b")
	if got := ask[string](b, `location.search`); got != "?owner=bob&sort=-expires" {
		t.Errorf("the address is %q", got)
	}
	b.do("reload", navigate(ask[string](b, "location.href")))
	b.waitLive()
	shown("the same after a reload", "lock:a", "lock:b")
	if got := ask[string](b, `document.querySelector("#facet-owner summary").innerText.trim()`); got != "owner: bob" {
		t.Errorf("the chip says %q", got)
	}

	b.click(`.export summary`)
	link := ask[string](b, `document.querySelector('[data-export="csv"]').href`)
	answer, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	table, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], "lock:a,") || !strings.HasPrefix(lines[2], "lock:b,") {
		t.Errorf("the export from %s holds %q", link, lines)
	}
	b.click(`[data-chip=""]`)
	shown("all of them again, in that order", "lock:a", "lock:c", "lock:b")
	pick("library", "unknown")
	shown("what is not recognised", "lock:c")
	b.fill("#q", "nothing is called so")
	b.wait("it says that nothing matches", `document.querySelector("#no-match").checkVisibility()`)
	b.click(`#no-match [data-action="clear"]`)
	shown("everything", "lock:a", "lock:c", "lock:b")
}
