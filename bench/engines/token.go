package engines

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
)

// newToken returns a value for a lock in the cheapest way that never repeats
// one. A real lock's token has to be unguessable.
func newToken() string {
	var raw [16]byte
	binary.NativeEndian.PutUint64(raw[:], rand.Uint64())
	binary.NativeEndian.PutUint64(raw[8:], rand.Uint64())
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
