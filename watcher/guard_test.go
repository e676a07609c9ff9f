package watcher

import (
	"errors"
	"strings"
	"testing"
)

func TestAGuardLetsRedisSpeakAndNobodyElse(t *testing.T) {
	t.Parallel()
	good := "+PONG\r\n:12\r\n-ERR no\r\n$3\r\na\nb\r\n$-1\r\n$0\r\n\r\n*2\r\n$1\r\n*\r\n*1\r\n:1\r\n%1\r\n+a\r\n+b\r\n*-1\r\n" +
		strings.Repeat("*1\r\n$9\r\n$99999999\r\n", 50)
	for size := range 40 { // however it is cut
		var g guard
		for rest := []byte(good); len(rest) > 0; {
			n := min(size+1, len(rest))
			if err := g.feed(rest[:n]); err != nil {
				t.Fatalf("%d bytes at a time: %v", size+1, err)
			}
			rest = rest[n:]
		}
		if g.skip != 0 || len(g.line) != 0 {
			t.Errorf("%d bytes at a time: %+v", size+1, g)
		}
	}
	for _, bad := range []string{
		"$67108865\r\n", "$99999999999999999999999\r\n", "*1048577\r\n", "%9223372036854775807\r\n",
		strings.Repeat("*1\r\n", maxNesting+1), "+" + strings.Repeat("x", maxLine+1), "*2\r\n$4000000000\r\n",
	} {
		var g guard
		if err := g.feed([]byte(bad)); !errors.Is(err, errGarbage) {
			t.Errorf("%.40q: got %v", bad, err)
		}
	}
}

func FuzzGuard(f *testing.F) {
	f.Add([]byte("*1\r\n$1\r\nx\r\n"), 3)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		var whole, parts guard
		err := whole.feed(stream)
		cut = min(max(cut, 0), len(stream))
		first := parts.feed(stream[:cut])
		if first == nil {
			first = parts.feed(stream[cut:])
		}
		if (err == nil) != (first == nil) {
			t.Errorf("whole: %v, in two parts: %v", err, first)
		}
		if whole.skip > maxBulk+2 || len(whole.line) > maxLine+len(stream) {
			t.Errorf("got %+v", whole)
		}
	})
}
