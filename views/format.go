package views

import (
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"
)

// thin is the space between a number and its unit: narrow and not breaking.
const thin = "\u202f"

// dash stands where there is nothing to show.
const dash = "—"

// Remaining writes how long something still lasts, such as "8.4 s", "1 m 05 s"
// or "3 h 12 m". What is over lasts "0.0 s".
func Remaining(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		tenths := d / (100 * time.Millisecond)
		return strconv.Itoa(int(tenths/10)) + "." + strconv.Itoa(int(tenths%10)) + thin + "s"
	case d < time.Hour:
		return parts(d/time.Minute, "m", d/time.Second%60, "s")
	case d < 24*time.Hour:
		return parts(d/time.Hour, "h", d/time.Minute%60, "m")
	}
	return parts(d/(24*time.Hour), "d", d/time.Hour%24, "h")
}

func parts(big time.Duration, bigUnit string, small time.Duration, smallUnit string) string {
	s := strconv.Itoa(int(small))
	if small < 10 {
		s = "0" + s
	}
	return strconv.Itoa(int(big)) + thin + bigUnit + " " + s + thin + smallUnit
}

// Wait writes how long to wait for something in whole seconds, such as "27 s"
// or "1 m 05 s". What is not over lasts a second at least.
func Wait(d time.Duration) string {
	seconds := (max(d, 0) + time.Second - 1) / time.Second
	if seconds < 60 {
		return strconv.Itoa(int(seconds)) + thin + "s"
	}
	return Remaining(seconds * time.Second)
}

// Age writes how long something has lasted, in its largest unit: "0.3 s",
// "42 s", "4 m", "3 h", "12 d".
func Age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Second:
		return "0." + strconv.Itoa(int(d/(100*time.Millisecond))) + thin + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + thin + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + thin + "m"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + thin + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + thin + "d"
}

// RoundTrip writes a round trip, such as "310 µs", "1.9 ms" or "48 ms".
func RoundTrip(d time.Duration) string {
	switch {
	case d <= 0:
		return dash
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + thin + "µs"
	case d < 10*time.Millisecond:
		tenths := d / (100 * time.Microsecond)
		return strconv.Itoa(int(tenths/10)) + "." + strconv.Itoa(int(tenths%10)) + thin + "ms"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + thin + "ms"
}

// Whole writes a length as a person types it, such as "10s", "60s" or "5m".
func Whole(d time.Duration) string {
	if d <= 2*time.Minute && d%time.Second == 0 {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// Fence writes a fencing token in groups of three digits, "—" for none.
func Fence(n int64) string {
	if n == 0 {
		return dash
	}
	return group(n, thin)
}

// Number writes a count with commas, such as "1,284".
func Number(n int) string { return group(int64(n), ",") }

func group(n int64, sep string) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// hues is the number of hues for owners; css/tokens.css has a rule for each.
const hues = 24

// Hue gives an owner its hue, the same everywhere: 0 to 23.
func Hue(owner string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(owner))
	return int(sum.Sum32() % hues)
}

// spans are usual lengths of leases.
var spans = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
	5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// clockSlack is by how much clocks may differ before a lease of ten seconds
// seems to be one of thirty.
const clockSlack = 250 * time.Millisecond

// Span is the length that a lease is taken to have when left of it remains and
// it has been held for some time, negative when that is not known. Within the
// longest allowed lease the two make the whole; a longer hold was extended, and
// the smallest of spans that is long enough has to do.
func Span(left, held, longest time.Duration) time.Duration {
	if held >= 0 && left+held <= longest+clockSlack {
		return left + held
	}
	for _, s := range spans {
		if s+clockSlack >= left {
			return s
		}
	}
	return left
}

// Fill is how full a countdown's bar is, in steps of 5 from 0 to 100.
func Fill(left, span time.Duration) int {
	if left <= 0 {
		return 0
	}
	if left >= span {
		return 100
	}
	return 5 * int(math.Ceil(20*float64(left)/float64(span)))
}
