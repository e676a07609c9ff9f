package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/gorilla/websocket"
)

func TestBadInputIsSaidAtItsFieldAndDisturbsNothing(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		kept := lockName(t, "kept")
		b := open(t, p.page("/"))
		b.expect("422")
		b.waitLive()
		b.acquire(form{name: kept, ttl: "60s"})
		ask[any](b, `(() => { window.mark = document.querySelector("#connection"); return null; })()`)
		good := lockName(t, "good")
		for _, bad := range []struct {
			field, says string
			form        form
		}{
			{"name", "empty", form{name: "", ttl: "10s"}},
			{"name", "lock:*", form{name: "elsewhere:x", ttl: "10s"}},
			{"name", "512", form{name: "lock:" + strings.Repeat("x", 508), ttl: "10s"}},
			{"ttl", "above zero", form{name: good, ttl: "0"}},
			{"ttl", "above zero", form{name: good, ttl: "0s"}},
			{"ttl", "above zero", form{name: good, ttl: "-5s"}},
			{"ttl", "60s", form{name: good, ttl: "2m"}},
			{"ttl", "duration", form{name: good, ttl: "soon"}},
			{"owner", "128", form{name: good, ttl: "10s", owner: strings.Repeat("o", 129)}},
			{"wait", "duration", form{name: good, ttl: "10s", owner: "o", wait: "later"}},
		} {
			b.submit(bad.form)
			b.saysAt(bad.field, bad.says)
		}
		b.picture(p.kind + "-bad-input")
		b.fill("#acquire-name", "")
		b.fill("#acquire-ttl", "soon")
		b.keys(kb.Enter)
		b.saysAt("name", "empty")
		b.saysAt("ttl", "duration")

		b.keys(kb.Escape)
		b.wait("the dialog has closed", `!document.querySelector("#acquire").open`)
		if r := b.row(kept); r == nil || r.State != "held" || !r.CanRelease {
			t.Errorf("the other lock's row is %+v", r)
		}
		if r := b.row(good); r != nil {
			t.Errorf("a refused lock has a row: %+v", r)
		}
		if !ask[bool](b, `window.mark.dataset.conn === "live"`) {
			t.Error("the page has lost its connection or itself")
		}
		b.act(kept, "release")
	})
}

// saysAt waits until the message of exactly this field, or of it among others,
// says the part.
func (b *tab) saysAt(field, part string) {
	b.t.Helper()
	place := `document.querySelector('[data-error-of="` + field + `"]')`
	b.wait("the field "+field+" says "+part, place+`.checkVisibility() && `+place+`.textContent.includes(`+quoted(part)+`)`)
	if !ask[bool](b, `document.querySelector("#acquire-`+field+`").getAttribute("aria-invalid") === "true"`) {
		b.t.Errorf("the field %s is not marked as invalid", field)
	}
}

func TestBadRequestsOfOthersDoNotDisturbAPage(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		b := open(t, p.page("/"))
		b.waitLive()
		for _, bad := range []struct {
			command, body string
			status        int
			code          string
		}{
			{"acquire", `{"name":`, http.StatusBadRequest, "bad_json"},
			{"acquire", `{"name":"` + strings.Repeat("x", 70<<10) + `"}`, http.StatusRequestEntityTooLarge, "too_large"},
			{"acquire", `{"name":"lock:x\u0000y"}`, http.StatusUnprocessableEntity, "invalid"},
			{"release", `{"lease":"nobody-knows-this-one"}`, http.StatusGone, "lost"},
			{"extend", `{"lease":"nobody-knows-this-one","ttl":"10s"}`, http.StatusGone, "lost"},
		} {
			answer, err := http.Post(p.page("/api/v1/locks/"+bad.command), "application/json", strings.NewReader(bad.body))
			if err != nil {
				t.Fatal(err)
			}
			body := make([]byte, 4<<10)
			n, _ := answer.Body.Read(body) // the beginning tells enough
			answer.Body.Close()
			if answer.StatusCode != bad.status || answer.Header.Get("Content-Type") != "application/problem+json" ||
				!strings.Contains(string(body[:n]), `"code":"`+bad.code+`"`) {
				t.Errorf("%s with %.40q: %s %s", bad.command, bad.body, answer.Status, body[:n])
			}
		}
		address := "ws" + strings.TrimPrefix(p.page("/api/v1/stream"), "http")
		for _, frame := range []string{`{"t":`, `[]`, `{"t":"dance"}`, strings.Repeat("x", 20<<10)} {
			if code := closeCodeAfter(t, address, frame); code != 4400 && code != websocket.CloseMessageTooBig {
				t.Errorf("after the frame %.20q the socket closed with %d", frame, code)
			}
		}
		name := lockName(t, "after")
		b.acquire(form{name: name, ttl: "10s"})
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" })
		b.act(name, "release")
	})
}

// closeCodeAfter sends one frame on a socket of its own and says how the server
// closed it.
func closeCodeAfter(t *testing.T, address, frame string) int {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"lockscope.v1.json"}, HandshakeTimeout: patience}
	socket, _, err := dialer.Dial(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := socket.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Fatal(err)
	}
	if err := socket.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := socket.ReadMessage(); err != nil {
			closed, ok := err.(*websocket.CloseError)
			if !ok {
				t.Fatalf("after the frame %.20q: %v", frame, err)
			}
			return closed.Code
		}
	}
}
