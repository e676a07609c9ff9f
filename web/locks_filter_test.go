package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

// owned is a value that says whose it is.
func owned(owner string) string {
	return fmt.Sprintf("ls1:%d:AAAAAAAAAAAAAAAAAAAAAA:%s", time.Now().UnixMicro(), owner)
}

// listed are the names that the API answers with.
func (b *browser) listed(query string) []string {
	b.w.t.Helper()
	var list []string
	for _, l := range b.get("/api/v1/locks?" + query).status(http.StatusOK).json()["locks"].([]any) {
		list = append(list, strings.TrimPrefix(l.(fields)["name"].(string), "lock:"))
	}
	return list
}

func TestAFilterMeansTheSameEverywhere(t *testing.T) {
	w := begin(t, 3)
	ofBob, ofAlice := owned("bob"), owned("alice")
	for i := range 3 {
		w.set("lock:a", ofBob, 40*time.Second, i)
		w.set("lock:b", ofAlice, 20*time.Second, i)
		w.set("lock:c", "v", 30*time.Second, i)
	}
	w.set("lock:d", owned("bob"), time.Minute, 0)
	alice := w.browser()
	lease := alice.acquire("lock:e")
	for name, state := range map[string]watcher.State{
		"a": watcher.StateHeld, "b": watcher.StateHeld, "c": watcher.StateHeld, "d": watcher.StateResidue, "e": watcher.StateHeld,
	} {
		w.awaitState("lock:"+name, state)
	}
	me := lease["owner"].(string)
	v := w.open("")
	v.hello()
	for _, c := range []struct {
		q    url.Values
		want []string
	}{
		{url.Values{"owner": {"bob"}}, []string{"a", "d"}},
		{url.Values{"owner": {"bob"}, "state": {"held"}}, []string{"a"}},
		{url.Values{"owner": {me}}, []string{"e"}},
		{url.Values{"library": {"lockscope"}, "sort": {"-name"}}, []string{"e", "d", "b", "a"}},
		{url.Values{"library": {"unknown"}}, []string{"c"}},
		{url.Values{"library": {"redsync"}}, nil},
		{url.Values{"sort": {"expires"}, "state": {"held"}, "q": {"lock:"}, "owner": {"alice"}}, []string{"b"}},
		{url.Values{"sort": {"fence"}}, []string{"e", "a", "b", "c", "d"}},
		{url.Values{"sort": {"-fence"}}, []string{"e", "a", "b", "c", "d"}},
		{url.Values{"sort": {"-state"}}, []string{"a", "b", "c", "e", "d"}},
		{url.Values{"waiting": {"true"}}, nil},
	} {
		if got := alice.listed(c.q.Encode()); !slices.Equal(got, c.want) {
			t.Errorf("the API answers %v with %q, want %q", c.q, got, c.want)
		}
		members := []any{}
		for name, values := range c.q {
			if name == "waiting" {
				members = append(members, name, true)
			} else {
				members = append(members, name, values[0])
			}
		}
		var streamed []string
		for _, row := range v.watch(members...).Rows {
			streamed = append(streamed, strings.TrimPrefix(row.Key(), "lock:"))
		}
		if !slices.Equal(streamed, c.want) {
			t.Errorf("the stream answers %v with %q, want %q", c.q, streamed, c.want)
		}
		page := alice.get("/?" + c.q.Encode()).status(http.StatusOK).text
		at := 0
		for _, name := range c.want {
			next := strings.Index(page[at:], `data-name="lock:`+name+`"`)
			if next < 0 {
				t.Errorf("the page for %v does not show %s, or not in order", c.q, name)
				break
			}
			at += next
		}
		if n := strings.Count(page, `data-name="lock:`); n != len(c.want) {
			t.Errorf("the page for %v shows %d rows, want %d", c.q, n, len(c.want))
		}
	}
	for _, bad := range []string{"sort=nonsense", "state=nonsense", "owner=" + strings.Repeat("x", maxSearch+1)} {
		alice.get("/api/v1/locks?" + bad).status(http.StatusUnprocessableEntity)
	}
}

func TestFacetsSayWhatThereIsToChooseFrom(t *testing.T) {
	w := begin(t, 1)
	w.set("lock:a", owned("bob"), time.Minute, 0)
	w.set("lock:b", owned("bob"), time.Minute, 0)
	w.set("lock:c", "v", time.Minute, 0)
	eventually(t, "all are seen", func() bool { return w.board.Counts().Held == 3 })
	got := w.browser().get("/api/v1/locks/facets?owner=bob").status(http.StatusOK).text
	want := `{"libraries":[{"value":"lockscope","count":2}],"owners":[{"value":"bob","count":2}],"moreOwners":0}`
	if strings.TrimSpace(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnExportHoldsAllThatMatchesAndNoToken(t *testing.T) {
	w := begin(t, 1)
	const many = 2*maxWindow + 7
	for i := range many {
		w.set(fmt.Sprintf("lock:%04d", i), owned("bob"), time.Minute, 0)
	}
	w.set("lock:=1+1", owned("=cmd()"), time.Minute, 0)
	w.set("lock:no\xff", owned("carol"), time.Minute, 0)
	eventually(t, "all are seen", func() bool { return w.board.Counts().Held == many+2 })
	alice := w.browser()

	all := alice.get("/api/v1/locks?format=csv&limit=5").status(http.StatusOK)
	if got := all.Header.Get("Content-Type"); got != csvType {
		t.Errorf("it is %q", got)
	}
	if got := all.Header.Get("Content-Disposition"); got != `attachment; filename="lockscope-locks.csv"` {
		t.Errorf("it is to be saved as %q", got)
	}
	lines, err := csv.NewReader(strings.NewReader(all.text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != many+3 || lines[0][0] != "name" || lines[0][len(lines[0])-1] != "vote a" || lines[1][len(lines[1])-1] != "granted" {
		t.Errorf("%d lines, the first %q, the second %q", len(lines), lines[0], lines[1])
	}
	if strings.Contains(all.text, "ls1:") {
		t.Error("it holds a token")
	}
	if !strings.Contains(all.text, "'=cmd()") || strings.Contains(all.text, ",=") {
		t.Error("a spreadsheet would take an owner for a formula")
	}

	some := alice.get("/api/v1/locks?format=ndjson&owner=bob&sort=-name&q=lock:00").status(http.StatusOK)
	rows := strings.Split(strings.TrimSpace(some.text), "\n")
	var first Lock
	if err := json.Unmarshal([]byte(rows[0]), &first); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 100 || *first.Name != "lock:0099" || strings.Contains(some.text, "ls1:") {
		t.Errorf("%d rows, the first is %s", len(rows), rows[0])
	}
	if got := alice.get("/api/v1/locks?format=ndjson&mine=true").status(http.StatusOK).text; got != "" {
		t.Errorf("somebody who holds nothing gets %q", got)
	}
	alice.get("/api/v1/locks?format=xml").status(http.StatusUnprocessableEntity)
	if got := alice.get("/api/v1/locks", "Accept", "application/x-ndjson").text; !strings.HasPrefix(got, `{"locks":`) {
		t.Errorf("a page is %.40q", got)
	}
}
