package format

import (
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// Lockscope is the Library of values that our own engine wrote.
const Lockscope = "lockscope"

// A Match is what a value tells.
type Match struct {
	// Library is the lock library that writes values of this form, empty when
	// the form is not known.
	Library string
	// Owner is who took the lock, where the value says it.
	Owner string
	// At is when the lock was taken by the clock of who took it, zero where
	// the value does not say it.
	At time.Time
}

// A form is how one library writes its locks.
type form struct {
	library string
	// typ is the type of the key, "string" or "hash".
	typ string
	// match reads a value, and reports false for one of another form.
	match func(name, value string) (Match, bool)
}

// forms are tried in order: the more particular come first.
var forms = []form{
	{library: Lockscope, typ: "string", match: matchLockscope},
}

// Recognise says what is known of the value that a key of type typ holds under
// name. The zero Match means that no form fits.
func Recognise(name, typ, value string) Match {
	for _, f := range forms {
		if f.typ != typ {
			continue
		}
		if m, ok := f.match(name, value); ok {
			m.Library = f.library
			return m
		}
	}
	return Match{}
}

func matchLockscope(_, value string) (Match, bool) {
	parts, ok := lockengine.ParseToken(value)
	return Match{Owner: parts.Owner, At: parts.At()}, ok
}
