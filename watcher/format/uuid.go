package format

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"time"
)

// uuidLength is the length of a UUID with its hyphens, hexLength without them.
const (
	uuidLength = 36
	hexLength  = 32
)

// A uuid is the 16 bytes of one.
type uuid [16]byte

// parseUUID reads a UUID in lower case with hyphens.
func parseUUID(s string) (uuid, bool) {
	if len(s) != uuidLength || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return uuid{}, false
	}
	return parseHex(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
}

// parseHex reads 32 hexadecimal digits in lower case.
func parseHex(s string) (id uuid, ok bool) {
	if len(s) != hexLength || !each(s, isLowerHex) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// version returns the version of a UUID of the usual variant, 0 for others.
func (id uuid) version() int {
	if id[8]&0xc0 != 0x80 {
		return 0
	}
	return int(id[6] >> 4)
}

// parse reads the UUID that the value may be.
func (v *Value) parse() {
	ok := false
	switch len(v.Text) {
	case uuidLength:
		v.id, ok = parseUUID(v.Text)
	case hexLength:
		v.id, ok = parseHex(v.Text)
		v.isHex = ok
	}
	if ok {
		v.version = v.id.version()
	}
}

// gregorian is when the time of UUIDs begins, in 100 ns before 1970.
const gregorian = 0x01b21dd213814000

// time returns when a UUID of version 1 was made, to the millisecond: all of it
// would be most of what keeps the UUID a secret.
func (id uuid) time() time.Time {
	ticks := uint64(binary.BigEndian.Uint16(id[6:])&0x0fff)<<48 |
		uint64(binary.BigEndian.Uint16(id[4:]))<<32 | uint64(binary.BigEndian.Uint32(id[:]))
	return time.UnixMilli((int64(ticks) - gregorian) / 10_000)
}

// mac returns the address of the network card in a UUID of version 1.
func (id uuid) mac() string { return net.HardwareAddr(id[10:]).String() }

// A time that a lock can be from. Random bits are rarely a time in this range.
var (
	earliest = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

func plausible(t time.Time) bool { return t.After(earliest) && t.Before(latest) }

// each reports whether all bytes of s are of a kind.
func each(s string, kind func(byte) bool) bool {
	for i := range len(s) {
		if !kind(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(b byte) bool    { return '0' <= b && b <= '9' }
func isLower(b byte) bool    { return 'a' <= b && b <= 'z' }
func isUpper(b byte) bool    { return 'A' <= b && b <= 'Z' }
func isLowerHex(b byte) bool { return isDigit(b) || 'a' <= b && b <= 'f' }
func isAlnum(b byte) bool    { return isDigit(b) || isLower(b) || isUpper(b) }

// isInteger reports whether s is a whole number as Redis counts.
func isInteger(s string) bool {
	if len(s) > 1 && s[0] == '-' {
		s = s[1:]
	}
	return 0 < len(s) && len(s) <= 19 && each(s, isDigit)
}
