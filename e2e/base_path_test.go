package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

func TestEverythingWorksBelowABasePath(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		if !strings.HasSuffix(p.url, "/lockscope") {
			t.Fatalf("the log names the page %s", p.url)
		}
		b := open(t, p.url)
		b.waitLive()
		b.waitNodes()
		if got := ask[string](b, "location.pathname"); got != "/lockscope/" {
			t.Errorf("the page is at %s", got)
		}
		name := lockName(t, "below")
		b.acquire(form{name: name, ttl: "20s"})
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.CanRelease })
		b.act(name, "extend")
		b.waitToast(name, "is yours for another")
		b.act(name, "release")
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" })
		b.click(`[data-chip="held"]`)
		b.wait("the filter is in the address", `location.pathname === "/lockscope/" && location.search === "?state=held"`)
		b.click(`.brand`)
		b.wait("the brand leads home", `location.pathname === "/lockscope/" && location.search === ""`)
		b.waitLive()
		for _, page := range []struct{ link, path string }{
			{`.nav a[href$="/nodes"]`, "/lockscope/nodes"}, {`.node[data-node="b"]`, "/lockscope/nodes"},
			{`.nav a[href$="/activity"]`, "/lockscope/activity"}, {".event-name", "/lockscope/lock"},
			{".quiet-link", "/lockscope/activity"}, {`.nav a[href$="/help"]`, "/lockscope/help"},
		} {
			b.click(page.link)
			b.wait(page.link+" leads to "+page.path, `location.pathname === `+quoted(page.path)+` && document.querySelector("#connection")?.dataset.conn === "live"`)
		}

		b.palette("gonod", "Go to Nodes")
		b.wait("the palette leads to the nodes", `location.pathname === "/lockscope/nodes"`)
		b.waitLive()
		b.palette(name, name)
		b.wait("the palette leads to the lock", `location.pathname === "/lockscope/lock"`)
		b.waitLive()

		for _, request := range b.asked() {
			u, err := url.Parse(request)
			if err != nil || (u.Host != "" && u.Path != "/lockscope" && !strings.HasPrefix(u.Path, "/lockscope/")) {
				t.Errorf("the page asked for %s, outside the base path", request)
			}
		}
		cookies := call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{p.page("/")}}).Cookies
		if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Path, "/lockscope") || !cookies[0].HTTPOnly ||
			cookies[0].SameSite != network.CookieSameSiteStrict {
			t.Errorf("the cookies are %+v", cookies)
		}
		answer, err := http.Get("http://" + p.host() + "/")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("outside the base path the answer is %s", answer.Status)
		}
	}, "-base-path", "/lockscope")
}
