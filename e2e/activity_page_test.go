package e2e

import (
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// feedOf are the kinds of events that the feed shows of a name, the last first.
func feedOf(name string) string { return linesOf(name, `:not([data-group="commands"])`) }

// auditOf are the commands that the feed shows of a name.
func auditOf(name string) string { return linesOf(name, `[data-group="commands"]`) }

func linesOf(name, which string) string {
	return `[...document.querySelectorAll('#feed .event` + which + `')].filter((line) => line.querySelector(".event-name")?.textContent === ` + quoted(name) + `).map((line) => line.dataset.kind).join()`
}

func TestTheActivityIsLiveFilteredPausedAndExported(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		t.Parallel()
		name := lockName(t, "seen")
		b := open(t, p.page("/activity"))
		b.waitLive()
		b.wait("the nodes have come", `document.querySelectorAll('#feed .event[data-kind="node-up"]').length === 5`)
		take(t, p, name, "alice", time.Minute)
		b.wait("it is told at once", feedOf(name)+` === "acquired"`)
		if link := ask[string](b, `[...document.querySelectorAll(".event-name")][0].getAttribute("href")`); link != "/lock?name="+strings.ReplaceAll(name, ":", "%3A") {
			t.Errorf("it leads to %s", link)
		}
		if title := ask[string](b, `document.querySelector("#feed time").title`); !strings.HasSuffix(title, " UTC") {
			t.Errorf("its time is also called %q", title)
		}

		b.keys("p")
		b.wait("p pauses", `document.body.hasAttribute("data-paused") && /^paused, /.test(document.querySelector("#connection").textContent.trim())`)
		redisDelete(t, p.nodes, name)
		b.wait("what waits is counted", `/Resume · [1-9]/.test(document.querySelector('[data-field="pause"]').textContent)`)
		if kinds := ask[string](b, feedOf(name)); kinds != "acquired" {
			t.Errorf("during the pause it shows %s", kinds)
		}
		b.keys("p")
		b.wait("then it comes", feedOf(name)+` === "forced,acquired"`)

		b.click(`#groups [data-group="trouble"]`)
		b.wait("only trouble is left", `document.querySelectorAll("#feed .event").length >= 1 && [...document.querySelectorAll("#feed .event")].every((line) => line.dataset.group === "trouble") && location.search.includes("kind=overlap")`)
		take(t, p, name+":next", "alice", time.Minute)
		setOn(t, p.nodes[:2], name+":split", "one", 20*time.Second)
		setOn(t, p.nodes[2:4], name+":split", "two", 20*time.Second)
		b.wait("what comes is filtered, too", feedOf(name+":split")+` === "contested" && !`+feedOf(name+":next"))
		b.click(`#groups [data-group=""]`)
		b.wait("all are back", feedOf(name)+` === "forced,acquired" && `+feedOf(name+":next")+` === "acquired"`)
		b.click(".event-owner")
		b.wait("only alice's are left", `[...document.querySelectorAll("#feed .event")].every((line) => line.textContent.includes("alice")) && location.search === "?owner=alice" && document.querySelector('[data-tag="owner"]').checkVisibility()`)
		b.click(`[data-tag="owner"] button`)
		b.wait("the tag is gone", `!location.search && !document.querySelector('[data-tag="owner"]').checkVisibility()`)
		b.keys("/")
		b.keys("nothing-like-it")
		b.wait("nothing is found, and it says so", `document.querySelector("#no-match").checkVisibility() && location.search === "?q=nothing-like-it"`)
		b.keys(kb.Escape)
		b.wait("Esc clears the search", `!location.search && document.querySelectorAll("#feed .event").length > 5`)

		b.do("load with a filter", navigate(p.page("/activity?kind=acquired&q=SEEN")))
		b.waitLive()
		b.wait("the address is followed", feedOf(name)+` === "acquired" && document.querySelectorAll("#feed .event").length === 2`)
		if ask[bool](b, `document.querySelector('[data-export-of="audit"]').checkVisibility()`) {
			t.Error("an export of the audit is offered where none of it is asked for")
		}
		answer, err := http.Get("http://" + p.host() + ask[string](b, `document.querySelector('[data-export="csv"]').getAttribute("href")`))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil || len(rows) != 3 || rows[1][3] != name || rows[2][3] != name+":next" {
			t.Errorf("the file holds %q: %v", rows, err)
		}
	})
}

func TestTheActivityTellsWhoDidWhatAsItIsDone(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		t.Parallel()
		name := lockName(t, "done")
		b := open(t, p.page("/activity"))
		b.waitLive()
		take(t, p, name, "alice", time.Minute)
		b.wait("the command is told beside the event", auditOf(name)+` === "acquire" && `+feedOf(name)+` === "acquired"`)
		other := open(t, p.page("/"))
		other.expect("409")
		other.waitLive()
		other.submit(form{name: name, ttl: "10s", owner: "bob"})
		b.wait("a refusal is told as well", auditOf(name)+` === "acquire,acquire" && document.querySelector("#feed .event[data-refused] .event-more").textContent.includes("refused: held")`)
		b.click(`#groups [data-group="commands"]`)
		b.wait("only commands are left", `[...document.querySelectorAll("#feed .event")].every((line) => line.dataset.group === "commands") && document.querySelectorAll("#feed .event").length === 2 && !document.querySelector('[data-export-of="events"]').checkVisibility()`)
		b.click("#feed .event[data-refused] .event-actor")
		b.wait("only those of one browser", `document.querySelectorAll("#feed .event").length === 1 && location.search.includes("actor=browser-") && document.querySelector('[data-tag="actor"]').checkVisibility()`)
		other.submit(form{name: name, ttl: "10s", owner: "bob"})
		b.wait("what comes is filtered, too", `document.querySelectorAll("#feed .event").length === 2`)
		b.do("load the same again", navigate(ask[string](b, `location.href`)))
		b.waitLive()
		b.wait("the server renders the same", `document.querySelectorAll("#feed .event").length === 2 && document.querySelector('[data-tag="actor"]').checkVisibility()`)
		answer, err := http.Get("http://" + p.host() + ask[string](b, `document.querySelector('[data-export-of="audit"] [data-export="csv"]').getAttribute("href")`))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		rows, err := csv.NewReader(answer.Body).ReadAll()
		if err != nil || len(rows) != 3 || rows[1][2] != "acquire" || rows[1][3] != "held" {
			t.Errorf("the file holds %q: %v", rows, err)
		}
		b.click(`[data-tag="actor"] button`)
		b.click(`#groups [data-group=""]`)
		b.wait("all are back", feedOf(name)+` === "acquired" && `+auditOf(name)+` === "acquire,acquire,acquire"`)
		b.size(1440, 900)
		b.both("activity-audit-1440")
		b.accessible("Activity with commands")
		b.size(360, 740)
		b.fits("Activity with commands")
		b.both("activity-audit-360")
	})
}
