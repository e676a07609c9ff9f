package stage

import (
	"strings"

	"github.com/lockscope/lockscope/lockengine"
)

// maxGot bounds what is repeated of a bad value, in bytes.
const maxGot = 80

// badInput is the error for something that a stage cannot use, as a
// *[lockengine.ArgumentError].
func badInput(field, got, want string) error {
	if len(got) > maxGot {
		got = strings.ToValidUTF8(got[:maxGot], "") + "…"
	}
	return &lockengine.ArgumentError{Field: field, Got: got, Want: want}
}
