package views

import "time"

// utcWords is a time in full, for whoever compares it with a log.
func utcWords(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }

// clockWords is a time for a reader whose place is not known, with its day where
// that is not today.
func clockWords(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05 UTC")
	}
	return t.Format("2006-01-02 15:04 UTC")
}
