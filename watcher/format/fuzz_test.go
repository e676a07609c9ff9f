package format

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzRecognise checks that hostile bytes neither panic nor get onto a page in
// a form that cannot be shown, and that nobody is named without a confidence.
func FuzzRecognise(f *testing.F) {
	for _, name := range []string{"lock:x", "mutex:x", "redlock:x", "rueidislock:0:x", "x.writer", "semaphore:x", "{x}:timeout"} {
		for _, value := range []string{
			"", "v", "7", uuid4, hexUUID, machine, raw24, uuid4 + ":1714979289123", uuid4 + ":42", "ADDED:2024-05-06T07:08:09Z@h:" + uuid4,
			"q83vEjRWeJCrze8SNFZ4kA==", "q83vEjRWeJ-rze8SNFZ4kAmeta", "ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:a", "\xff\x00",
		} {
			f.Add(name, value, "mode", 1.7e12)
		}
	}
	pins := Pins{{Pattern: "lock:*", Library: Redisson}, {Pattern: "mutex:*", Library: Redsync}}
	f.Fuzz(func(t *testing.T, name, value, other string, score float64) {
		for _, p := range []Pins{nil, pins} {
			for _, v := range []Value{
				{Type: "string", Text: value},
				{Type: "hash", Fields: map[string]string{value: "1", other: "read"}},
				{Type: "hash", Fields: map[string]string{value: other}},
				{Type: "set", Members: []Member{{value, 0}, {other, 0}}, Size: 2},
				{Type: "zset", Members: []Member{{value, score}, {other, -score}}, Size: 2, Now: time.UnixMilli(1.7e12)},
			} {
				m := p.Recognise(name, v)
				if (m.Library == "") != (m.Confidence == "") || m.Library == "" && m.Also != nil {
					t.Errorf("%+v", m)
				}
				for _, shown := range []string{m.Owner, m.Host} {
					if !utf8.ValidString(shown) || strings.ContainsFunc(shown, unicode.IsControl) || len(shown) > MaxText {
						t.Errorf("%q is shown", shown)
					}
				}
			}
		}
		_, _ = Hidden(name), Parts(name)
		if lock, ok := Lock(name); ok && lock == name {
			t.Errorf("%q belongs to itself", name)
		}
	})
}

// A value costs a few microseconds, whatever it is.
func BenchmarkRecognise(b *testing.B) {
	for name, value := range map[string]string{
		"redsync": "q83vEjRWeJCrze8SNFZ4kA==", "uuid": uuid4, "machine": machine, "nobody": strings.Repeat("_", MaxText),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Recognise("lock:x", "string", value)
			}
		})
	}
}
