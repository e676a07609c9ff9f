package web

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

var wantHeaders = map[string]string{
	"Content-Security-Policy":      contentPolicy,
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           permissionsPolicy,
}

func checkHeaders(t *testing.T, what string, h http.Header) {
	t.Helper()
	for name, want := range wantHeaders {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s: got %q, want %q", what, name, got, want)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	for _, path := range []string{
		"/", "/healthz", "/readyz", "/favicon.ico", "/nothing", "/static/none/x.js", w.assetPath("js/main.js"),
		"/api/openapi.json", "/api/v1/locks", "/api/v1/locks?limit=0", "/api/v1/locks/one?name=x", "/api/v1/nodes",
		"/api/v1/leases", "/api/v1/stream", "/api/v1/locks/acquire",
	} {
		checkHeaders(t, path, alice.get(path).Header)
	}
	checkHeaders(t, "acquire", alice.post("acquire", fields{"name": "lock:a"}).Header)
	checkHeaders(t, "refused", alice.post("acquire", fields{"name": "lock:a"}).Header)
	checkHeaders(t, "too large", alice.post("acquire", strings.Repeat("x", maxBody+1)).Header)
	alice.host = "evil.example"
	checkHeaders(t, "bad host", alice.get("/").Header)
	_, answer, err := dialer().Dial("ws://"+w.addr+"/api/v1/stream", nil)
	must(t, err)
	checkHeaders(t, "upgrade", answer.Header)
	if got := answer.Header.Get("Sec-WebSocket-Protocol"); got != streamProtocol {
		t.Errorf("protocol: got %q", got)
	}
}

func TestOnlyAssetsMayBeKept(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	for _, path := range []string{"/", "/api/v1/locks", "/api/v1/leases", "/nothing", "/static/none/x.js"} {
		if got := alice.get(path).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: got %q", path, got)
		}
	}
}

func TestOnlyOurOwnNamesAreAnswered(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.AllowedHosts = []string{"locks.example"} })
	alice := w.browser()
	for host, status := range map[string]int{
		"localhost": 200, "LOCALHOST:1": 200, "127.0.0.1": 200, "127.0.0.1:9999": 200, "127.9.9.9": 200, "[::1]:80": 200,
		"locks.example": 200, "locks.example:8443": 200, "Locks.Example.": 200,
		"evil.example": 421, "evil.example:80": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421,
		"10.0.0.1": 421, "[::2]": 421, "locks.example.evil": 421, "evil-locks.example": 421,
	} {
		alice.host = host
		alice.get("/api/v1/locks").status(status)
		alice.get("/healthz").status(http.StatusOK)
	}
	alice.host = "evil.example"
	alice.get("/").problem(http.StatusMisdirectedRequest, codeBadHost)
	alice.post("acquire", fields{"name": "lock:a"}).problem(http.StatusMisdirectedRequest, codeBadHost)
	if w.heldOn("lock:a") != 0 {
		t.Error("a lock was taken under another name")
	}
	header := http.Header{"Host": {"evil.example"}, "Origin": {"http://evil.example"}}
	if _, r, err := dialer().Dial("ws://"+w.addr+"/api/v1/stream", header); err == nil || r.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("stream: got %v %v", r, err)
	}
}

func TestAListenerOnAllAddressesAnswersToAddressesAndNotToNames(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:8080", "[::]:8080", ":8080"} {
		l := newHostList(addr, nil)
		for host, want := range map[string]bool{"10.1.2.3:80": true, "[fe80::1]": true, "localhost": true, "evil.example": false, "": false} {
			if l.allows(host) != want {
				t.Errorf("%s: %q: got %v", addr, host, !want)
			}
		}
	}
	if l := newHostList("192.168.1.5:80", nil); !l.allows("192.168.1.5") || l.allows("192.168.1.6") {
		t.Error("a listener on one address answers to another")
	}
	if l := newHostList("box.lan:80", nil); !l.allows("box.lan:80") {
		t.Error("a listener on a name does not answer to it")
	}
}

func TestACommandFromAnotherSiteIsRefused(t *testing.T) {
	w := begin(t, 1)
	for what, header := range map[string][]string{
		"cross-site":        {"Sec-Fetch-Site", "cross-site"},
		"same-site":         {"Sec-Fetch-Site", "same-site"},
		"other origin":      {"Origin", "http://evil.example"},
		"other port":        {"Origin", "http://127.0.0.1:1"},
		"opaque origin":     {"Origin", "null"},
		"cross-site simple": {"Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"},
	} {
		t.Run(what, func(t *testing.T) {
			r := w.browser().post("acquire", fields{"name": "lock:a"}, header...)
			r.t = t
			r.problem(http.StatusForbidden, codeForbiddenOrigin)
			if r.Header.Get("Set-Cookie") != "" {
				t.Error("it got a session")
			}
		})
	}
	if w.heldOn("lock:a") != 0 {
		t.Error("a lock was taken")
	}
	w.browser().post("acquire", fields{"name": "lock:a"}, "Sec-Fetch-Site", "same-origin", "Origin", "http://"+w.addr).status(http.StatusCreated)
}

