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
//	<nonce>:<admitted at, ms of the node's clock>[:admitted]
//
// A node that comes back without it, or with another, has forgotten locks. The
// time says from when on its votes count again, for every engine that reads it.
// The last word says that somebody decided so by hand.
func newMarker(admittedAt time.Time, byHand bool) string {
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails, see crypto/rand
	marker := hex.EncodeToString(nonce[:]) + ":" + strconv.FormatInt(admittedAt.UnixMilli(), 10)
	if byHand {
		marker += markedByHand
	}
	return marker
}

const markedByHand = ":admitted"

// parseMarker returns from when on the node votes, by its own clock, and
// whether somebody decided so by hand.
func parseMarker(marker string) (admittedAt time.Time, byHand, ok bool) {
	marker, byHand = strings.CutSuffix(marker, markedByHand)
	nonce, at, found := strings.Cut(marker, ":")
	if !found || nonce == "" {
		return time.Time{}, false, false
	}
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return time.Time{}, false, false
	}
	return time.UnixMilli(ms), byHand, true
}
