package redisnode

import (
	"bufio"
	"errors"
	"strings"
	"testing"
)

func readReply(in string) (reply, error) {
	var r reply
	err := r.read(bufio.NewReaderSize(strings.NewReader(in), 64))
	return r, err
}

func TestRepliesOfBothProtocolsAreRead(t *testing.T) {
	for in, want := range map[string]reply{
		"+OK\r\n":                         {kind: '+', text: []byte("OK")},
		":-42\r\n":                        {kind: ':', n: -42},
		":9223372036854775807\r\n":        {kind: ':', n: 1<<63 - 1},
		"$5\r\na\r\nb \r\n":               {kind: '$', n: 5, text: []byte("a\r\nb ")},
		"$0\r\n\r\n":                      {kind: '$', text: []byte{}},
		"$-1\r\n":                         {kind: '$', null: true},
		"_\r\n":                           {kind: '_', null: true},
		"*2\r\n":                          {kind: '*', n: 2},
		"%2\r\n":                          {kind: '*', n: 4},
		"-ERR no\r\n":                     {kind: '-', text: []byte("ERR no")},
		"!6\r\nERR no\r\n":                {kind: '-', n: 6, text: []byte("ERR no")},
		">2\r\n+a\r\n*1\r\n:1\r\n+OK\r\n": {kind: '+', text: []byte("OK")},
		">1\r\n%1\r\n+a\r\n_\r\n#t\r\n":   {kind: '#', text: []byte("t")},
		"$100\r\n" + strings.Repeat("x", 100) + "\r\n": {kind: '$', n: 100, text: []byte(strings.Repeat("x", 100))},
	} {
		got, err := readReply(in)
		if err != nil || got.kind != want.kind || got.n != want.n || got.null != want.null || string(got.text) != string(want.text) {
			t.Errorf("%q: got %+v, %v", in, got, err)
		}
	}
}

func TestWhatIsNoReplyIsAnError(t *testing.T) {
	for _, in := range []string{"", "\r\n", "OK\r\n", "+OK\n", ":x\r\n", ":\r\n", "$-2\r\n", "$9999999999\r\n", "$3\r\nab", "*x\r\n",
		"+" + strings.Repeat("x", 100) + "\r\n"} {
		if got, err := readReply(in); err == nil {
			t.Errorf("%q: got %+v", in, got)
		}
	}
	if _, err := readReply("HTTP/1.1 400 Bad Request\r\n"); !errors.Is(err, errProtocol) {
		t.Errorf("another protocol: %v", err)
	}
}

func TestAHugeValueIsCutAndPassedOver(t *testing.T) {
	in := bufio.NewReaderSize(strings.NewReader("$1000000\r\n"+strings.Repeat("x", 1_000_000)+"\r\n+OK\r\n"), 64)
	var r reply
	if err := r.read(in); err != nil || len(r.text) != maxValue {
		t.Errorf("kept %d bytes, %v", len(r.text), err)
	}
	if err := r.read(in); err != nil || string(r.text) != "OK" {
		t.Errorf("then %q, %v", r.text, err)
	}
}

func FuzzReply(f *testing.F) {
	for _, in := range []string{"+OK\r\n", "$3\r\nabc\r\n", ">1\r\n*1\r\n_\r\n:1\r\n", "%1\r\n", "-ERR\r\n"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := bufio.NewReaderSize(strings.NewReader(text), 64)
		var r reply
		for range len(text) + 1 {
			if r.read(in) != nil {
				return
			}
		}
		t.Errorf("%q: more replies than bytes", text)
	})
}