func TestAStreamForAPageOfAnotherSiteIsRefused(t *testing.T) {
	w := begin(t, 1)
	for origin, want := range map[string]int{
		"http://evil.example": 403, "null": 403, "http://127.0.0.1:1": 403, "http://" + w.addr: 101, "": 101,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, answer, err := dialer().Dial("ws://"+w.addr+"/api/v1/stream", header)
		if answer == nil || answer.StatusCode != want {
			t.Errorf("origin %q: got %v, %v, want %d", origin, answer, err, want)
		}
		if conn != nil {
			conn.Close()
		}
	}
	other := &websocket.Dialer{Subprotocols: []string{"lockscope.v9.json"}}
	if _, answer, err := other.Dial("ws://"+w.addr+"/api/v1/stream", nil); err == nil || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("another protocol: got %v", answer)
	}
}

func TestNothingChangesOnGet(t *testing.T) {
	w := begin(t, 1)
	for _, route := range w.server.echo.Routes() {
		post := route.Method == http.MethodPost
		reads := route.Path == "/api/v1/locks/one" || route.Path == "/api/v1/locks/facets"
		command := strings.HasPrefix(route.Path, "/api/v1/locks/") && !reads || route.Path == "/api/v1/nodes/admit"
		if post != command {
			t.Errorf("%s %s", route.Method, route.Path)
		}
	}
}

func TestAReadOnlyServerHasNoCommands(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.ReadOnly = true })
	for _, route := range w.server.echo.Routes() {
		if route.Method != http.MethodGet && route.Method != http.MethodHead && !strings.HasPrefix(route.Method, "echo_") {
			t.Errorf("there is a route %s %s", route.Method, route.Path)
		}
	}
	alice := w.browser()
	for _, call := range []string{"acquire", "extend", "release"} {
		alice.post(call, fields{}).problem(http.StatusNotFound, codeNotFound)
	}
	alice.get("/").status(http.StatusOK)
	alice.get("/api/v1/locks").status(http.StatusOK)
	if strings.Contains(alice.get("/api/openapi.json").text, "/locks/acquire") {
		t.Error("the document tells of commands")
	}
}

func TestTheSessionCookieIsOutOfReach(t *testing.T) {
	w := begin(t, 1)
	for _, r := range []reply{w.browser().get("/"), w.browser().post("acquire", fields{"name": "lock:a"})} {
		cookie := onlyCookie(t, r.Response)
		if cookie.Name != "lockscope_session" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode ||
			cookie.Path != "/" || cookie.Domain != "" || cookie.Secure || len(cookie.Value) != sessionLength {
			t.Errorf("%s: got %+v", r.Request.URL, cookie)
		}
	}
	alice := w.browser()
	alice.get("/")
	if again := alice.get("/"); again.Header.Get("Set-Cookie") != "" {
		t.Error("a browser that has a session got another")
	}
	for _, path := range []string{"/api/v1/locks", "/api/v1/leases", "/healthz", "/nothing", w.assetPath("js/main.js")} {
		if w.browser().get(path).Header.Get("Set-Cookie") != "" {
			t.Errorf("%s gives out a session", path)
		}
	}
	bob := w.browser()
	if onlyCookie(t, bob.get("/", "Cookie", "lockscope_session=short").Response).Value == "short" {
		t.Error("a value that is none of ours was taken for a session")
	}
}

func TestALinkFromAnotherSiteDoesNotReplaceTheSession(t *testing.T) {
	w := begin(t, 1)
	// The browser has a session, but does not send it along with such a link.
	for site, issued := range map[string]bool{"cross-site": false, "same-site": false, "none": true, "same-origin": true} {
		r := w.browser().get("/", "Sec-Fetch-Site", site).status(http.StatusOK)
		if got := r.Header.Get("Set-Cookie") != ""; got != issued {
			t.Errorf("%s: issued %v, want %v", site, got, issued)
		}
	}
}

func TestUnderTLSTheCookieIsBoundToTheHostAndHSTSIsSent(t *testing.T) {
	for base, name := range map[string]string{"": "__Host-lockscope_session", "/x": "__Secure-lockscope_session"} {
		w := begin(t, 1, func(c *Config) { c.BasePath = base })
		r := httptest.NewRequest(http.MethodGet, "https://localhost"+base+"/", nil)
		r.TLS = &tls.ConnectionState{}
		answer := httptest.NewRecorder()
		w.server.Handler().ServeHTTP(answer, r)
		cookie := onlyCookie(t, answer.Result())
		if cookie.Name != name || !cookie.Secure || cookie.Path != base+"/" {
			t.Errorf("got %+v", cookie)
		}
		if answer.Header().Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS")
		}
	}
}

func onlyCookie(t *testing.T, r *http.Response) *http.Cookie {
	t.Helper()
	if len(r.Cookies()) != 1 {
		t.Fatalf("got %d cookies, want 1", len(r.Cookies()))
	}
	return r.Cookies()[0]
}

// dialer opens streams where what the server answers to that matters.
func dialer() *websocket.Dialer {
	return &websocket.Dialer{Subprotocols: []string{streamProtocol}, HandshakeTimeout: patience}
}
