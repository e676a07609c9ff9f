package format

import (
	"testing"
	"time"
)

func TestOurOwnValuesAreRecognised(t *testing.T) {
	got := Recognise("lock:x", "string", "ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:alice")
	want := Match{Library: Lockscope, Owner: "alice", At: time.UnixMicro(1700000000000000)}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOtherValuesAreNobodys(t *testing.T) {
	for _, c := range []struct{ typ, value string }{
		{"string", ""}, {"string", "v"}, {"string", "ls1:1:short:alice"},
		{"hash", "ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:alice"},
	} {
		if got := Recognise("lock:x", c.typ, c.value); got != (Match{}) {
			t.Errorf("%s %q: got %+v", c.typ, c.value, got)
		}
	}
}
