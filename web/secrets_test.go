package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/watcher"
)

// The token of a lease is a secret. Another session looks everywhere it can,
// from before the lock is taken until after it is released.
func TestATokenIsToldToItsOwnerAlone(t *testing.T) {
	w := begin(t, 3)
	alice, bob := w.browser(), w.browser()
	alice.get("/")
	bob.get("/")
	spy := w.open("")
	spy.hello()
	spy.watch()

	lease := alice.post("acquire", fields{"name": "lock:a", "ttl": "30s", "owner": "alice"}, idempotencyHeader, "k").
		status(http.StatusCreated).json()["lease"].(fields)
	token, id := lease["token"].(string), lease["id"].(string)
	w.awaitState("lock:a", watcher.StateHeld)
	cookie := ""
	for _, c := range alice.client.Jar.Cookies(alice.get("/").Request.URL) {
		cookie = c.Value
	}

	var seen strings.Builder
	for _, path := range []string{
		"/", "/?q=lock:a", "/api/v1/locks", "/api/v1/locks/one?name=lock:a", "/api/v1/events", "/api/v1/events?format=csv", "/api/v1/leases", "/api/v1/nodes",
		"/api/openapi.json", "/readyz", "/nothing",
	} {
		seen.WriteString(bob.get(path).text)
	}
	seen.WriteString(bob.post("acquire", fields{"name": "lock:a"}).text)
	seen.WriteString(bob.post("acquire", fields{"name": "lock:a", "ttl": "30s", "owner": "alice"}, idempotencyHeader, "k").text)
	seen.WriteString(bob.post("extend", fields{"lease": id}).text)
	seen.WriteString(bob.post("release", fields{"lease": id}).text)
	// What alice sees of her own lease outside of the two answers.
	seen.WriteString(alice.get("/").text + alice.get("/api/v1/leases").text + alice.get("/api/v1/locks").text)

	more := alice.post("extend", fields{"lease": id, "ttl": "40s"}).json()["lease"].(fields)
	if more["token"] != token {
		t.Error("the owner is not told the token")
	}
	alice.post("release", fields{"lease": id}).status(http.StatusOK)
	w.awaitState("lock:a", watcher.StateFree)
	spy.send(fields{"t": "unwatch", "id": "w"})
	spy.send(watchFrame("end", "q", "nothing is called so"))
	frames := 0
	for ended := false; !ended; frames++ {
		_, text, err := spy.ReadMessage()
		must(t, err)
		seen.Write(text)
		ended = strings.Contains(string(text), `"id":"end"`)
	}
	must(t, spy.WriteMessage(websocket.TextMessage, []byte("not JSON")))
	spy.closed(closeMalformed)
	eventually(t, "the end of the stream is logged", func() bool { return strings.Contains(w.logs.String(), "stream ended") })
	if frames < 2 {
		t.Error("the spy saw nothing")
	}

	secrets := map[string]string{
		"token": token, "secret part of the token": strings.Split(token, ":")[2], "session cookie": cookie,
	}
	for what, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("the %s is %q", what, secret)
		}
		if strings.Contains(seen.String(), secret) {
			t.Errorf("the %s was told to another session", what)
		}
		if strings.Contains(w.logs.String(), secret) {
			t.Errorf("the %s was logged", what)
		}
	}
	if strings.Contains(w.logs.String(), id) || strings.Contains(w.logs.String(), "q=lock") {
		t.Error("the id of the lease or a query was logged")
	}
	if !strings.Contains(w.logs.String(), "path=/api/v1/locks/acquire") || !strings.Contains(seen.String(), lease["fingerprint"].(string)) {
		t.Error("the test looked in the wrong place")
	}
}
