package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

func TestMineAreTheLocksOfTheSessionAmongAnyNumber(t *testing.T) {
	w := begin(t, 1)
	for i := range 3 * maxWindow {
		w.set(fmt.Sprintf("lock:a%03d", i), "v", time.Minute, 0)
	}
	eventually(t, "all are seen", func() bool { return w.board.Counts().Held == 3*maxWindow })
	alice, bob := w.browser(), w.browser()
	lease := alice.acquire("lock:z:mine")
	bob.acquire("lock:z:other")
	w.awaitState("lock:z:other", watcher.StateHeld)
	w.awaitState("lock:z:mine", watcher.StateHeld)

	list := func(b *browser, query string) []string {
		var names []string
		for _, l := range b.get("/api/v1/locks?mine=true" + query).status(http.StatusOK).json()["locks"].([]any) {
			names = append(names, l.(fields)["name"].(string))
		}
		return names
	}
	if got := list(alice, ""); !slices.Equal(got, []string{"lock:z:mine"}) {
		t.Errorf("alice holds %q", got)
	}
	if got := list(alice, "&q=other"); got != nil {
		t.Errorf("alice holds %q", got)
	}
	if got := list(w.browser(), ""); got != nil {
		t.Errorf("somebody without a session holds %q", got)
	}
	page := alice.get("/?mine").status(http.StatusOK).text
	if !strings.Contains(page, "lock:z:mine") || strings.Contains(page, "lock:a000") {
		t.Error("the page shows others")
	}

	cookie := ""
	for _, c := range alice.client.Jar.Cookies(alice.get("/").Request.URL) {
		cookie = c.String()
	}
	v := w.open("", "Cookie", cookie)
	v.hello()
	first := v.watch("mine", true, "q", "lock:z")
	if got := names(first.Rows); !slices.Equal(got, []string{"lock:z:mine"}) || *first.Total != 1 {
		t.Errorf("the stream shows %q of %d", got, *first.Total)
	}
	alice.acquire("lock:z:more")
	for seen := map[string]bool{}; !seen["lock:z:more"]; {
		for _, name := range names(v.next("delta").Set) {
			if seen[name] = true; name != "lock:z:mine" && name != "lock:z:more" {
				t.Fatalf("the stream shows %q", name)
			}
		}
	}
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	for gone := false; !gone; {
		gone = slices.ContainsFunc(v.next("delta").Del, func(d streamclient.Row) bool { return d.Key() == "lock:z:mine" })
	}
}
