package views

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// LockData is what the page of one lock shows.
type LockData struct {
	Page
	Cluster
	Terms
	// Lock is how it is now. When nothing is known of the name it is free, and
	// Known is false.
	Lock  Lock
	Known bool
	// History are its holders, the present or last one first.
	History []Hold
	// Events are what happened to it, the last first, and After the number of
	// the last event of all in Epoch.
	Events []Event
	After  uint64
	Epoch  string
	// Audit is who did what with it, the last first, and AuditAfter the number of
	// the last entry of all in AuditEpoch.
	Audit      []AuditEntry
	AuditAfter uint64
	AuditEpoch string
	Journal    JournalState
}

// auditHref is the Activity page of the commands about the lock.
func (d LockData) auditHref() string {
	query := EventQuery{Name: d.Lock.Name, Kind: EventGroups[len(EventGroups)-1].query()}
	return d.Base + "/activity?" + query.values().Encode()
}

// A Hold is one holder of a lock, present or past.
type Hold struct {
	Owner, Fingerprint, Library string
	Managed                     bool
	// Fence is the fencing token, 0 when it is not known.
	Fence int64
	// From is when it was taken and To when it ended, zero while it lasts.
	From, To time.Time
	// How is how it ended, such as "released"; empty while it lasts.
	How string
	// Extensions is how often its lease was made longer.
	Extensions int
}

// holder is the holder in the words of the table.
func (h Hold) holder() Holder {
	return Holder{Owner: h.Owner, Fingerprint: h.Fingerprint, Library: h.Library, Managed: h.Managed}
}

// howWords is how a hold ended.
func (h Hold) howWords() string {
	switch {
	case h.To.IsZero():
		return "holds it"
	case h.How == "" || h.How == "unknown":
		return "ended, not seen how"
	}
	return h.How
}

// lasted is for how long it was held.
func (h Hold) lasted(now time.Time) string {
	if h.From.IsZero() {
		return dash
	}
	end := h.To
	if end.IsZero() {
		end = now
	}
	return Age(end.Sub(h.From))
}

// fell reports whether the fence of a hold is not above that of one before it.
func (d LockData) fell(index int) bool {
	fence := d.History[index].Fence
	if fence == 0 {
		return false
	}
	for _, before := range d.History[index+1:] {
		if before.Fence >= fence {
			return true
		}
	}
	return false
}

// extended says how often a lease was made longer.
func (h Hold) extended() string {
	if h.Extensions == 0 {
		return dash
	}
	return Number(h.Extensions) + "×"
}

// LockHref is the address of the page of a lock.
func (p Page) LockHref(name string) string {
	if l := (Lock{Name: name}); !Clean(name) {
		return p.Base + "/lock?nameB64=" + url.QueryEscape(l.nameB64())
	}
	return p.Base + "/lock?name=" + url.QueryEscape(name)
}

// why says what follows from the votes of a lock that nobody holds.
func (l Lock) why(quorum int) string {
	yes := 0
	for _, v := range l.Votes {
		if v.Vote == "granted" {
			yes++
		}
	}
	said := strconv.Itoa(yes) + " of " + strconv.Itoa(len(l.Votes))
	switch l.State {
	case "contested":
		return "Split: the largest share is " + said + " votes and " + strconv.Itoa(quorum) + " are needed. Nobody holds it."
	case "residue":
		return "Left over on " + said + " nodes, fewer than the quorum of " + strconv.Itoa(quorum) + ". Nobody holds it."
	case "unknown":
		return "Too many nodes do not answer to tell whether it is held."
	case "free":
		return "No node holds a key of this name."
	}
	return ""
}

// flagWords are the warnings in words.
var flagWords = map[string]string{
	"no-expiry":     "a key without expiry: it stays until somebody deletes it",
	"tokens-differ": "the nodes hold different tokens",
	"ttls-differ":   "the nodes’ expiries differ by more than the clock drift",
	"fence-back":    "its fence is not above that of a holder before",
	"overlap":       "two holders at the same time: the second took it while the first may still believe that it has it",
}

