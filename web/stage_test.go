package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/stage"
	"github.com/lockscope/lockscope/internal/stage/scenarios"
)

// tabWord is what the tabs of these tests call themselves.
const tabWord = "0123456789abcdef-"

// stageWorld is a server with stages. limits bound them.
func stageWorld(t *testing.T, limits stage.Limits) *world {
	t.Helper()
	all := stage.NewStages(limits, scenarios.All(), slog.New(slog.DiscardHandler))
	t.Cleanup(all.Close)
	return beginWith(t, 1, func(_ *Config, d *Deps) { d.Stages = all })
}

// openStage opens a stage and returns its id.
func (b *browser) openStage(tab string, more fields) string {
	b.w.t.Helper()
	body := fields{"tab": tabWord + tab}
	for key, v := range more {
		body[key] = v
	}
	got := b.do(http.MethodPost, "/api/v1/stage/open", body).status(http.StatusCreated).json()["stage"].(fields)
	id := got["id"].(string)
	if len(id) != 22 || !strings.Contains(got["path"].(string), "/stage?id="+id) {
		b.w.t.Errorf("opened %v", got)
	}
	return id
}

// order gives an order to a stage.
func (b *browser) order(id, tab, do string, more fields) reply {
	b.w.t.Helper()
	body := fields{"stage": id, "tab": tabWord + tab, "do": do}
	for key, v := range more {
		body[key] = v
	}
	return b.do(http.MethodPost, "/api/v1/stage/order", body)
}

// A show is somebody who watches a stage.
type show struct {
	t      testing.TB
	conn   *websocket.Conn
	things map[string]json.RawMessage
	now    map[string]any
	epoch  float64
	seq    uint64
}

// watch opens the stream of a stage.
func (w *world) watchStage(id, tab string) *show {
	w.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{stageProtocol}, HandshakeTimeout: patience}
	conn, _, err := dialer.Dial("ws://"+w.addr+"/api/v1/stage/stream?stage="+id+"&tab="+tabWord+tab, nil)
	must(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	return &show{t: w.t, conn: conn}
}

// until reads until what is seen holds.
func (s *show) until(what string, holds func() bool) {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	for !holds() {
		_, text, err := s.conn.ReadMessage()
		if err != nil {
			s.t.Fatalf("while waiting until %s: %v", what, err)
		}
		var frame struct {
			T       string                     `json:"t"`
			Epoch   float64                    `json:"epoch"`
			Seq     uint64                     `json:"seq"`
			Picture map[string]json.RawMessage `json:"picture"`
			F       []stage.Frame              `json:"f"`
			Now     map[string]any             `json:"now"`
		}
		must(s.t, json.Unmarshal(text, &frame))
		switch frame.T {
		case "stage":
			s.epoch, s.things, s.seq, s.now = frame.Epoch, frame.Picture, frame.Seq, frame.Now
			s.apply(frame.F)
			// Somebody may act on it at once.
			if !s.has("s", `"state":`) || s.now["wheel"] == nil {
				s.t.Fatalf("a showing begins without saying how it stands: %s", text)
			}
		case "frames":
			s.apply(frame.F)
		case "now":
			must(s.t, json.Unmarshal(text, &s.now))
		default:
			s.t.Fatalf("got %s", text)
		}
	}
}

// apply brings what is seen up to date.
func (s *show) apply(frames []stage.Frame) {
	s.t.Helper()
	for _, f := range frames {
		if s.seq++; f.Seq != s.seq {
			s.t.Fatalf("frame %d follows %d", f.Seq, s.seq-1)
		}
		for key, v := range f.Set {
			s.things[key] = v
		}
		for _, key := range f.Del {
			delete(s.things, key)
		}
	}
}

// has reports whether a thing shows a piece of text.
func (s *show) has(key, text string) bool { return strings.Contains(string(s.things[key]), text) }

// closed waits for the end of the stream and returns its code.
func (s *show) closed() int {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, _, err := s.conn.ReadMessage(); err != nil {
			if e, ok := err.(*websocket.CloseError); ok {
				return e.Code
			}
			s.t.Fatal(err)
		}
	}
}

