package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func TestTheFirstPageIsThereSoonAfterTheStart(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		answer, err := http.Get(p.page("/"))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		html, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(p.started)
		if answer.StatusCode != http.StatusOK || strings.Count(string(html), `data-node-state=`) != 5 {
			t.Fatalf("the first page is %s without five nodes:\n%s", answer.Status, html)
		}
		b := open(t, p.page("/"))
		b.waitLive()
		b.waitNodes()
		t.Logf("%s: the dashboard listens after %s, the first page is complete after %s (%d bytes)",
			p.kind, p.ready.Round(time.Millisecond), took.Round(time.Millisecond), len(html))
		if took > 5*time.Second {
			t.Errorf("the first page took %s", took)
		}
	})
}

func TestAnEmptyDashboardShowsFiveNodesAndSaysWhatToDo(t *testing.T) {
	onOwn(t, func(t *testing.T, p *program) {
		b := open(t, p.page("/"))
		b.waitLive()
		b.waitNodes()
		b.wait("the empty state is shown", `document.querySelector("#empty").checkVisibility() && !document.querySelector("#table").checkVisibility()`)
		b.wait("it offers to take a lock", `document.querySelector('#empty [data-action="acquire"]').checkVisibility()`)

		command := ask[string](b, `document.querySelector("#empty pre").textContent`)
		if !strings.Contains(command, "redis-cli") || !strings.Contains(command, p.nodes[0].port) {
			t.Errorf("the empty state suggests %q, not redis-cli on the nodes' ports", command)
		}
		b.click(`#empty [data-action="acquire"]`)
		b.wait("the dialog is open", `document.querySelector("#acquire").open`)
	})
}

func TestTheFirstPaintHasTheRowsBeforeAnyScript(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "painted")
		setOn(t, p.nodes, name, "somebody", time.Minute)
		live := open(t, p.page("/"))
		live.waitLive()
		live.waitRow(name, "held", func(r *row) bool { return r.State == "held" })

		b := open(t, p.page("/"))
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		b.do("load again", chromedp.Reload())
		r := b.row(name)
		if r == nil || r.State != "held" || r.count("granted") != 5 || r.seconds() < 40 {
			t.Errorf("without scripts the row is %+v", r)
		}
		b.waitNodes()
		if ask[bool](b, `document.querySelector(".toolbar [data-action=acquire]").checkVisibility()`) {
			t.Error("without scripts a button is offered that does nothing")
		}
	})
}

func TestThePolicyOfThePageStopsForeignScripts(t *testing.T) {
	p := shared(t, kinds[0])
	b := open(t, p.page("/"))
	b.expect("Content Security Policy")
	ask[any](b, `(() => {
	  const script = document.createElement("script");
	  script.textContent = "window.injected = true";
	  document.body.append(script);
	  document.body.insertAdjacentHTML("beforeend", '<img src="/x.png" onerror="window.injected = true">');
	  return null;
	})()`)
	b.expect("/x.png")
	if !eventually(b.ctx, patience, func() bool { return b.heard("Content Security Policy") }) {
		t.Error("nobody said that a script was stopped, so this suite would not notice a violation")
	}
	if ask[bool](b, `"injected" in window`) {
		t.Error("an injected script ran")
	}
}
