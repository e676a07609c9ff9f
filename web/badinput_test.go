package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestABadFieldIsNamed(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	const name = "lock:a"
	long := strings.Repeat("x", 513-len("lock:"))
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		what  string
		body  any
		field string
	}{
		{"no name", fields{"ttl": "1s"}, "name"},
		{"empty name", fields{"name": ""}, "name"},
		{"over-long name", fields{"name": "lock:" + long}, "name"},
		{"over-long name of wide characters", fields{"name": "lock:" + strings.Repeat("é", 254)}, "name"},
		{"out of pattern", fields{"name": "other:a"}, "name"},
		{"control character", fields{"name": "lock:a\x00b"}, "name"},
		{"newline", fields{"name": "lock:a\n"}, "name"},
		{"C1 control character", fields{"name": "lock:a\u0085"}, "name"},
		{"lone surrogate", `{"name":"lock:\ud800"}`, "name"},
		{"our own name", fields{"name": "lockscope:lock:a"}, "name"},
		{"number for a name", fields{"name": 7}, "name"},
		{"name twice", fields{"name": name, "nameB64": b64(name)}, "name"},
		{"not base64", fields{"nameB64": "!!"}, "nameB64"},
		{"not UTF-8", fields{"nameB64": b64("lock:\xff")}, "nameB64"},
		{"control character in base64", fields{"nameB64": b64("lock:\x1b")}, "nameB64"},
		{"TTL of zero", fields{"name": name, "ttl": "0s"}, "ttl"},
		{"negative TTL", fields{"name": name, "ttl": "-1s"}, "ttl"},
		{"TTL over the most", fields{"name": name, "ttl": "61s"}, "ttl"},
		{"TTL that drift eats up", fields{"name": name, "ttl": "2ms"}, "ttl"},
		{"TTL below a millisecond", fields{"name": name, "ttl": "10us"}, "ttl"},
		{"TTL without a unit", fields{"name": name, "ttl": "10"}, "ttl"},
		{"nonsense TTL", fields{"name": name, "ttl": "soon"}, "ttl"},
		{"empty TTL", fields{"name": name, "ttl": ""}, "ttl"},
		{"TTL beyond any clock", fields{"name": name, "ttl": "9999999999h"}, "ttl"},
		{"number for a TTL", fields{"name": name, "ttl": 10}, "ttl"},
		{"over-long owner", fields{"name": name, "owner": strings.Repeat("x", 129)}, "owner"},
		{"unprintable owner", fields{"name": name, "owner": "a\tb"}, "owner"},
		{"owner of zero width", fields{"name": name, "owner": "a\u200bb"}, "owner"},
		{"negative wait", fields{"name": name, "wait": "-1s"}, "wait"},
		{"long wait", fields{"name": name, "wait": "61s"}, "wait"},
		{"nonsense wait", fields{"name": name, "wait": "a while"}, "wait"},
		{"unknown field", fields{"name": name, "tlt": "10s"}, "tlt"},
		{"field in another case", fields{"name": name, "TTL": "10s"}, "TTL"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := alice.post("acquire", c.body)
			r.t = t
			r.field(c.field)
			if len(r.text) > 1500 {
				t.Errorf("the answer repeats too much: %d bytes", len(r.text))
			}
		})
	}
	// Nothing but what the engine keeps for itself.
	for _, key := range w.redis[0].Keys(t.Context(), "*").Val() {
		if !strings.HasPrefix(key, reservedPrefix) {
			t.Errorf("bad input left the key %q", key)
		}
	}
	// Nothing else was disturbed.
	alice.acquire(name)
}

func TestAllBadFieldsAreNamedTogether(t *testing.T) {
	w := begin(t, 1)
	r := w.browser().post("acquire", fields{"name": "", "ttl": "soon", "wait": "never", "owner": "\x01"})
	if list := r.problem(http.StatusUnprocessableEntity, codeInvalid)["errors"].([]any); len(list) != 4 {
		t.Errorf("got %s", r.text)
	}
}

func TestWhatIsNotAskedForInJSONIsRefused(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	for what, body := range map[string]string{
		"half an object": `{"name":"lock:a"`, "nothing": ``, "not JSON": `name=lock:a`,
		"two values": `{"name":"lock:a"}{}`, "not UTF-8": "{\"name\":\"lock:\xff\"}",
	} {
		t.Run(what, func(t *testing.T) {
			r := alice.post("acquire", body)
			r.t = t
			r.problem(http.StatusBadRequest, codeBadJSON)
		})
	}
	alice.post("acquire", `[]`).status(http.StatusUnprocessableEntity)
	alice.post("acquire", `null`).status(http.StatusUnprocessableEntity)
	alice.post("acquire", `{}`, "Content-Type", "text/plain").problem(http.StatusUnsupportedMediaType, codeUnsupported)
	alice.post("acquire", `a=b`, "Content-Type", "application/x-www-form-urlencoded").problem(http.StatusUnsupportedMediaType, codeUnsupported)
	alice.post("acquire", `{"name":"lock:a"}`, "Content-Type", "application/json; charset=utf-8").status(http.StatusCreated)
}

func TestABodyOver64KiBIsRefused(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	big := `{"name":"` + strings.Repeat("x", maxBody) + `"}`
	alice.post("acquire", big).problem(http.StatusRequestEntityTooLarge, codeTooLarge)
	// Without a length that gives it away, and with a key that makes us read it.
	req, err := http.NewRequest(http.MethodPost, "http://"+w.addr+"/api/v1/locks/acquire", io.MultiReader(strings.NewReader(big)))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(idempotencyHeader, "k")
	resp, err := alice.client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("chunked: got %s", resp.Status)
	}
	alice.acquire("lock:a")
}