// warnings are the lock's flags in words.
func (l Lock) warnings() []string {
	words := make([]string, len(l.Flags))
	for i, flag := range l.Flags {
		words[i] = cmp.Or(flagWords[flag], VisibleText(flag))
	}
	return words
}

// modeWords says how a lock is held.
func (h Holder) modeWords() string {
	switch h.Mode {
	case "read":
		return "read by " + Number(h.Readers)
	case "write":
		return "held for writing"
	case "waiting":
		return "a writer waits for the readers to leave"
	case "semaphore":
		if h.Readers == 0 {
			return "a semaphore without permits left"
		}
		return "a semaphore with " + Number(h.Readers) + " of its permits taken"
	case "integer":
		return "a number, perhaps a counter and no lock"
	}
	return VisibleText(h.Mode)
}

// through is who took the lock.
func (h Holder) through() string {
	switch {
	case h.Fingerprint == "":
		return ""
	case h.Managed:
		return "this dashboard"
	case h.Library == "":
		return "an unknown client"
	}
	return VisibleText(h.library())
}

// queue says who waits, and for how long the first does.
func (l Lock) queue(now time.Time) string {
	w := l.Waiters
	switch {
	case !w.Visible && l.State == "free":
		return dash
	case !w.Visible:
		return "not visible: other clients’ queues are not in Redis"
	case w.Count == 0:
		return "nobody"
	}
	words := Number(w.Count) + " waiting"
	if !w.OldestSince.IsZero() {
		words += ", the first for " + Age(now.Sub(w.OldestSince))
	}
	if len(w.Who) > 0 {
		words += ": " + VisibleText(strings.Join(w.Who, ", "))
		if len(w.Who) < w.Count {
			words += ", …"
		}
	}
	return words
}

// held reports whether somebody has a quorum.
func (l Lock) held() bool { return l.State == "held" || l.State == "expiring" }

// ends is how long the key of a vote still lives.
func (v Vote) ends(now time.Time) string {
	switch {
	case v.Fingerprint == "":
		return ""
	case v.ExpiresAt.IsZero():
		return "no expiry"
	}
	return Remaining(v.ExpiresAt.Sub(now))
}

// sinceWords is for how long the lock has been held.
func (l Lock) sinceWords(now time.Time) string {
	if held := l.Holder.held(l.State, now); held != dash {
		return "for " + held
	}
	return ""
}

// tokenWords is the fingerprint of a vote's token.
func (v Vote) tokenWords() string { return cmp.Or(v.Fingerprint, dash) }

// token is the fingerprint of the holder's token.
func (l Lock) token() string { return l.Holder.Fingerprint }

// quiet reports whether there is nothing to tell of a lock: nobody holds it or
// waits for it.
func (l Lock) quiet() bool { return l.Holder.Fingerprint == "" && l.Waiters.Count == 0 }

// holdsWords is how often the holder has taken the lock.
func (h Holder) holdsWords() string {
	switch h.Holds {
	case 0:
		return ""
	case 1:
		return "once by its holder"
	}
	return Number(h.Holds) + " times by its holder"
}

// saidOf is what a node said when the lock was taken, where that is known.
func (l Lock) saidOf(v Vote) string {
	if !l.Holder.Managed || v.Said == "" {
		return dash
	}
	return v.Said
}

// activityHref is the Activity page of this lock alone.
func (d LockData) activityHref() string {
	if !Clean(d.Lock.Name) {
		return d.Base + "/activity?nameB64=" + url.QueryEscape(d.Lock.nameB64())
	}
	return d.Base + "/activity?name=" + url.QueryEscape(d.Lock.Name)
}

// blankVotes are votes of which nothing is known.
func blankVotes(nodes []Node) []Vote {
	votes := make([]Vote, len(nodes))
	for i, node := range nodes {
		votes[i] = Vote{Node: node.ID, Vote: "unknown"}
	}
	return votes
}
