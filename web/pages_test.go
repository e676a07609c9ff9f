package web

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lockscope/lockscope/static"
	"github.com/lockscope/lockscope/watcher"
)

// assetPath is the path of an asset under the base path of the server.
func (w *world) assetPath(name string) string {
	return w.server.base + "/static/" + static.Hash() + "/" + name
}

func TestThePageShowsTheLocksAsTheyAre(t *testing.T) {
	w := begin(t, 3, func(c *Config) { c.Environment = "prod" })
	w.set("lock:here", "v", time.Minute, 0, 1)
	w.set("lock:<b>", "v", time.Minute, 0)
	w.awaitState("lock:here", watcher.StateHeld)
	w.awaitState("lock:<b>", watcher.StateResidue)
	page := w.browser().get("/").status(http.StatusOK)
	if typ := page.Header.Get("Content-Type"); !strings.HasPrefix(typ, "text/html") {
		t.Errorf("type: got %q", typ)
	}
	for _, want := range []string{"lock:here", "lock:&lt;b&gt;", "prod", w.assetPath("js/main.js")} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	some := w.browser().get("/?q=HERE&state=held&sort=-name").status(http.StatusOK)
	if !strings.Contains(some.text, "lock:here") || strings.Contains(some.text, "lock:&lt;b&gt;") {
		t.Error("the query of the page was not followed")
	}
	w.browser().get("/?state=odd&sort=odd&offset=-3&q=" + strings.Repeat("x", 600)).status(http.StatusOK)
}

func TestEverythingHonoursTheBasePath(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.BasePath = "/tools/locks/" })
	alice := w.browser()
	page := alice.get("/tools/locks/").status(http.StatusOK)
	if cookie := onlyCookie(t, page.Response); cookie.Path != "/tools/locks/" {
		t.Errorf("cookie path: got %q", cookie.Path)
	}
	if !strings.Contains(page.text, `"`+w.assetPath("js/main.js")+`"`) || strings.Contains(page.text, `"/static`) {
		t.Error("the page loads its assets from elsewhere")
	}
	alice.get(w.assetPath("js/main.js")).status(http.StatusOK)
	if to := alice.get("/tools/locks?q=a").status(http.StatusPermanentRedirect).Header.Get("Location"); to != "/tools/locks/?q=a" {
		t.Errorf("redirected to %q", to)
	}
	alice.get("/tools/locks/healthz").status(http.StatusOK)
	alice.get("/tools/locks/api/v1/locks").status(http.StatusOK)
	alice.get("/tools/locks/api/v1/nothing", "Accept", "text/html").problem(http.StatusNotFound, codeNotFound)
	if doc := alice.get("/tools/locks/api/openapi.json").text; !strings.Contains(doc, `"url":"/tools/locks"`) {
		t.Error("the document does not know the base path")
	}
	alice.do(http.MethodPost, "/tools/locks/api/v1/locks/acquire", fields{"name": "lock:a"}).status(http.StatusCreated)
	for _, path := range []string{"/", "/healthz", "/api/v1/locks", "/api/v1/stream"} {
		alice.get(path).status(http.StatusNotFound)
	}
	w.open("/tools/locks").hello()
}

func TestABasePathThatCannotBeIsRefused(t *testing.T) {
	w := begin(t, 1)
	for _, base := range []string{"locks", "/a?b", "/a b", "/:a", "/*", "//a", "/a//b", "/a#b"} {
		if _, err := New(Config{BasePath: base}, Deps{Engine: w.engine, Board: w.board}); err == nil {
			t.Errorf("%q was taken", base)
		}
	}
	if _, err := New(Config{}, Deps{Board: w.board}); err == nil {
		t.Error("no engine was taken")
	}
	if _, err := New(Config{}, Deps{Engine: w.engine}); err == nil {
		t.Error("no board was taken")
	}
	if _, err := New(Config{ReadOnly: true}, Deps{Board: w.board}); err != nil {
		t.Errorf("read-only without an engine: %v", err)
	}
}

