package ceiling

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRepliesAreReadWhereverTheyAreCut(t *testing.T) {
	const wire = "+OK\r\n$-1\r\n:1\r\n:0\r\n-NOSCRIPT none\r\n$5\r\na\r\nbc\r\n:-12\r\n$0\r\n\r\n+PONG\r\n"
	want := []struct {
		kind byte
		n    int64
		text string
		yes  bool
	}{
		{'+', 0, "OK", true},
		{'$', -1, "", false},
		{':', 1, "", true},
		{':', 0, "", false},
		{'-', 0, "NOSCRIPT none", false},
		{'$', 5, "", false},
		{':', -12, "", false},
		{'$', 0, "", false},
		{'+', 0, "PONG", true},
	}
	for _, from := range []io.Reader{
		strings.NewReader(wire),
		iotest.OneByteReader(strings.NewReader(wire)),
		iotest.HalfReader(strings.NewReader(wire)),
		iotest.DataErrReader(strings.NewReader(wire)),
	} {
		replies := newReplyReader(from)
		for i, w := range want {
			got, err := replies.next()
			if err != nil {
				t.Fatalf("reply %d: %v", i, err)
			}
			if got.kind != w.kind || got.n != w.n || string(got.text) != w.text || got.yes() != w.yes {
				t.Errorf("reply %d: got %+v (yes %t), want %+v", i, got, got.yes(), w)
			}
		}
		if _, err := replies.next(); !errors.Is(err, io.EOF) {
			t.Errorf("after the last: got %v, want the end", err)
		}
	}
}

// More replies than fit into the buffer, so that it is used again and again.
func TestRepliesAreReadBeyondTheBuffer(t *testing.T) {
	const times = 50_000
	wire := bytes.Repeat([]byte("+OK\r\n$3\r\nabc\r\n"), times)
	replies := newReplyReader(iotest.HalfReader(bytes.NewReader(wire)))
	for i := range 2 * times {
		got, err := replies.next()
		if err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
		if want := "+$"[i%2]; got.kind != want {
			t.Fatalf("reply %d: got kind %q, want %q", i, got.kind, want)
		}
	}
}

func TestWhatIsNoReplyIsAnError(t *testing.T) {
	for _, wire := range []string{"\n", "OK\r\n", "+OK\n", ":x\r\n", "$x\r\n", "*1\r\n:1\r\n", strings.Repeat("+", 70<<10)} {
		if _, err := newReplyReader(strings.NewReader(wire)).next(); !errors.Is(err, errBadReply) {
			t.Errorf("%.10q: got %v, want %v", wire, err, errBadReply)
		}
	}
}
