package views

import (
	"strings"
	"testing"
)

func TestHostileTextIsMadeVisible(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"plain text stays", "lock:a b/ü漢", "lock:a b/ü漢"},
		{"line ends are written out", "a\nb\r\t", `a[\n]b[\r][\t]`},
		{"escape is written out", "\x1b[31m", `[\x1b][31m`},
		{"C1 controls are written out", "a\u0085b", `a[U+0085]b`},
		{"bidi overrides are written out", "a\u202egnp.exe", "a[U+202E]gnp.exe"},
		{"zero-width characters are written out", "a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"},
		{"spaces that are no space are written out", "a\u00a0b\u2028", "a[U+00A0]b[U+2028]"},
		{"fillers are written out", "\u3164\u2800", "[U+3164][U+2800]"},
		{"variation selectors are written out", "a\ufe0f", "a[U+FE0F]"},
		{"private characters are written out", "\U0010fefe", "[U+10FEFE]"},
		{"bytes that are not UTF-8 are written as hex", "a\xff\xfe", `a[\xff][\xfe]`},
		{"a broken sequence is written byte by byte", "\xe2\x82", `[\xe2][\x82]`},
		{"the replacement character itself stays", "\ufffd", "\ufffd"},
		{"nothing is nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			for _, piece := range Visible(c.text) {
				if piece.Escaped {
					b.WriteString("[" + piece.Text + "]")
				} else {
					b.WriteString(piece.Text)
				}
			}
			if got := b.String(); got != c.want {
				t.Errorf("Visible(%q) = %s, want %s", c.text, got, c.want)
			}
		})
	}
}

func TestNamesThatCannotTravelAsTheyAreAreKnown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"lock:a": true, "ü\u202e": true, "a\nb": false, "\x7f": false, "a\xff": false, "a\u0085": false,
	} {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q) = %t, want %t", text, got, want)
		}
	}
}
