package views

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Piece is a stretch of hostile text that can be shown. Escaped pieces stand
// for something that cannot be seen and are set apart from the others, so that
// a name cannot pretend to be another one.
type Piece struct {
	Text    string
	Escaped bool
}

// Visible cuts text into what can be shown as it is and what has to be written
// out: control characters as "\n" or "\x1b", other invisible ones (bidi marks,
// zero-width, fillers, odd spaces) as "U+202E", and bytes that are not UTF-8 as
// "\xff".
func Visible(text string) []Piece {
	var pieces []Piece
	start := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		bad := r == utf8.RuneError && size == 1
		if !bad && !invisible(r) {
			i += size
			continue
		}
		if start < i {
			pieces = append(pieces, Piece{Text: text[start:i]})
		}
		written := fmt.Sprintf("U+%04X", r)
		switch {
		case bad:
			written = fmt.Sprintf(`\x%02x`, text[i])
		case r < 0x20 || r == 0x7f:
			written = control(r)
		}
		pieces = append(pieces, Piece{Text: written, Escaped: true})
		i += size
		start = i
	}
	if start < len(text) {
		pieces = append(pieces, Piece{Text: text[start:]})
	}
	return pieces
}

// VisibleText is Visible in one string, for places that hold only text.
func VisibleText(text string) string {
	var b strings.Builder
	for _, piece := range Visible(text) {
		b.WriteString(piece.Text)
	}
	return b.String()
}

// Clean says whether text travels as it is: valid UTF-8 without control
// characters. Other names travel in base64.
func Clean(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func control(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	return fmt.Sprintf(`\x%02x`, r)
}

// invisible says whether a character draws nothing or changes how its
// neighbours are drawn.
func invisible(r rune) bool {
	if r == ' ' || r > 0x20 && r < 0x7f {
		return false
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0, 0xfffc:
		return true // joiners, fillers, blanks
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Z, unicode.Variation_Selector)
}
