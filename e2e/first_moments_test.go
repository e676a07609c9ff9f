package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

// slowStream keeps what the stream says from the page until letGo.
const slowStream = `(() => {
  const held = [];
  let open = false;
  window.letGo = () => { open = true; for (const tell of held) tell(); };
  window.WebSocket = class extends WebSocket {
    set onmessage(hear) { super.onmessage = (event) => { if (open) hear(event); else held.push(() => hear(event)); }; }
  };
})()`

func TestAClickBeforeTheLocksAreThereIsNotLost(t *testing.T) {
	p := shared(t, kinds[0])
	first, second := lockName(t, "first"), lockName(t, "second")
	take(t, p, first, "alice", time.Minute)
	take(t, p, second, "bob", time.Minute)
	b := open(t, p.page("/help"))
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: slowStream})
	b.do("go to the locks", navigate(p.page("/")))
	b.wait("the page has begun", `document.querySelector("#rows").dataset.live === ""`)
	b.click("#rows .row[data-name=" + cssQuoted(first) + "] .c-name")
	b.click("#rows .row[data-name=" + cssQuoted(second) + "] .c-name")
	if ask[bool](b, `document.querySelector("#panel").checkVisibility()`) {
		t.Fatal("the panel is open without a lock to show")
	}
	ask[any](b, `letGo()`)
	b.wait("the panel of the last one opens", `document.querySelector("#panel").checkVisibility() && document.querySelector('#panel [data-field="name"]').textContent === `+quoted(second))
	b.click("#rows .row[data-name=" + cssQuoted(first) + "] .c-name")
	b.wait("a click shows the other one", `document.querySelector('#panel [data-field="name"]').textContent === `+quoted(first))
}

func TestThePageSoonSaysHowFarBehindItIs(t *testing.T) {
	p := shared(t, kinds[0])
	for _, path := range []string{"/", "/nodes"} {
		b := open(t, p.page(path))
		b.waitLive()
		// By the page's own clock: how long the test waits to be run does not count.
		after := ask[float64](b, `new Promise((done) => {
		  const text = document.querySelector("#connection [data-field=text]"), from = performance.now();
		  const told = () => { if (/^live · [\d.,]+\u202fms behind$/.test(text.textContent)) done(performance.now() - from); };
		  new MutationObserver(told).observe(text, { childList: true, characterData: true, subtree: true });
		  told();
		  setTimeout(() => done(-1), 10_000);
		})`)
		if after < 0 || after > 2000 {
			t.Errorf("%s says how far behind it is after %.0f ms", path, after)
		}
	}
}
