package web

import (
	"context"
	"encoding/csv"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
)

// force asks to release by force, and returns the answer.
func (b *browser) force(name, fingerprint, reason string) reply {
	b.w.t.Helper()
	return b.post("force-release", fields{"name": name, "fingerprint": fingerprint, "reason": reason})
}

// nodesSaid are the results of an answer, in one line.
func nodesSaid(answer fields) string {
	var said []string
	for _, n := range answer["nodes"].([]any) {
		said = append(said, n.(fields)["result"].(string))
	}
	return strings.Join(said, " ")
}

// entries are those of the audit, the last first.
func (b *browser) entries(query string) []fields {
	b.w.t.Helper()
	var list []fields
	for _, e := range b.get("/api/v1/audit?" + query).status(http.StatusOK).json()["entries"].([]any) {
		list = append([]fields{e.(fields)}, list...)
	}
	return list
}

func TestALockOfSomebodyElseIsReleasedByForceAsSeen(t *testing.T) {
	w := begin(t, 3)
	admin := w.browser()
	w.set("lock:a", "token", 0, 0, 1, 2)
	w.awaitState("lock:a", watcher.StateHeld)
	seen := lockengine.Fingerprint("token")
	done := admin.force("lock:a", seen, "the job is dead").status(http.StatusOK).json()
	if done["deleted"] != 3.0 || done["managed"] != false || nodesSaid(done) != "deleted deleted deleted" {
		t.Errorf("got %v", done)
	}
	if w.heldOn("lock:a") != 0 {
		t.Error("it is still there")
	}
	eventually(t, "it ended by force", func() bool { h := w.board.History("lock:a"); return len(h) > 0 && h[0].How == watcher.EndedForced })
	admin.force("lock:a", seen, "again").problem(http.StatusNotFound, codeNotHeld)

	w.set("lock:a", "another", time.Minute, 0, 1, 2)
	changed := admin.force("lock:a", seen, "again").problem(http.StatusConflict, codeChanged)
	if holder := changed["holder"].(fields); holder["fingerprint"] != lockengine.Fingerprint("another") || nodesSaid(changed) != "kept kept kept" {
		t.Errorf("got %v", changed)
	}
	if w.heldOn("lock:a") != 3 {
		t.Error("the next holder lost it")
	}
	list := admin.entries("action=force-release&name=lock:a")
	if len(list) != 3 || list[0]["outcome"] != codeChanged || list[1]["outcome"] != codeNotHeld || list[2]["outcome"] != "done" {
		t.Fatalf("got %v", list)
	}
	if e := list[2]; e["reason"] != "the job is dead" || e["expected"] != seen || e["address"] != "127.0.0.1" || !strings.HasPrefix(e["actor"].(string), "browser-") ||
		nodesSaid(e) != "deleted deleted deleted" || e["name"] != "lock:a" {
		t.Errorf("got %v", e)
	}
	if list[0]["found"] != lockengine.Fingerprint("another") {
		t.Errorf("got %v", list[0])
	}
}

func TestALeaseOfThisServerThatIsForcedAwayEndsAtItsOwner(t *testing.T) {
	w := begin(t, 3)
	alice, admin := w.browser(), w.browser()
	lease := alice.acquire("lock:a")
	w.awaitState("lock:a", watcher.StateHeld)
	done := admin.force("lock:a", lease["fingerprint"].(string), "it hangs").status(http.StatusOK).json()
	if done["deleted"] != 3.0 || done["managed"] != true {
		t.Errorf("got %v", done)
	}
	if left := alice.get("/api/v1/leases").json()["leases"].([]any); len(left) != 0 {
		t.Errorf("its owner still has %v", left)
	}
	alice.post("extend", fields{"lease": lease["id"], "ttl": "10s"}).problem(http.StatusGone, codeLost)
	w.awaitNothing("lock:a")
	eventually(t, "it ended by force", func() bool { h := w.board.History("lock:a"); return len(h) > 0 && h[0].How == watcher.EndedForced })
	if list := admin.entries("action=force-release"); len(list) != 1 || list[0]["owner"] != lease["owner"] {
		t.Errorf("got %v", list)
	}
	admin.force("lock:a", lease["fingerprint"].(string), "it hangs").problem(http.StatusNotFound, codeNotHeld)
}