func TestTheScenariosAreListed(t *testing.T) {
	b := stageWorld(t, stage.Limits{}).browser()
	list := b.get("/api/v1/stage/scenarios").status(http.StatusOK).json()["scenarios"].([]any)
	if len(list) != 12 {
		t.Fatalf("got %d scenarios", len(list))
	}
	for _, entry := range list {
		sc := entry.(fields)
		for _, key := range []string{"id", "title", "teaches", "expected"} {
			if sc[key] == "" {
				t.Errorf("%v has no %s", sc["id"], key)
			}
		}
	}
	page := b.get("/stage").status(http.StatusOK).text
	for _, entry := range list {
		if id := entry.(fields)["id"].(string); !strings.Contains(page, `data-scenario="`+id+`"`) {
			t.Errorf("the page does not list %s", id)
		}
	}
	help := b.get("/help").status(http.StatusOK).text
	for _, entry := range list {
		sc := entry.(fields)
		if !strings.Contains(help, `id="`+sc["help"].(string)+`"`) || !strings.Contains(help, `href="/stage?scenario=`+sc["id"].(string)+`"`) {
			t.Errorf("the Help page does not say more of %s, or does not lead to it", sc["id"])
		}
	}
	document := b.get("/api/openapi.json").text
	for _, path := range []string{"/api/v1/stage/scenarios", "/api/v1/stage/open", "/api/v1/stage/order"} {
		if !strings.Contains(document, path) {
			t.Errorf("%s is not described", path)
		}
	}
	if locks := b.get("/").text; !strings.Contains(locks, `href="/stage"`) {
		t.Error("nothing leads to the stage")
	}
}

func TestAStageIsDrivenByOneAndWatchedByOthers(t *testing.T) {
	w := stageWorld(t, stage.Limits{})
	alice, bob := w.browser(), w.browser()
	id := alice.openStage("alice", fields{"scenario": "first-yes"})
	driver := w.watchStage(id, "alice") // and is the first viewer, before bob comes
	driver.until("alice drives", func() bool { return driver.now != nil && driver.now["wheel"].(fields)["mine"] == true })
	follower := w.watchStage(id, "bob")
	follower.until("bob follows", func() bool { return follower.now != nil && follower.now["wheel"].(fields)["mine"] == false })

	alice.order(id, "alice", "time.speed", fields{"speed": 0}).status(http.StatusOK)
	alice.order(id, "alice", "script.auto", fields{"on": true}).status(http.StatusOK)
	for name, s := range map[string]*show{"the driver": driver, "the follower": follower} {
		s.until(name+" sees the end", func() bool { return s.has("s", `"state":"done"`) })
		if s.has("s", `"ok":false`) || !s.has("s", `"ok":true`) || !s.has("0/r", `"corrupt":true`) {
			t.Errorf("%s sees %s and %s", name, s.things["s"], s.things["0/r"])
		}
	}
	detail := bob.order(id, "bob", "stage.restart", nil).problem(http.StatusConflict, codeNotDriver)["detail"].(string)
	if !strings.Contains(detail, "viewer 1 drives") || !strings.Contains(detail, "ask") {
		t.Errorf("a second driver is told %q", detail)
	}
	bob.order(id, "bob", "wheel.ask", nil).status(http.StatusOK)
	driver.until("alice is asked", func() bool { return driver.now["wheel"].(fields)["asking"] == 2.0 })
	alice.order(id, "alice", "wheel.give", fields{"on": true}).status(http.StatusOK)
	follower.until("bob drives", func() bool { return follower.now["wheel"].(fields)["mine"] == true })
	bob.order(id, "bob", "stage.open", fields{"scenario": "amnesia"}).status(http.StatusOK)
	driver.until("there is another showing, of two worlds", func() bool { return driver.epoch == 2 && driver.has("1/n/a", `"up":true`) })
	bob.order(id, "bob", "view.seek", fields{"at": 1}).status(http.StatusOK)
	driver.until("alice follows into the past", func() bool { return driver.now["live"] == false })
}

