package views

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// rfc3339Millis is the form of times in attributes, the same as in the API.
const rfc3339Millis = "2006-01-02T15:04:05.000Z07:00"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(rfc3339Millis)
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// cleanName is how a script finds the row of a name: the name itself in data-name,
// or its base64 in data-name-b64 where the name does not travel as it is.
func (l Lock) cleanName() string {
	if !Clean(l.Name) {
		return ""
	}
	return l.Name
}

func (l Lock) nameB64() string {
	if Clean(l.Name) {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(l.Name))
}

// deadline is what a row counts down to: the end of the holder's quorum, or
// where nobody holds the lock, the end of the last token that is in the way.
// It is zero when that never ends.
func (l Lock) deadline() time.Time {
	switch l.State {
	case "held", "expiring", "free":
		return l.ExpiresAt
	}
	if l.has("no-expiry") {
		return time.Time{}
	}
	var last time.Time
	for _, vote := range l.Votes {
		if vote.ExpiresAt.After(last) {
			last = vote.ExpiresAt
		}
	}
	return last
}

// left is the text of the countdown.
func (l Lock) left(now time.Time) string {
	end := l.deadline()
	switch {
	case l.State == "" || l.State == "free" || l.Holder.Fingerprint == "":
		return dash
	case end.IsZero():
		return "no expiry"
	}
	return Remaining(end.Sub(now))
}

// still is true where there is nothing to count down.
func (l Lock) still() bool { return l.deadline().IsZero() }

// fill is how full the countdown's bar is; longest is the longest allowed lease.
func (l Lock) fill(now time.Time, longest time.Duration) string {
	end := l.deadline()
	if end.IsZero() {
		return "0"
	}
	left, held := end.Sub(now), time.Duration(-1)
	if !l.Holder.Since.IsZero() {
		held = max(now.Sub(l.Holder.Since), 0)
	}
	return strconv.Itoa(Fill(left, Span(left, held, longest)))
}

func (l Lock) has(flag string) bool {
	for _, f := range l.Flags {
		if f == flag {
			return true
		}
	}
	return false
}

// words are who holds a lock: the owner for one of ours, and for others the
// library, as far as it is sure, and what tells the holder from others.
func (h Holder) words() string {
	if h.Fingerprint == "" {
		return cmp.Or(h.Owner, dash)
	}
	if h.Owner != "" && (h.Library == "" || h.Library == "lockscope") {
		return h.Owner
	}
	return h.library() + " · " + cmp.Or(h.Owner, h.machine(), h.Fingerprint)
}

// library is whose lock it is, in words that say how sure that is.
func (h Holder) library() string {
	switch {
	case h.Library == "":
		return "unknown client"
	case h.Library == "lockscope" || h.Confidence == "certain":
		return h.Library
	case h.Confidence == "ambiguous":
		return "perhaps " + h.Library
	}
	return "probably " + h.Library
}

// machine is where the holder runs, in words.
func (h Holder) machine() string {
	if h.PID == 0 {
		return h.Host
	}
	return h.Host + " pid " + strconv.Itoa(h.PID)
}

// hue is the owner's hue, "foreign" for an unnamed holder, empty for none.
func (h Holder) hue() string {
	switch {
	case h.Owner != "":
		return strconv.Itoa(Hue(h.Owner))
	case h.Fingerprint != "":
		return "foreign"
	}
	return ""
}

func (h Holder) held(state string, now time.Time) string {
	if h.Fingerprint == "" || h.Since.IsZero() || state == "free" || state == "residue" {
		return dash
	}
	return Age(now.Sub(h.Since))
}

// words is how many wait: of observed locks nobody can tell.
func (w Waiters) words(state string) string {
	switch {
	case w.Visible && w.Count > 0:
		return Number(w.Count)
	case w.Visible, state == "free":
		return dash
	}
	return "not visible"
}

// stripName is the accessible name of a vote strip.
func stripName(votes []Vote) string {
	var b strings.Builder
	b.WriteString("votes: ")
	for i, vote := range votes {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(vote.Node + " " + vote.Vote)
		if vote.Reason != "" {
			b.WriteString(" (" + VisibleText(vote.Reason) + ")")
		}
	}
	return b.String()
}

// title is what a cell of a vote strip says to a pointer that rests on it.
func (v Vote) title() string {
	if v.Reason == "" {
		return v.Node + ": " + v.Vote
	}
	return v.Node + ": " + v.Vote + " · " + VisibleText(v.Reason)
}

// voteMeaning explains the words of Votes.
var voteMeaning = map[string]string{
	"granted":     "the node holds the holder’s token",
	"other":       "it holds somebody else’s token",
	"free":        "it holds nothing under this name",
	"down":        "it cannot be reached",
	"timeout":     "it did not answer in time",
	"amnesia":     "it lost its memory meanwhile: this vote is lost",
	"quarantined": "it lost its memory lately and may not vote yet",
	"unknown":     "it has said neither yes nor no",
}

// blank is a row without content for the template that scripts clone.
func (d LocksData) blank() Lock {
	return Lock{Votes: blankVotes(d.Nodes)}
}

// ttlPicks are the lengths of a lease that one press chooses.
func (t Terms) ttlPicks() []string {
	var picks []string
	for _, ttl := range []time.Duration{5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute} {
		if t.MaxTTL <= 0 || ttl <= t.MaxTTL {
			picks = append(picks, Whole(ttl))
		}
	}
	return picks
}

// namePrefix is what the names of the first watched pattern begin with, such as
// "lock:" for "lock:*".
func (t Terms) namePrefix() string {
	if len(t.Watch) == 0 {
		return ""
	}
	prefix, _, _ := strings.Cut(t.Watch[0], "*")
	if i := strings.IndexAny(prefix, `?[\`); i >= 0 {
		prefix = prefix[:i]
	}
	return prefix
}

func (d LocksData) hasFence() bool {
	for _, lock := range d.Rows {
		if lock.Fence != 0 {
			return true
		}
	}
	return false
}

func (d LocksData) hasWaiters() bool {
	for _, lock := range d.Rows {
		if lock.Waiters.Visible {
			return true
		}
	}
	return false
}

// danger is true for environments whose badge has to be red.
func (p Page) danger() bool {
	name := strings.ToLower(p.Environment)
	return strings.HasPrefix(name, "prod") || strings.HasPrefix(name, "live")
}