func TestForceThatCannotBeDoneSaysWhy(t *testing.T) {
	w := begin(t, 3)
	b := w.browser()
	const seen = "12345678"
	b.force("lock:a", "1234567", "reason").field("fingerprint")
	b.force("lock:a", "ABCDEF12", "reason").field("fingerprint")
	b.force("lock:a", seen, "").field("reason")
	b.force("lock:a", seen, "  x ").field("reason")
	b.force("lock:a", seen, strings.Repeat("ü", maxReason+1)).field("reason")
	b.force("lock:a", seen, "one\ntwo").field("reason")
	b.force("", seen, "reason").field("name")
	b.force("other:a", seen, "reason").field("name")
	b.force("lockscope:born", seen, "reason").field("name")
	b.force(strings.Repeat("x", 513), seen, "reason").field("name")
	b.post("force-release", fields{"nameB64": "!", "fingerprint": seen, "reason": "reason"}).field("nameB64")
	b.post("force-release", fields{"fingerprint": seen, "reason": "reason"}).field("name")
	if list := b.entries(""); len(list) != 12 || list[0]["outcome"] != codeInvalid {
		t.Errorf("got %v", list)
	}
	w.set("lock:number", "1", time.Minute, 0, 1, 2)
	b.force("lock:number", lockengine.Fingerprint("1"), "reason").problem(http.StatusUnprocessableEntity, codeNotComparable)
	w.set("lock:\xff", "token", time.Minute, 0, 1, 2)
	b.post("force-release", fields{"nameB64": "bG9jazr/", "fingerprint": lockengine.Fingerprint("token"), "reason": "raw bytes"}).status(http.StatusOK)
	if list := b.entries("nameB64=bG9jazr/"); len(list) != 1 || list[0]["nameB64"] != "bG9jazr/" {
		t.Errorf("got %v", list)
	}
	w.servers[0].Stop()
	w.set("lock:a", "token", time.Minute, 1, 2)
	if got := nodesSaid(b.force("lock:a", lockengine.Fingerprint("token"), "reason").status(http.StatusOK).json()); got != "down deleted deleted" {
		t.Errorf("got %s", got)
	}
	w.servers[1].Stop()
	w.servers[2].Stop()
	b.force("lock:a", lockengine.Fingerprint("token"), "reason").problem(http.StatusServiceUnavailable, codeNoNodes)
}

func TestADashboardThatOnlyShowsForcesNothing(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.ReadOnly = true })
	b := w.browser()
	if r := b.force("lock:a", "12345678", "reason"); r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("got %d", r.StatusCode)
	}
	if strings.Contains(b.get("/api/openapi.json").text, "force-release\":") {
		t.Error("it is described")
	}
}

func TestWhoDidWhatIsKept(t *testing.T) {
	w := begin(t, 3)
	alice, bob := w.browser(), w.browser()
	lease := alice.post("acquire", fields{"name": "lock:a", "ttl": "20s", "owner": "alice", "note": " =1+1 "}).status(http.StatusCreated).json()["lease"].(fields)
	bob.post("acquire", fields{"name": "lock:a", "owner": "bob"}).problem(http.StatusConflict, codeHeld)
	alice.post("extend", fields{"lease": lease["id"], "ttl": "30s"}).status(http.StatusOK)
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	alice.post("release", fields{"lease": lease["id"]}).problem(http.StatusGone, codeLost)
	bob.post("acquire", fields{"name": "lock:b", "note": strings.Repeat("ü", 201)}).field("note")
	bob.do(http.MethodPost, "/api/v1/nodes/admit", fields{"node": "z"}).problem(http.StatusNotFound, codeNotFound)

	all := alice.get("/api/v1/audit").status(http.StatusOK)
	if strings.Contains(all.text, lease["token"].(string)) {
		t.Error("the audit tells the token")
	}
	var got []string
	for _, e := range alice.entries("") {
		got = append([]string{e["action"].(string) + " " + e["outcome"].(string)}, got...)
	}
	if want := "acquire done, acquire held, extend done, release done, release lost, acquire invalid, admit not_found"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	list := alice.entries("name=lock:a")
	if len(list) != 4 || list[2]["found"] != lease["fingerprint"] || list[2]["owner"] != "bob" || list[3]["note"] != "=1+1" || list[3]["expected"] != lease["fingerprint"] {
		t.Errorf("got %v", list)
	}
	actor := list[3]["actor"].(string)
	if mine := alice.entries("actor=" + actor); len(mine) != 4 {
		t.Errorf("%d of %s", len(mine), actor)
	}
	if found := alice.entries("q=BOB"); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	page := alice.get("/api/v1/audit?limit=2").json()
	rest := alice.entries("after=" + strings.TrimSuffix(jsonNumber(page["next"]), ".0"))
	if len(page["entries"].([]any)) != 2 || len(rest) != 5 {
		t.Errorf("a page of %d, and %d after it", len(page["entries"].([]any)), len(rest))
	}
	if newest := alice.entries("limit=1&newest=true"); len(newest) != 1 || newest[0]["action"] != "admit" {
		t.Errorf("got %v", newest)
	}
	sheet := alice.get("/api/v1/audit?format=csv&name=lock:a")
	rows, err := csv.NewReader(strings.NewReader(sheet.text)).ReadAll()
	must(t, err)
	if len(rows) != 5 || sheet.Header.Get("Content-Type") != csvType || !strings.Contains(sheet.text, "'=1+1") || strings.Contains(sheet.text, ",=1+1") {
		t.Errorf("got\n%s", sheet.text)
	}
	if len(rows[0]) != len(rows[1]) {
		t.Errorf("%d columns, %d in the head", len(rows[1]), len(rows[0]))
	}
	alice.get("/api/v1/audit?action=eat").status(http.StatusUnprocessableEntity)
}

