package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// malformed are messages that the server refuses, with what the reason says.
var malformed = map[string]string{
	`{`:                      "JSON",
	`[]`:                     "",
	`"x"`:                    "",
	`{}`:                     "t:",
	`{"t":"shout"}`:          "t:",
	`{"t":7}`:                "t:",
	`{"t":"watch"}`:          "id:",
	`{"t":"watch","id":"w"}`: "view:",
	`{"t":"watch","id":"w","view":"secrets"}`:                                      "view:",
	`{"t":"watch","id":"w","view":"locks","limit":201}`:                            "limit:",
	`{"t":"watch","id":"w","view":"locks","limit":-1}`:                             "limit:",
	`{"t":"watch","id":"w","view":"locks","limit":"all"}`:                          "limit:",
	`{"t":"watch","id":"w","view":"locks","offset":-1}`:                            "offset:",
	`{"t":"watch","id":"w","view":"locks","sort":"colour"}`:                        "sort:",
	`{"t":"watch","id":"w","view":"locks","state":"odd"}`:                          "state:",
	`{"t":"watch","id":"` + strings.Repeat("x", 65) + `","view":"locks"}`:          "id:",
	`{"t":"watch","id":"w","view":"locks","q":"` + strings.Repeat("x", 513) + `"}`: "q:",
	`{"t":"watch","id":"w","view":"lock"}`:                                         "name:",
	`{"t":"watch","id":"w","view":"lock","nameB64":"!"}`:                           "nameB64:",
	`{"t":"watch","id":"w","view":"lock","name":"a","nameB64":"YQ=="}`:             "name:",
	`{"t":"watch","id":"w","view":"events","kind":"odd"}`:                          "kind:",
	`{"t":"watch","id":"w","view":"events","after":-1}`:                            "after:",
	`{"t":"unwatch"}`:                     "id:",
	`{"t":"resume"}`:                      "epoch:",
	`{"t":"resume","epoch":"e","seq":-1}`: "seq:",
	`{"t":"visible"}`:                     "visible:",
	`{"t":"visible","visible":"yes"}`:     "visible:",
}

func TestMalformedFramesCloseTheStreamWithAReason(t *testing.T) {
	w := begin(t, 1)
	bystander := w.open("")
	bystander.hello()
	bystander.watch()
	for message, reason := range malformed {
		v := w.open("")
		v.hello()
		v.send(message)
		if got := v.closed(closeMalformed); !strings.Contains(got, reason) {
			t.Errorf("%s: got the reason %q, want %q in it", message, got, reason)
		}
	}
	binary := w.open("")
	binary.hello()
	must(t, binary.WriteMessage(websocket.BinaryMessage, []byte(`{"t":"visible","visible":true}`)))
	binary.closed(closeMalformed)

	w.set("lock:a", "v", time.Minute, 0)
	bystander.next("delta")
}

func TestAFrameOver16KiBClosesTheStream(t *testing.T) {
	w := begin(t, 1)
	v := w.open("")
	v.hello()
	v.send(`{"t":"visible","visible":true,"x":"` + strings.Repeat("x", maxFrame) + `"}`)
	v.closed(websocket.CloseMessageTooBig)
}

func TestTooManyMessagesAndWatchesCloseTheStream(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.Limits.Watches, c.Limits.MessageRate = 3, 20 })
	v := w.open("")
	v.hello()
	for range 30 {
		if v.WriteMessage(websocket.TextMessage, []byte(`{"t":"visible","visible":true}`)) != nil {
			break
		}
	}
	v.closed(closeTooMany)

	v = w.open("")
	v.hello()
	for i := range 4 {
		v.send(watchFrame(fmt.Sprint(i)))
	}
	v.closed(closeTooMany)
}

func TestStreamsAreCapped(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.Limits.SocketsPerSession, c.Limits.SocketsPerAddress, c.Limits.Sockets = 2, 4, 3 })
	alice := w.browser()
	cookie := "lockscope_session=" + onlyCookie(t, alice.get("/").Response).Value
	one, two := w.open("", "Cookie", cookie), w.open("", "Cookie", cookie)
	one.hello()
	two.hello()
	w.open("", "Cookie", cookie).closed(closeTooMany)
	w.open("").hello()
	w.open("").closed(closeTooMany)
	one.Close()
	eventually(t, "the place of the first is free", func() bool {
		w.server.hub.mu.Lock()
		defer w.server.hub.mu.Unlock()
		return len(w.server.hub.sockets) == 2
	})
	w.open("", "Cookie", cookie).hello()
}

func TestAnAddressMayHaveOnlySoManyStreams(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.Limits.SocketsPerAddress = 1 })
	w.open("").hello()
	w.open("").closed(closeTooMany)
}