func TestAssetsAreKeptForEverAndCompressed(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	plain := alice.get(w.assetPath("js/main.js")).status(http.StatusOK)
	if plain.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
		plain.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("got %v", plain.Header)
	}
	zipped := alice.get(w.assetPath("js/main.js"), "Accept-Encoding", "br, gzip;q=0.5").status(http.StatusOK)
	if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("Vary") != "Accept-Encoding" || len(zipped.text) >= len(plain.text) {
		t.Errorf("got %v", zipped.Header)
	}
	r, err := gzip.NewReader(strings.NewReader(zipped.text))
	must(t, err)
	if text, _ := io.ReadAll(r); string(text) != plain.text {
		t.Error("unpacked it is another file")
	}
	if refused := alice.get(w.assetPath("js/main.js"), "Accept-Encoding", "gzip;q=0"); refused.Header.Get("Content-Encoding") != "" {
		t.Error("it was compressed against the wish of the client")
	}
	if css := alice.get(w.assetPath("css/base.css")).status(http.StatusOK).Header.Get("Content-Type"); css != "text/css; charset=utf-8" {
		t.Errorf("css: got %q", css)
	}
	if icon := alice.get("/favicon.ico").status(http.StatusOK).Header.Get("Content-Type"); icon != "image/svg+xml" {
		t.Errorf("favicon: got %q", icon)
	}
	head := alice.do(http.MethodHead, w.assetPath("js/main.js"), nil).status(http.StatusOK)
	if head.text != "" || head.ContentLength != int64(len(plain.text)) {
		t.Errorf("HEAD: got %d bytes, length %d", len(head.text), head.ContentLength)
	}
	for _, path := range []string{
		w.assetPath("js/none.js"), w.assetPath("js"), w.assetPath("js/"), w.assetPath(""), w.assetPath("embed.go"),
		w.assetPath("../embed.go"), w.assetPath("js/../../embed.go"), w.assetPath("js/%2e%2e/css/base.css"),
		"/static/000000000000/js/main.js", "/static/js/main.js",
	} {
		alice.get(path).status(http.StatusNotFound)
	}
}

func TestFilesThatAreNotForBrowsersAreNotServed(t *testing.T) {
	a, err := loadAssets(fstest.MapFS{"embed.go": {Data: []byte("x")}, "css/a.css": {Data: []byte("a{}")}, "LICENSE": {Data: []byte("x")}})
	must(t, err)
	if len(a.files) != 1 || a.files["css/a.css"].sent().zipped != nil {
		t.Errorf("got %v", a.files)
	}
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	w := begin(t, 1)
	w.server.ready = func() error { return errors.New("no quorum of nodes was read yet") }
	r := w.browser().get("/readyz")
	if p := r.problem(http.StatusServiceUnavailable, codeNotReady); p["detail"] != "no quorum of nodes was read yet" {
		t.Errorf("got %s", r.text)
	}
	if text := w.browser().get("/healthz").status(http.StatusOK).text; strings.TrimSpace(text) != "ok" {
		t.Errorf("healthz: got %q", text)
	}
}

func TestTheListOfLocksHasPages(t *testing.T) {
	w := begin(t, 1)
	for _, name := range []string{"lock:a", "lock:b", "lock:c", "lock:\xff"} {
		w.set(name, "v", time.Minute, 0)
		w.awaitState(name, watcher.StateHeld)
	}
	alice := w.browser()
	var names []any
	path := "/api/v1/locks?limit=3"
	for path != "" {
		page := alice.get(path).status(http.StatusOK).json()
		for _, field := range []string{"epoch", "seq", "serverTime", "counts", "total"} {
			if page[field] == nil {
				t.Errorf("there is no %s", field)
			}
		}
		if page["total"] != 4.0 {
			t.Errorf("total: got %v", page["total"])
		}
		for _, l := range page["locks"].([]any) {
			l := l.(fields)
			if l["name"] == nil {
				names = append(names, l["nameB64"])
			} else {
				names = append(names, l["name"])
			}
		}
		path = ""
		if cursor, ok := page["cursor"].(string); ok {
			path = "/api/v1/locks?limit=3&cursor=" + cursor
		}
	}
	if len(names) != 4 || names[0] != "lock:a" || names[3] != "bG9jazr/" {
		t.Errorf("got %v", names)
	}
	one := alice.get("/api/v1/locks/one?nameB64=bG9jazr/").status(http.StatusOK).json()
	for _, field := range []string{"name", "nameB64", "state", "flags", "holder", "fence", "expiresAt", "votes", "waiters", "seq"} {
		if _, ok := one[field]; !ok {
			t.Errorf("a lock has no %s", field)
		}
	}
	if at, err := time.Parse(timeLayout, one["expiresAt"].(string)); err != nil || time.Until(at) > time.Minute {
		t.Errorf("expiresAt: got %v", one["expiresAt"])
	}
	nodes := alice.get("/api/v1/nodes").status(http.StatusOK).json()
	if nodes["quorum"] != 1.0 || len(nodes["nodes"].([]any)) != 1 {
		t.Errorf("nodes: got %v", nodes)
	}
}
