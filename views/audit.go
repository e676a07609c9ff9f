package views

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// An AuditEntry is one command, and what came of it.
type AuditEntry struct {
	At time.Time
	// Action is one of the kinds of the group "commands", and Outcome "done" or the
	// code of the refusal.
	Action, Outcome string
	// Actor is who gave the command, and Address where it came from.
	Actor, Address string
	// Owner is as whom the lock was asked for, or who it was taken from.
	Owner string
	// Name is the lock's, empty for what is about a node; Node is its id.
	Name, Node string
	// Found is the token that was there instead of the one expected.
	Found string
	// Results are what each node said, in one word each.
	Results []string
	// Reason and Note are what people wrote, Detail says more of a refusal.
	Reason, Note, Detail string
}

// A Line is what stands in one line of a feed: an event, or an entry of the audit.
type Line struct {
	Event *Event
	Entry *AuditEntry
}

// at is when it was.
func (l Line) at() time.Time {
	if l.Entry != nil {
		return l.Entry.At
	}
	return l.Event.At
}

// done reports whether the command did what was wanted.
func (e AuditEntry) done() bool { return e.Outcome == "done" || e.Outcome == "" }

// outcomeWords are what came of the command.
func (e AuditEntry) outcomeWords() string {
	switch {
	case !e.done():
		words := "refused: " + strings.ReplaceAll(VisibleText(e.Outcome), "_", " ")
		if e.Found != "" {
			words += " (" + VisibleText(e.Found) + ")"
		}
		return words
	case e.Action == "force-release" && len(e.Results) > 0:
		deleted := 0
		for _, r := range e.Results {
			if r == "deleted" {
				deleted++
			}
		}
		return fmt.Sprintf("deleted on %d of %d nodes", deleted, len(e.Results))
	}
	return "done"
}

// ownerWords are whose lock it is about.
func (e AuditEntry) ownerWords() string {
	switch {
	case e.Owner == "" || e.Owner == e.Actor:
		return ""
	case e.Action == "force-release":
		return "taken from " + VisibleText(e.Owner)
	}
	return "as " + VisibleText(e.Owner)
}

// detail says more of an entry in words.
func (e AuditEntry) detail() string {
	words := []string{e.outcomeWords()}
	if e.Reason != "" {
		words = append(words, "“"+VisibleText(e.Reason)+"”")
	}
	if e.Note != "" {
		words = append(words, "note “"+VisibleText(e.Note)+"”")
	}
	words = append(words, e.ownerWords())
	if e.Address != "" {
		words = append(words, "from "+VisibleText(e.Address))
	}
	return join(words...)
}

// A JournalState is how the journal of the audit is.
type JournalState struct {
	// Away says why it cannot be written, empty while it can.
	Away string
	// Waiting is how many entries wait in memory.
	Waiting int
}

// actorHref is the Activity page of one who gives commands.
func (p Page) actorHref(actor string) string {
	return p.Base + "/activity?" + url.Values{"actor": {actor}}.Encode()
}
