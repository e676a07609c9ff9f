package lockengine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A token is the value that the engine writes under a lock's name:
//
//	ls1:<version>:<22 characters>:<owner>
//
// "ls1" is the format, <version> a decimal number that grows with every
// attempt (microseconds since 1970, so it also tells when), then 128 random
// bits in base64url, then the owner verbatim. The version is the cure for ABA:
// no value is ever written twice, so a compare-and-delete can only meet the
// very lease that it was meant for. The random bits make the value a secret
// that only its holder knows.
const tokenPrefix = "ls1:"

// tokenRandom is the length of 128 bits in unpadded base64url.
const tokenRandom = 22

// A TokenParts is what the value of one of our locks tells to everybody.
type TokenParts struct {
	// Version grows with every attempt, in microseconds since 1970.
	Version int64
	// Owner is who took the lock, in its own words.
	Owner string
}

// At is the time of the attempt by the clock of who made it.
func (p TokenParts) At() time.Time { return time.UnixMicro(p.Version) }

// newToken returns a fresh value for one attempt.
func newToken(version int64, owner string) string {
	var room [len(tokenPrefix) + 20 + 1 + tokenRandom + 1 + MaxOwner]byte
	random := randomness.next()
	b := append(room[:0], tokenPrefix...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, ':')
	b = base64.RawURLEncoding.AppendEncode(b, random[:])
	b = append(b, ':')
	b = append(b, owner...)
	return string(b)
}

// A pool of random bits spares a call into the kernel for every token.
type pool struct {
	mu   sync.Mutex
	bits [64 * 16]byte
	left int
}

var randomness pool

// next returns 128 random bits, once.
func (p *pool) next() (random [16]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		_, _ = rand.Read(p.bits[:]) // never fails, see crypto/rand
		p.left = len(p.bits)
	}
	bits := p.bits[p.left-len(random) : p.left]
	copy(random[:], bits)
	clear(bits) // a secret that was handed out is not kept
	p.left -= len(random)
	return random
}

// ParseToken reads a value found on a node. It reports false for a value that
// this engine did not write.
func ParseToken(value string) (TokenParts, bool) {
	rest, ok := strings.CutPrefix(value, tokenPrefix)
	if !ok {
		return TokenParts{}, false
	}
	version, rest, ok := strings.Cut(rest, ":")
	if !ok {
		return TokenParts{}, false
	}
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != version {
		return TokenParts{}, false
	}
	random, owner, ok := strings.Cut(rest, ":")
	if !ok || len(random) != tokenRandom || checkOwner(owner) != nil {
		return TokenParts{}, false
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(random); err != nil {
		return TokenParts{}, false
	}
	return TokenParts{Version: n, Owner: owner}, true
}

// Fingerprint names a token without giving it away: the first 8 hexadecimal
// digits of its SHA-256.
func Fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:4])
}
