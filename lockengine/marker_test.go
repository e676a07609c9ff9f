package lockengine

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAMarkerTellsWhenTheNodeVotes(t *testing.T) {
	seen := make(map[string]bool)
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "ms"))
		byHand := at.UnixMilli()%2 == 0
		marker := newMarker(at, byHand)
		if got, hand, ok := parseMarker(marker); !ok || !got.Equal(at) || hand != byHand {
			t.Fatalf("%q was read as %s, %v", marker, got, ok)
		}
		if seen[marker] {
			t.Fatalf("%q was made twice", marker)
		}
		seen[marker] = true
	})
}

func TestValuesOfOthersAreNotOurMarkers(t *testing.T) {
	for _, value := range []string{"", ":", "a", ":5", "a:", "a:b", "a:5:6", "a: 5", "a:99999999999999999999"} {
		if at, _, ok := parseMarker(value); ok {
			t.Errorf("%q was read as %s", value, at)
		}
	}
}

func FuzzParseMarker(f *testing.F) {
	f.Add("0011223344556677:1795402113000")
	f.Add("a:-5")
	f.Add(":")
	f.Fuzz(func(t *testing.T, value string) {
		at, byHand, ok := parseMarker(value)
		if !ok {
			return
		}
		if again, hand, ok := parseMarker("x:" + newMarker(at, byHand)[len("0011223344556677:"):]); !ok || !again.Equal(at) || hand != byHand {
			t.Errorf("%q was read as %s, which reads as %s", value, at, again)
		}
	})
}
