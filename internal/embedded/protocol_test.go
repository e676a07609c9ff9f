package embedded

import (
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// raw writes bytes and returns all that comes back until the server closes.
func raw(t *testing.T, n *Node, bytes string) string {
	t.Helper()
	w := dial(t, n.Addr())
	w.nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(w.nc, bytes); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(w.rd)
	if err != nil {
		t.Fatalf("%q: %v, after %q", bytes, err, got)
	}
	return string(got)
}

func TestMalformedRequestsEndTheirConnectionAndNothingElse(t *testing.T) {
	n := startNode(t, Config{})
	for _, bytes := range []string{
		"*1\r\n$-1\r\n", "*1\r\n$-2\r\n", "*1\r\n$-99999\r\nPING\r\n", "*1\r\n$9223372036854775807\r\nx\r\n", "*1\r\n$9223372036854775800\r\nPING\r\n",
		"*1\r\n$x\r\n", "*x\r\n", "*-5\r\n", "*1\r\nPING\r\n", "*1\r\n$4\r\nPINGxx", "*9999999999999999999\r\n", "set \"a b\r\n", "$9223372036854775807 x\r\n", "$-5 x\r\n",
	} {
		if got := raw(t, n, bytes); !strings.HasPrefix(got, "-ERR Protocol error") {
			t.Errorf("%q: got %q", bytes, got)
		}
	}
	if got := dial(t, n.Addr()).do("PING").text; got != "PONG" {
		t.Errorf("PING afterwards: %q", got)
	}
}

func TestInlineCommandsWorkAsInATelnetSession(t *testing.T) {
	n := startNode(t, Config{})
	got := raw(t, n, "\r\n  PING\r\nset k \"a b\"\r\n*0\r\nget k\r\nQUIT\r\nPING\r\n")
	if want := "+PONG\r\n+OK\r\n$3\r\na b\r\n+OK\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnePipelineMayMixSubscribingAndOrdinaryCommands(t *testing.T) {
	n := startNode(t, Config{})
	got := raw(t, n, "SET k v\r\nSUBSCRIBE a b\r\nPING\r\nUNSUBSCRIBE\r\nGET k\r\nQUIT\r\n")
	want := "+OK\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n" +
		"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n$1\r\nv\r\n+OK\r\n"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestCommandsThatArriveByteByByteAreUnderstood(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	for _, b := range encode("SET", "k", "v\r\n$") {
		if _, err := w.nc.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	w.receive()
	if got := w.do("GET", "k").text; got != "v\r\n$" {
		t.Errorf("got %q", got)
	}
}

func TestARequestOverTheLimitIsRefusedWithoutTakingItsMemory(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	w.nc.SetDeadline(time.Now().Add(2 * patience))
	io.WriteString(w.nc, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$"+strconv.Itoa(200<<20)+"\r\n")
	chunk := make([]byte, 1<<20)
	sent := 0
	for ; sent < 200; sent++ {
		if _, err := w.nc.Write(chunk); err != nil {
			break
		}
	}
	if sent == 200 {
		t.Error("200 MiB were taken")
	}
	if got := dial(t, n.Addr()).do("EXISTS", "k").text; got != "0" {
		t.Error("the value was stored")
	}
}

func TestAClientThatDoesNotReadItsRepliesHoldsNobodyUp(t *testing.T) {
	n := startNode(t, Config{})
	dial(t, n.Addr()).do("SET", "k", strings.Repeat("x", 1<<20))
	stuck := dial(t, n.Addr())
	go func() {
		for range 1000 { // ends when the test closes the connection
			if _, err := stuck.nc.Write(encode("GET", "k")); err != nil {
				return
			}
		}
	}()
	other := dial(t, n.Addr())
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		start := time.Now()
		other.do("PING")
		if took := time.Since(start); took > time.Second {
			t.Fatalf("PING took %v beside a stuck client", took)
		}
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the stuck client's replies took %d MiB", grown>>20)
	}
}

func TestClientReplyOffAndSkipSilenceTheRightCommands(t *testing.T) {
	n := startNode(t, Config{})
	got := raw(t, n, "CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nECHO no\r\nECHO yes\r\nQUIT\r\n")
	if want := "+OK\r\n$3\r\nyes\r\n+OK\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
