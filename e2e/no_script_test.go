package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

func TestTheTableWorksWithoutScripts(t *testing.T) {
	const many = 450
	p := start(t, "embedded", "-embedded-count", "1")
	fill(t, p.nodes, many, numbered)
	p.waitCount(t, many)
	b := open(t, p.page("/help"))
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.do("go to the locks", navigate(p.page("/")))
	shown := func(what string, want ...string) {
		t.Helper()
		var got []string
		if !eventually(b.ctx, patience, func() bool {
			got, _ = tryAsk[[]string](b, `[...document.querySelectorAll("#rows .row")].map((row) => row.dataset.name)`) // a page is on its way
			return slices.Equal(got, want)
		}) {
			t.Fatalf("%s: %d rows, from %v", what, len(got), got[:min(len(got), 1)])
		}
	}
	names := func(from, to int) (list []string) {
		for i := from; i < to; i++ {
			list = append(list, numbered(i))
		}
		return list
	}
	shown("the first page", names(0, 200)...)
	if got := plainSpaces(ask[string](b, `document.querySelector(".window span").innerText`)); got != "1–200 of 450" {
		t.Errorf("the page says that it is %q", got)
	}
	if ask[bool](b, `document.querySelector(".notice").checkVisibility()`) != true {
		t.Error("it does not say that the page stands still")
	}
	if got := ask[[]string](b, `[...document.querySelectorAll("[data-live], .row .more, .row [data-action=release]")].filter((e) => e.checkVisibility({ visibilityProperty: true })).map((e) => e.className)`); len(got) > 0 {
		t.Errorf("what needs scripts is offered: %q", got)
	}
	b.click(".window a")
	shown("the second page", names(200, 400)...)
	b.click(".window a:last-child")
	shown("the last page", names(400, 450)...)

	b.click(`.thead [data-sort="name"] a`)
	turned := names(many-200, many)
	slices.Reverse(turned)
	shown("the other way round, from the first", turned...)
	b.fill("#q", "n:00044")
	b.keys("\r")
	found := names(440, 450)
	slices.Reverse(found)
	shown("what was searched for, in that order", found...)
	b.click(`[data-chip="free"]`)
	b.wait("nothing of it is free", `document.querySelector("#no-match").checkVisibility() && !document.querySelector("#table").checkVisibility()`)
	b.click(`[data-chip=""]`)
	shown("all of them again", turned...)
	b.click("#facet-library summary")
	b.click(`#facet-library [data-facet="library"]:not([data-value=""])`)
	shown("those of a library", turned...)
	if got := ask[string](b, `location.search`); got == "" || got == "?sort=-name" {
		t.Errorf("the address is %q", got)
	}
	if got := ask[int](b, fmt.Sprintf(`document.querySelectorAll('#rows .row[data-name="%s"] .vote[data-vote="granted"]').length`, numbered(many-1))); got != 1 {
		t.Errorf("%d votes are shown", got)
	}
}
