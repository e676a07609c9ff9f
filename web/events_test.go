package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

// kindsIn returns the kinds of the events in an answer.
func kindsIn(answer fields) []string {
	var kinds []string
	for _, e := range answer["events"].([]any) {
		kinds = append(kinds, e.(fields)["kind"].(string))
	}
	return kinds
}

func TestTheHoldersOfALockAreTold(t *testing.T) {
	w := begin(t, 3)
	alice := w.browser()
	lease := alice.acquire("lock:x")
	w.awaitState("lock:x", watcher.StateHeld)
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	w.set("lock:x", "v", time.Minute, 0, 1, 2)
	eventually(t, "the next holder", func() bool { return len(w.board.History("lock:x")) == 2 })

	one := alice.get("/api/v1/locks/one?name=lock:x").status(http.StatusOK).json()
	history := one["history"].([]any)
	now, before := history[0].(fields), history[1].(fields)
	if one["name"] != "lock:x" || now["to"] != nil || now["how"] != nil || now["managed"] != false || now["owner"] != nil {
		t.Errorf("the present holder: %v", now)
	}
	if before["how"] != "released" || before["fingerprint"] != lease["fingerprint"] || before["fence"] != lease["fence"] ||
		before["owner"] != lease["owner"] || before["managed"] != true || before["from"] == nil || before["to"] == nil {
		t.Errorf("the holder before: %v of lease %v", before, lease)
	}
}

func TestWhatANodeSaidStaysWhenItGoes(t *testing.T) {
	w := begin(t, 3)
	alice := w.browser()
	alice.acquire("lock:x")
	w.awaitState("lock:x", watcher.StateHeld)
	said := func(i int) (fields, fields) {
		vote := alice.get("/api/v1/locks/one?name=lock:x").json()["votes"].([]any)[i].(fields)
		return vote, fields{"said": vote["said"], "rttMicros": vote["rttMicros"]}
	}
	eventually(t, "all votes", func() bool { v, _ := said(2); return v["said"] == "granted" })
	_, then := said(2)
	w.servers[2].Kill()
	eventually(t, "c is down", func() bool { v, _ := said(2); return v["vote"] == "down" })
	if _, now := said(2); now["said"] != "granted" || now["rttMicros"] != then["rttMicros"] {
		t.Errorf("then %v, now %v", then, now)
	}
}

func TestEventsArePagedFilteredAndExported(t *testing.T) {
	w := begin(t, 3)
	alice := w.browser()
	names := []string{"lock:plain", "lock:\xff", "lock:=2+3"}
	for _, name := range names {
		w.set(name, "v", time.Minute, 0, 1, 2)
		w.awaitState(name, watcher.StateHeld)
	}
	lease := alice.acquire("lock:mine")
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)

	all := alice.get("/api/v1/events").status(http.StatusOK).json()
	kinds := kindsIn(all)
	if all["gap"] != nil || all["next"] != all["last"] || all["epoch"] != w.board.Epoch() ||
		!slices.Contains(kinds, "node-up") || !slices.Contains(kinds, "acquired") || !slices.Contains(kinds, "released") {
		t.Errorf("got %v", all)
	}
	// Page by page the same comes.
	var paged []string
	for after := "0"; ; {
		page := alice.get("/api/v1/events?limit=2&after=" + after).json()
		if len(page["events"].([]any)) == 0 {
			break
		}
		paged = append(paged, kindsIn(page)...)
		after = encodeNumber(page["next"])
	}
	if !slices.Equal(paged, kinds) {
		t.Errorf("paged %v, at once %v", paged, kinds)
	}
	for query, want := range map[string][]string{
		"name=lock:mine":                 {"acquired", "released"},
		"kind=released":                  {"released"},
		"q=LOCK:PLAIN":                   {"acquired"},
		"nameB64=bG9jazr/":               {"acquired"},
		"q=nothing+like+it":              nil,
		"kind=acquired&name=lock:mine":   {"acquired"},
		"kind=acquired&limit=1&q=lock:p": {"acquired"},
		"kind=released,lost":             {"released"},
		"newest=true&limit=1":            {"released"},
		"owner=nobody":                   nil,
		"owner=" + url.QueryEscape(lease["owner"].(string)): {"acquired", "released"},
	} {
		if got := kindsIn(alice.get("/api/v1/events?" + query).status(http.StatusOK).json()); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	file := alice.get("/api/v1/events?format=csv&kind=acquired").status(http.StatusOK)
	if typ := file.Header.Get("Content-Type"); typ != csvType || !strings.Contains(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("type %q, disposition %q", typ, file.Header.Get("Content-Disposition"))
	}
	rows, err := csv.NewReader(strings.NewReader(file.text)).ReadAll()
	must(t, err)
	if len(rows) != 5 || rows[0][0] != "seq" || rows[1][3] != "lock:plain" || rows[2][4] != "bG9jazr/" || rows[2][3] != "" {
		t.Errorf("got %q", rows)
	}
	for path, field := range map[string]string{
		"limit=0": "limit", "limit=10001": "limit", "after=-1": "after", "kind=odd": "kind[0]", "kind=released,odd": "kind[1]", "format=xml": "format",
		"nameB64=!": "nameB64", "name=a&nameB64=YQ==": "name", "q=" + strings.Repeat("x", 513): "q",
	} {
		alice.get("/api/v1/events?" + path).field(field)
	}
	if typ := alice.get("/api/v1/locks", "Accept", "text/csv").status(http.StatusOK).Header.Get("Content-Type"); !strings.HasPrefix(typ, "application/json") {
		t.Errorf("what is no table comes as %q", typ)
	}
}

func encodeNumber(v any) string { return url.QueryEscape(string(encode(v))) }

func TestEventsThatAreForgottenAreAGap(t *testing.T) {
	f := found{}
	f.addGap(1, 10)
	f.addGap(21, 5)
	if *f.gap != (Gap{From: 1, To: 25, Count: 15}) {
		t.Errorf("got %+v", *f.gap)
	}
	b := eventsBody{Gap: f.gap}
	if rows := b.rows(); len(rows) != 1 || rows[0][2] != "gap" || !strings.Contains(rows[0][13], "15 events") {
		t.Errorf("got %q", rows)
	}
}

func TestNoCellOfATableIsAFormula(t *testing.T) {
	for in, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "-2": "'-2", "+3": "'+3", "lock:=x": "lock:=x", "": ""} {
		if got := cell(&in); got != want {
			t.Errorf("cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestANodeSaysWhatWatchingItCosts(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	eventually(t, "the rates are known", func() bool {
		cost := alice.get("/api/v1/nodes").status(http.StatusOK).json()["nodes"].([]any)[0].(fields)["cost"].(fields)
		return cost["operationsPerSecond"].(float64) > 0 && cost["bytesPerSecond"].(float64) > 0 &&
			cost["budget"] == float64(watcher.DefaultBudget) && cost["operations"].(float64) > 5 &&
			cost["bytesIn"].(float64) > 100 && cost["bytesOut"].(float64) > 100
	})
}