func TestWhatAStageRefusesIsSaid(t *testing.T) {
	w := stageWorld(t, stage.Limits{PerOwner: 1})
	b := w.browser()
	open := func(body fields) reply { return b.do(http.MethodPost, "/api/v1/stage/open", body) }
	open(fields{"tab": "short"}).field("tab")
	open(fields{"tab": tabWord, "scenario": "nothing"}).field("scenario")
	open(fields{"tab": tabWord, "scenario": "herd", "step": 99}).field("step")
	open(fields{"tab": tabWord, "policies": []string{"hope"}}).field("policies")
	id := b.openStage("x", nil)
	open(fields{"tab": tabWord}).problem(http.StatusServiceUnavailable, codeFull)
	order := func(do string, more fields) reply { return b.order(id, "x", do, more) }
	order("dance", nil).field("do")
	order("stop", fields{"node": "z"}).field("node")
	order("pause", fields{"client": "alice", "for": "long"}).field("for")
	order("acquire", fields{"client": "alice", "wait": "2000h"}).field("wait")
	order("skew", fields{"node": "a", "rate": -1}).field("rate")
	b.order("AAAAAAAAAAAAAAAAAAAAAA", "x", "time.run", nil).problem(http.StatusGone, codeGone)
	b.do(http.MethodPost, "/api/v1/stage/order", fields{"stage": id, "tab": tabWord + "x", "do": "time.run"}, "Sec-Fetch-Site", "cross-site").
		problem(http.StatusForbidden, codeForbiddenOrigin)
	refused := 0
	for i := range 30 {
		if r := order("add", fields{"client": fmt.Sprintf("client-%d", i)}); r.StatusCode == http.StatusUnprocessableEntity {
			refused++
			if !strings.Contains(r.text, "at most 12 clients") {
				t.Errorf("got %s", r.text)
			}
		} else if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusTooManyRequests {
			t.Errorf("got %d: %s", r.StatusCode, r.text)
		}
	}
	if refused == 0 {
		t.Error("there is no end of clients")
	}
}

func TestThePageSaysWhenThereIsNoSuchStageScenarioOrStep(t *testing.T) {
	b := stageWorld(t, stage.Limits{}).browser()
	for _, c := range []struct {
		path, says string
		status     int
	}{
		{"/stage?id=AAAAAAAAAAAAAAAAAAAAAA", "This stage was swept", http.StatusGone},
		{"/stage?id=%3Cscript%3E", "Open a new stage", http.StatusGone},
		{"/stage?id=AAAAAAAAAAAAAAAAAAAAAA&scenario=herd&step=2", `href="/stage?scenario=herd&amp;step=2"`, http.StatusGone},
		{"/stage?scenario=%3Cscript%3E", "one of one-node", http.StatusNotFound},
		{"/stage?scenario=herd&step=7", "1 to 3", http.StatusNotFound},
		{"/stage?scenario=herd&step=x", "1 to 3", http.StatusNotFound},
		{"/stage?scenario=lost-reply&compare=1", "nothing to compare lost-reply with", http.StatusNotFound},
		{"/stage?compare=1&policies=ours,%3Cscript%3E", "one of ours", http.StatusNotFound},
		{"/stage?policies=ours,sample", "one for each side", http.StatusNotFound},
		{"/stage?compare=1&policies=ours,no-fence", `data-policies="ours,no-fence"`, http.StatusOK},
		{"/stage?id=AAAAAAAAAAAAAAAAAAAAAA&compare=1&policies=ours,del", `href="/stage?compare=1&amp;policies=ours%2Cdel"`, http.StatusGone},
	} {
		if got := b.get(c.path).status(c.status).text; !strings.Contains(got, c.says) || strings.Contains(got, "<script>\"") {
			t.Errorf("%s does not say %q", c.path, c.says)
		}
	}
	b.get("/stage?scenario=herd&step=3&compare=1").status(http.StatusOK)
}

func TestTheStreamOfAStageEndsWithIt(t *testing.T) {
	w := stageWorld(t, stage.Limits{Unwatched: 50 * time.Millisecond, Idle: 300 * time.Millisecond, Viewers: 1})
	b := w.browser()
	if code := w.watchStage("AAAAAAAAAAAAAAAAAAAAAA", "x").closed(); code != closeSwept {
		t.Errorf("the stream of no stage is closed with %d", code)
	}
	id := b.openStage("x", nil)
	s := w.watchStage(id, "x")
	s.until("it is shown", func() bool { return s.now != nil })
	if code := w.watchStage(id, "y").closed(); code != closeTooMany {
		t.Errorf("a viewer too many is closed with %d", code)
	}
	if code := s.closed(); code != closeSwept {
		t.Errorf("the stream of a swept stage is closed with %d", code)
	}
	b.get("/stage?id=" + id).status(http.StatusGone)
	for _, c := range []struct {
		origin, protocol, tab string
		status                int
	}{
		{"http://evil.example", stageProtocol, tabWord, http.StatusForbidden},
		{"", "other", tabWord, http.StatusBadRequest},
		{"", stageProtocol, "x", http.StatusUnprocessableEntity},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		dialer := websocket.Dialer{Subprotocols: []string{c.protocol}}
		_, resp, err := dialer.Dial("ws://"+w.addr+"/api/v1/stage/stream?stage="+id+"&tab="+c.tab, header)
		if err == nil || resp == nil || resp.StatusCode != c.status {
			t.Errorf("%+v: got %v", c, err)
		}
	}
	b.get("/api/v1/stage/stream").status(http.StatusUpgradeRequired)
}

