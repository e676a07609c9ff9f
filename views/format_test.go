package views

import (
	"strings"
	"testing"
	"time"
)

// plainSpaces makes the narrow spaces of numbers readable in a test.
func plainSpaces(s string) string { return strings.ReplaceAll(s, thin, " ") }

func TestDurationsAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got, want string
	}{
		{Remaining(-time.Second), "0.0 s"},
		{Remaining(8449 * time.Millisecond), "8.4 s"},
		{Remaining(59999 * time.Millisecond), "59.9 s"},
		{Remaining(65 * time.Second), "1 m 05 s"},
		{Remaining(3*time.Hour + 12*time.Minute), "3 h 12 m"},
		{Remaining(49 * time.Hour), "2 d 01 h"},
		{Wait(-time.Second), "0 s"},
		{Wait(time.Millisecond), "1 s"},
		{Wait(26001 * time.Millisecond), "27 s"},
		{Wait(59001 * time.Millisecond), "1 m 00 s"},
		{Age(-time.Second), "0.0 s"},
		{Age(300 * time.Millisecond), "0.3 s"},
		{Age(42 * time.Second), "42 s"},
		{Age(4*time.Minute + 59*time.Second), "4 m"},
		{Age(3 * time.Hour), "3 h"},
		{Age(12 * 24 * time.Hour), "12 d"},
		{RoundTrip(0), "—"},
		{RoundTrip(310 * time.Microsecond), "310 µs"},
		{RoundTrip(1949 * time.Microsecond), "1.9 ms"},
		{RoundTrip(48 * time.Millisecond), "48 ms"},
		{Whole(10 * time.Second), "10s"},
		{Whole(time.Minute), "60s"},
		{Whole(90 * time.Second), "90s"},
		{Whole(5 * time.Minute), "5m"},
		{Whole(2 * time.Hour), "2h"},
		{Whole(1500 * time.Millisecond), "1.5s"},
	} {
		if got := plainSpaces(c.got); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestNumbersAreGroupedByThousands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got, want string
	}{
		{Fence(0), "—"},
		{Fence(7), "7"},
		{Fence(1795402113), "1 795 402 113"},
		{Number(0), "0"},
		{Number(999), "999"},
		{Number(1284), "1,284"},
		{Number(-1234567), "-1,234,567"},
	} {
		if got := plainSpaces(c.got); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestTheBarIsDrawnAgainstTheWholeLease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		left, held, longest time.Duration
		want                int
	}{
		{"a lease never extended is left plus held", 8 * time.Second, 2 * time.Second, time.Minute, 80},
		{"a long hold is measured against a usual length", 8 * time.Second, time.Hour, time.Minute, 80},
		{"a hold of unknown length too", 24 * time.Second, -1, time.Minute, 80},
		{"a lease just taken is full", 10100 * time.Millisecond, 0, time.Minute, 100},
		{"clocks that differ a little do not change a length", 10100 * time.Millisecond, -1, time.Minute, 100},
		{"a lease longer than any usual one is full", 48 * time.Hour, -1, time.Minute, 100},
		{"what is over is empty", -time.Second, 0, time.Minute, 0},
		{"the last moment is not empty", time.Millisecond, 9 * time.Second, time.Minute, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Fill(c.left, Span(c.left, c.held, c.longest)); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestAnOwnerHasTheSameHueEverywhere(t *testing.T) {
	t.Parallel()
	// FNV-1a of "a" is 0xe40c292c; the browser computes the same.
	if got, want := Hue("a"), int(uint32(0xe40c292c)%24); got != want {
		t.Errorf("Hue(a) = %d, want %d", got, want)
	}
}

func TestShellCommandsQuoteWhatAShellWouldRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"lock:demo":   "lock:demo",
		"a b":         "'a b'",
		"a;rm -rf ~":  "'a;rm -rf ~'",
		"it's":        `'it'\''s'`,
		"":            "''",
		"a\nb":        `$'a\x0ab'`,
		"a\xff'":      `$'a\xff\x27'`,
		"lock:$(x)":   "'lock:$(x)'",
		"back\\slash": `'back\slash'`,
	} {
		if got := shellQuote(text); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", text, got, want)
		}
	}
}