func jsonNumber(v any) string { return string(encode(v)) }

func TestANoteIsShownToEverybody(t *testing.T) {
	w := begin(t, 1)
	w.browser().post("acquire", fields{"name": "lock:a", "ttl": "20s", "note": "nightly import"}).status(http.StatusCreated)
	eventually(t, "the note is shown", func() bool { l, _ := w.board.Lock("lock:a"); return l.Holder.Note == "nightly import" })
	one := w.browser().get("/api/v1/locks/one?name=lock:a").json()
	if note := one["holder"].(fields)["note"]; note != "nightly import" {
		t.Errorf("got %v", note)
	}
	if past := one["history"].([]any)[0].(fields)["note"]; past != "nightly import" {
		t.Errorf("in the history: %v", past)
	}
}

func TestTheAuditComesOnTheStream(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	alice.post("acquire", fields{"name": "lock:before"}).status(http.StatusCreated)
	v := w.open("")
	v.hello()
	v.send(fields{"t": "watch", "id": "a", "view": "audit", "after": 0})
	first := v.audit()
	if len(first.Entries) != 1 || first.Entries[0].Action != "acquire" || first.ID != "a" || first.Epoch == "" {
		t.Fatalf("got %s", first.Text)
	}
	alice.post("acquire", fields{"name": "lock:before"}).problem(http.StatusConflict, codeHeld)
	last := v.audit()
	if len(last.Entries) != 1 || last.Entries[0].Outcome != codeHeld || last.After <= first.After {
		t.Fatalf("got %s", last.Text)
	}
	v.Close()
	alice.post("acquire", fields{"name": "lock:missed"}).status(http.StatusCreated)
	again := w.open("")
	again.send(fields{"t": "watch", "id": "a", "view": "audit", "kind": "acquire", "after": last.After, "epoch": last.Epoch})
	if f := again.audit(); len(f.Entries) != 1 || f.Entries[0].Seq != last.After+1 {
		t.Errorf("after a break: %s", f.Text)
	}
	other := w.open("")
	other.send(fields{"t": "watch", "id": "a", "view": "audit", "after": last.After, "epoch": "elsewhere"})
	if f := other.audit(); len(f.Entries) != 3 {
		t.Errorf("of another journal: %s", f.Text)
	}
}

func TestAJournalThatIsAwayIsToldAndKeepsNothingFromBeingDone(t *testing.T) {
	records := journal.New(&redis.Options{Addr: "127.0.0.1:1"}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	records.Open(ctx)
	done := make(chan struct{})
	go func() { defer close(done); records.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	w := beginWith(t, 1, func(_ *Config, d *Deps) { d.Journal = records })
	alice := w.browser()
	alice.acquire("lock:a")
	answer := alice.get("/api/v1/audit").status(http.StatusOK).json()
	state := answer["journal"].(fields)
	if state["durable"] != true || state["away"] == nil || state["waiting"] != 1.0 || len(answer["entries"].([]any)) != 1 {
		t.Errorf("got %v", answer)
	}
	for _, path := range []string{"/readyz", "/activity", "/lock?name=lock:a"} {
		if page := alice.get(path).status(http.StatusOK); !strings.Contains(page.text, "journal cannot be written") {
			t.Errorf("%s does not say so:\n%s", path, page.text)
		}
	}
}

// audit returns the next frame of an audit.
func (v *viewer) audit() streamclient.Frame {
	v.t.Helper()
	for {
		f, err := v.read()
		must(v.t, err)
		if f.T == "audit" {
			return f
		}
	}
}