func TestWithoutAStageThereIsNoPage(t *testing.T) {
	b := begin(t, 1).browser()
	for _, path := range []string{"/stage", "/api/v1/stage/scenarios", "/api/v1/stage/stream"} {
		b.get(path).status(http.StatusNotFound)
	}
	b.do(http.MethodPost, "/api/v1/stage/open", fields{"tab": tabWord}).status(http.StatusNotFound)
	if page := b.get("/").text; strings.Contains(page, `href="/stage"`) {
		t.Error("the page leads to a stage that is not there")
	}
}

// Whatever is done on a stage, the nodes that hold the user's locks are not
// reached by it.
func TestAStageCannotTouchTheNodesOfTheUser(t *testing.T) {
	w := stageWorld(t, stage.Limits{})
	ctx := t.Context()
	w.set("lock:report", "the user's own", time.Hour, 0) // the name that the stage uses, too
	w.set("lock:mine", "the user's own", time.Hour, 0)
	before := keysOf(ctx, t, w.redis[0])
	info := w.redis[0].Info(ctx, "server").Val()

	b := w.browser()
	id := b.openStage("x", fields{"scenario": "amnesia"})
	s := w.watchStage(id, "x")
	s.until("it is shown", func() bool { return s.now != nil })
	for i, do := range []string{"stop", "amnesia", "empty", "freeze", "thaw", "evict", "jump", "cut", "heal", "restart"} {
		for _, node := range []string{"a", "b"} {
			b.order(id, "x", do, fields{"node": node, "for": fmt.Sprintf("%ds", i+1)})
		}
	}
	for _, node := range []string{w.servers[0].Addr(), "redis://" + w.servers[0].Addr(), "0", "A", ""} {
		b.order(id, "x", "empty", fields{"node": node}).field("node")
	}
	b.order(id, "x", "time.speed", fields{"speed": 0})
	b.order(id, "x", "stage.restart", nil)
	b.order(id, "x", "script.auto", fields{"on": true})
	s.until("the scenario is over", func() bool { return s.epoch == 2 && s.has("s", `"state":"done"`) })

	if after := keysOf(ctx, t, w.redis[0]); after != before {
		t.Errorf("the user's node held %s, and now holds %s", before, after)
	}
	started := func(info string) string {
		_, rest, _ := strings.Cut(info, "run_id:")
		id, _, _ := strings.Cut(rest, "\r\n")
		return id
	}
	if now := w.redis[0].Info(ctx, "server").Val(); started(now) != started(info) {
		t.Error("the user's node is another process than before")
	}
	for key := range s.things {
		if strings.HasPrefix(key, "0/n/") && s.has(key, w.servers[0].Addr()) {
			t.Errorf("%s is the user's node: %s", key, s.things[key])
		}
	}
}

// keysOf is what a node holds under the names of locks.
func keysOf(ctx context.Context, t *testing.T, c *redis.Client) string {
	t.Helper()
	text := ""
	for _, name := range []string{"lock:report", "lock:mine"} {
		v, err := c.Get(ctx, name).Result()
		must(t, err)
		text += name + "=" + v + " "
	}
	return text
}

func TestAnOpenStageDoesNotKeepTheServerFromStopping(t *testing.T) {
	w := stageWorld(t, stage.Limits{})
	b := w.browser()
	s := w.watchStage(b.openStage("x", nil), "x")
	s.until("it is shown", func() bool { return s.now != nil })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.server.Shutdown(ctx) }()
	if code := s.closed(); code != websocket.CloseGoingAway {
		t.Errorf("the stream is closed with %d", code)
	}
	_ = s.conn.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestThePageOffersOnlyWhatAStageCanDo(t *testing.T) {
	page := stageWorld(t, stage.Limits{}).browser().get("/stage").text
	found := regexp.MustCompile(`data-(?:do|order)="([a-z.]+)`).FindAllStringSubmatch(page, -1)
	if len(found) < 30 {
		t.Fatalf("%d orders on the page", len(found))
	}
	for _, f := range found {
		if !slices.Contains(stage.Orders(), f[1]) {
			t.Errorf("the page offers %q, which no stage can do", f[1])
		}
	}
}
