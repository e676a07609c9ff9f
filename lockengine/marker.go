package lockengine

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// A marker is what stands in a node's memory to tell whether it still has one:
//
//	<nonce>:<admitted at, ms of the node's clock>
//
// A node that comes back without it, or with another, has forgotten locks. The
// time says from when on its votes count again, for every engine that reads it.
func newMarker(admittedAt time.Time) string {
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails, see crypto/rand
	return hex.EncodeToString(nonce[:]) + ":" + strconv.FormatInt(admittedAt.UnixMilli(), 10)
}

// parseMarker returns from when on the node votes, by its own clock.
func parseMarker(marker string) (admittedAt time.Time, ok bool) {
	nonce, at, found := strings.Cut(marker, ":")
	if !found || nonce == "" {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.UnixMilli(ms), true
}
