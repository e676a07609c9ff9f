package target

import (
	"strconv"
	"strings"
	"sync"
)

// Slots is how many slots the keys of a cluster are spread over.
const Slots = 16384

// Slot returns the slot of a key in a cluster: a checksum of its hash tag, which
// is what stands between the first { and the next }, or of the whole key where
// there is none.
func Slot(key string) int {
	if _, after, found := strings.Cut(key, "{"); found {
		if tag, _, closed := strings.Cut(after, "}"); closed && tag != "" {
			key = tag
		}
	}
	return int(crc16(key)) % Slots
}

// crc16 is the checksum CRC-16/XMODEM.
func crc16(s string) uint16 {
	crc := uint16(0)
	for i := range len(s) {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^s[i]]
	}
	return crc
}

var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
		table[i] = crc
	}
	return table
}()

// Tag returns a short hash tag, without braces, whose slot is the given one, so
// that a key can be put where the keys of a slot are.
func Tag(slot int) string { return tags()[slot] }

// tags are the tags of all slots: for each the first number, written short, that
// falls into it.
var tags = sync.OnceValue(func() *[Slots]string {
	var table [Slots]string
	for n, found := uint64(0), 0; found < Slots; n++ {
		tag := strconv.FormatUint(n, 36)
		if slot := crc16(tag) % Slots; table[slot] == "" {
			table[slot] = tag
			found++
		}
	}
	return &table
})