func TestAnUnknownLeaseIsGone(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	for _, id := range []string{"", "x", strings.Repeat("A", 22), strings.Repeat("x", 1000), "\x00"} {
		alice.post("release", fields{"lease": id}).problem(http.StatusGone, codeLost)
		alice.post("extend", fields{"lease": id, "ttl": "1s"}).problem(http.StatusGone, codeLost)
	}
	alice.post("release", fields{}).field("lease")
	alice.post("release", fields{"lease": 7}).field("lease")
	alice.post("release", fields{"lease": "x", "force": true}).field("force")
}

func TestABadTTLOfAnExtendIsNamedAndHurtsNothing(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	lease := alice.acquire("lock:a")
	for _, ttl := range []any{"0s", "-5s", "61s", "soon", "", 5} {
		alice.post("extend", fields{"lease": lease["id"], "ttl": ttl}).field("ttl")
	}
	alice.post("extend", fields{"lease": lease["id"]}).status(http.StatusOK)
}

func TestABadQueryIsNamed(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	for path, field := range map[string]string{
		"/api/v1/locks?state=odd":                     "state",
		"/api/v1/locks?sort=colour":                   "sort",
		"/api/v1/locks?limit=0":                       "limit",
		"/api/v1/locks?limit=1001":                    "limit",
		"/api/v1/locks?limit=x":                       "limit",
		"/api/v1/locks?cursor=x":                      "cursor",
		"/api/v1/locks?cursor=" + formatCursor(-1):    "cursor",
		"/api/v1/locks?q=" + strings.Repeat("x", 513): "q",
		"/api/v1/locks/one":                           "name",
		"/api/v1/locks/one?name=a&nameB64=YQ==":       "name",
		"/api/v1/locks/one?nameB64=!":                 "nameB64",
	} {
		alice.get(path).field(field)
	}
	alice.get("/api/v1/locks/one?name=lock:none").problem(http.StatusNotFound, codeNotFound)
}

func TestAddressesAndMethodsThatAreNotThereAreProblems(t *testing.T) {
	w := begin(t, 1)
	alice := w.browser()
	alice.get("/api/v1/nothing").problem(http.StatusNotFound, codeNotFound)
	alice.get("/nothing").problem(http.StatusNotFound, codeNotFound)
	r := alice.get("/api/v1/locks/acquire")
	r.problem(http.StatusMethodNotAllowed, codeMethod)
	if allow := r.Header.Get("Allow"); !strings.Contains(allow, http.MethodPost) {
		t.Errorf("Allow: got %q", allow)
	}
	alice.do(http.MethodDelete, "/api/v1/locks", nil).problem(http.StatusMethodNotAllowed, codeMethod)
	page := alice.get("/nothing", "Accept", "text/html,*/*;q=0.8").status(http.StatusNotFound)
	if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") || !strings.Contains(page.text, "<!doctype html>") && !strings.Contains(page.text, "<!DOCTYPE html>") {
		t.Errorf("got %s %s", page.Header.Get("Content-Type"), page.text)
	}
}

func TestAHeaderThatNeverEndsIsCutOff(t *testing.T) {
	w := begin(t, 1)
	conn, err := net.Dial("tcp", w.addr)
	must(t, err)
	defer conn.Close()
	_, err = conn.Write(append([]byte("GET / HTTP/1.1\r\nHost: localhost\r\nX: "), bytes.Repeat([]byte("x"), maxHeaderBytes+8<<10)...))
	must(t, err)
	text, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(text), "HTTP/1.1 431") {
		t.Errorf("got %q", text)
	}
}

func TestAPanicIsAProblemAndNotTheEnd(t *testing.T) {
	w := begin(t, 1)
	w.server.ready = func() error { panic("what a day") }
	r := w.browser().get("/readyz")
	r.problem(http.StatusInternalServerError, codeInternal)
	if strings.Contains(r.text, "what a day") || !strings.Contains(w.logs.String(), "what a day") {
		t.Errorf("told: %s\nlogged: %s", r.text, w.logs)
	}
}

func TestTheOpenAPIDocumentListsAllCalls(t *testing.T) {
	w := begin(t, 1)
	var doc struct {
		OpenAPI    string
		Info       struct{ Title, Version string }
		Paths      map[string]map[string]struct{ Responses map[string]any }
		Components struct{ Schemas map[string]any }
	}
	must(t, json.Unmarshal([]byte(w.browser().get("/api/openapi.json").status(http.StatusOK).text), &doc))
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Title != "Lockscope" || doc.Info.Version != "test" {
		t.Errorf("got %q %+v", doc.OpenAPI, doc.Info)
	}
	for path, method := range map[string]string{
		"/api/v1/locks": "get", "/api/v1/locks/one": "get", "/api/v1/nodes": "get", "/api/v1/leases": "get",
		"/api/v1/events": "get", "/api/v1/contention": "get",
		"/api/v1/locks/acquire": "post", "/api/v1/locks/extend": "post", "/api/v1/locks/release": "post",
	} {
		if len(doc.Paths[path][method].Responses) == 0 {
			t.Errorf("%s %s is not described", method, path)
		}
	}
	for _, schema := range []string{"Lock", "Node", "Lease", "Problem", "HeldProblem", "NoQuorumProblem"} {
		if doc.Components.Schemas[schema] == nil {
			t.Errorf("the schema %s is missing", schema)
		}
	}
	for _, status := range []string{"201", "400", "403", "409", "413", "415", "422", "429", "503"} {
		if doc.Paths["/api/v1/locks/acquire"]["post"].Responses[status] == nil {
			t.Errorf("acquire: status %s is not described", status)
		}
	}
}
