package views

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// An attempt is how it went to take a lock: what each node said, and when. The
// same is made in static/js/attempt.js.
type attempt struct {
	votes []Vote
	// slowest is the round trip of the last answer, and quorum when a quorum
	// had said yes, 0 where that is not known.
	slowest, quorum time.Duration
}

// attempt returns the attempt that took the lock, nil where its times are not
// known: they are of locks that were taken through this program.
func (l Lock) attempt(quorum int) *attempt {
	if !l.Holder.Managed || l.Holder.Fingerprint == "" {
		return nil
	}
	a := &attempt{votes: l.Votes}
	var granted []time.Duration
	for _, v := range l.Votes {
		a.slowest = max(a.slowest, v.RTT)
		if v.said() == "granted" {
			granted = append(granted, v.RTT)
		}
	}
	if a.slowest == 0 {
		return nil
	}
	if slices.Sort(granted); len(granted) >= quorum {
		a.quorum = granted[quorum-1]
	}
	return a
}

// vote is what a node said, nil for a lock without an attempt.
func (a *attempt) vote(node string) *Vote {
	if a == nil {
		return nil
	}
	if at := slices.IndexFunc(a.votes, func(v Vote) bool { return v.Node == node }); at >= 0 {
		return &a.votes[at]
	}
	return nil
}

// part is where a moment of the attempt is on its scale, in steps of 5 from 0 to
// 100. What never came is at the end.
func (a *attempt) part(at time.Duration) string {
	if at == 0 {
		return "100"
	}
	return strconv.Itoa(Fill(at, a.slowest))
}

// said is what to make of what a node said in the attempt: "granted"; "other";
// "uncounted" for a vote that does not count; "unclear" for an answer that is
// neither yes nor no; "silent" for none.
func (v Vote) said() string {
	switch {
	case v.Said == "granted" || v.Said == "other":
		return v.Said
	case v.Said == "amnesia" || v.Said == "quarantined":
		return "uncounted"
	case v.RTT > 0:
		return "unclear"
	}
	return "silent"
}

// saidWords is the same in words: "granted · 310 µs".
func (v Vote) saidWords() string {
	time := ""
	if v.RTT > 0 {
		time = " · " + RoundTrip(v.RTT)
	}
	switch said := v.said(); said {
	case "granted", "other":
		return said + time
	case "unclear":
		return "no clear answer" + v.saidWhy("") + time
	case "silent":
		return "no answer"
	}
	return "not counted" + v.saidWhy(": it lost its memory") + time
}

// saidWhy is the first part of the reason: the others go on about what follows.
func (v Vote) saidWhy(orElse string) string {
	first, _, _ := strings.Cut(v.SaidReason, ": this vote ")
	first, _, _ = strings.Cut(first, ": sits out ")
	if first == "" {
		return orElse
	}
	return ": " + VisibleText(first)
}

// end is the end of the scale in words.
func (a *attempt) end() string {
	if a == nil {
		return ""
	}
	return RoundTrip(a.slowest)
}
