package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// take takes a lock through the API, as another session would.
func take(t *testing.T, p *program, name, owner string, ttl time.Duration) {
	t.Helper()
	body := fmt.Sprintf(`{"name":%s,"owner":%s,"ttl":%q}`, quoted(name), quoted(owner), ttl)
	answer, err := http.Post(p.page("/api/v1/locks/acquire"), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("acquire %s: %s", name, answer.Status)
	}
}

// fillStage takes locks in every state that can be had at once.
func fillStage(t *testing.T, p *program) {
	t.Helper()
	take(t, p, "lock:billing:invoice-20417", "alice@laptop", 58*time.Second)
	take(t, p, "lock:orders:checkout:8813", "worker-17", 41*time.Second)
	take(t, p, "lock:orders:checkout:8814", "worker-03", 52*time.Second)
	take(t, p, "lock:reports:monthly:2026-11:region-north-and-everything-above-it", "report-builder-7d9f4c8b6-x2x8p", 60*time.Second)
	setOn(t, p.nodes, "lock:media:transcode:91c3", "9f1c2f50-0a4e-4e8a-9a55-0f8a6e0b7a11", 37*time.Second)
	setOn(t, p.nodes[:3], "lock:cache:warm-up", "0c9d7a1e-77aa-4d51-8f0b-5a1f6f8a9d20", 29*time.Second)
	setOn(t, p.nodes[:2], "lock:inventory:sku-1204", "one", 55*time.Second)
	setOn(t, p.nodes[3:], "lock:inventory:sku-1204", "two", 55*time.Second)
	setOn(t, p.nodes[1:2], "lock:mail:digest", "left over", 48*time.Second)
	setOn(t, p.nodes, "lock:migrations", "since forever", 0)
	setOn(t, p.nodes, "lock:search:reindex", "soon over", 60*time.Second)
	redisDelete(t, p.nodes, "lock:search:reindex")
}

func redisDelete(t *testing.T, nodes []node, name string) {
	t.Helper()
	for _, n := range nodes {
		redisCLI(t, n, "DEL", name)
	}
}

func TestThePageFitsEveryWidthInBothSchemes(t *testing.T) {
	onOwnPage(t, func(t *testing.T, p *program) {
		b := open(t, p.page("/"))
		b.expect("409", "422")
		b.still()
		shoot := func(name string) {
			if p.kind == kinds[0] { // the other kind looks the same
				b.both(name)
			}
		}
		b.waitLive()
		b.scheme("dark")
		b.size(360, 740)
		b.fits("the empty page")
		shoot("empty-360")
		b.size(1440, 900)
		shoot("empty-1440")

		b.acquire(form{name: "lock:payments:settle-eu", ttl: "60s", owner: "dana"})
		fillStage(t, p)
		b.waitRow("lock:inventory:sku-1204", "contested", func(r *row) bool { return r.State == "contested" })
		b.waitRow("lock:search:reindex", "free", func(r *row) bool { return r.State == "free" })
		b.waitRow("lock:payments:settle-eu", "mine", func(r *row) bool { return r.CanRelease })
		shoot("locks-1440")
		for _, width := range []int64{360, 480, 700, 1024, 1920} {
			b.size(width, 900)
			b.fits(fmt.Sprintf("the page at %d px", width))
		}
		b.size(360, 740)
		shoot("locks-360")

		b.click(`.toolbar [data-action="acquire"]`)
		b.fits("the dialog")
		shoot("acquire-360")
		b.submit(form{name: "lock:billing:invoice-20417", ttl: "10s", owner: "dana"})
		b.wait("the dialog shows a refusal", `document.querySelector("#refusal").checkVisibility()`)
		b.fits("the refusal")
		shoot("refused-360")
		b.size(1440, 900)
		shoot("refused-1440")
		b.submit(form{name: "elsewhere:" + strings.Repeat("long", 30), ttl: "2m", owner: "dana"})
		b.saysAt("ttl", "at most")
		b.size(360, 740)
		b.fits("the messages at the fields")
		shoot("bad-input-360")
		b.click(`#acquire .close`)

		b.size(1440, 900)
		b.click(`#rows .row[data-name="lock:inventory:sku-1204"] .c-name`)
		b.wait("the panel is open", `document.querySelector("#panel").checkVisibility()`)
		shoot("panel-1440")
		b.size(360, 740)
		b.fits("the panel")
		shoot("panel-360")
		b.click(`[data-action="close-panel"]`)

		shutDown(t, p.nodes[4])
		b.size(1440, 900)
		b.waitNodes("e")
		shoot("node-down-1440")
		b.size(360, 740)
		b.fits("the page with a node down")
		shoot("node-down-360")
	})
}

// both takes pictures without notices and without a pointer: on a desk in the dark
// and on a phone in the light, or with E2E_LOOKS=all in both schemes each.
func (b *tab) both(name string) {
	b.t.Helper()
	b.clear()
	schemes := []string{"dark"}
	if b.width < 600 {
		schemes = []string{"light"}
	}
	if everyLook() {
		schemes = []string{"dark", "light"}
	}
	for _, scheme := range schemes {
		if b.colour != scheme {
			b.scheme(scheme)
		}
		b.settled()
		b.picture(name + "-" + scheme)
	}
}

// clear takes notices and the pointer away.
func (b *tab) clear() {
	b.t.Helper()
	ask[any](b, `(() => { for (const close of document.querySelectorAll("#toasts .close")) close.click(); return null; })()`)
	b.do("move the pointer away", chromedp.MouseEvent(chromedp.MouseMoved, 1, 1))
}

// fits checks that nothing has to be scrolled sideways, and names what sticks
// out.
func (b *tab) fits(what string) {
	b.t.Helper()
	b.settled()
	out := ask[[]string](b, `(() => {
	  if (document.scrollingElement.scrollWidth <= innerWidth) return [];
	  const out = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 0.5);
	  return [document.scrollingElement.scrollWidth + " > " + innerWidth, ...out.slice(0, 5).map((e) => e.tagName + "." + e.className + "#" + e.id)];
	})()`)
	if len(out) > 0 {
		b.t.Errorf("%s has to be scrolled sideways: %v", what, out)
	}
}
