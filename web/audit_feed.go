package web

import (
	"slices"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/lockscope/lockscope/internal/journal"
)

// An auditFilter selects entries of the journal. The zero value selects all.
type auditFilter struct {
	actions      []string
	name         string
	actor, owner string
	text         string // in lower case
}

// parseActions reads actions with commas between. It reports false for one that
// does not exist.
func parseActions(list string) (wanted []string, ok bool) {
	if list == "" {
		return nil, true
	}
	for action := range strings.SplitSeq(list, ",") {
		if !slices.Contains(actions, action) {
			return nil, false
		}
		wanted = append(wanted, action)
	}
	return wanted, true
}

// selects reports whether the filter lets an entry through.
func (f *auditFilter) selects(e *journal.Entry) bool {
	return (len(f.actions) == 0 || slices.Contains(f.actions, e.Action)) &&
		(f.name == "" || string(e.Name) == f.name) && (f.actor == "" || e.Actor == f.actor) &&
		(f.owner == "" || e.Owner == f.owner) && (f.text == "" || f.mentions(e))
}

// mentions reports whether an entry holds the text.
func (f *auditFilter) mentions(e *journal.Entry) bool {
	return slices.ContainsFunc([]string{string(e.Name), e.Actor, e.Owner, e.Address, e.Node, e.Expected, e.Found, e.Reason, e.Note, e.Outcome}, func(s string) bool {
		return strings.Contains(strings.ToLower(s), f.text)
	})
}

// An auditFeed is the entries of the journal that a client follows.
type auditFeed struct {
	id     string
	filter auditFilter
	after  uint64 // the last entry that it is past
}

var _ follower = (*auditFeed)(nil)

// newAuditFeed returns the feed that a checked frame asks for. Another epoch of
// the journal numbers its entries otherwise; then all that there are come.
func newAuditFeed(frame *clientFrame, j *journal.Journal) *auditFeed {
	wanted, _ := parseActions(frame.Kind)
	f := &auditFeed{id: frame.ID, filter: auditFilter{
		actions: wanted, name: frame.Name, actor: frame.Actor, owner: frame.Owner, text: strings.ToLower(frame.Q),
	}}
	switch {
	case frame.After == nil:
		f.after = j.Last()
	case frame.Epoch == "" || frame.Epoch == j.Epoch():
		f.after = *frame.After
	}
	return f
}

func (f *auditFeed) watchID() string { return f.id }

func (f *auditFeed) frames(h *hub, seq uint64) (frames []*websocket.PreparedMessage, more bool) {
	page := h.journal.Page(f.after, feedStep)
	if page.Missed > 0 {
		first := page.Next - uint64(len(page.Entries)) - page.Missed + 1
		b := frameHead("gap", h.board.Epoch(), seq)
		b = appendField(b, "id", f.id)
		b = appendField(b, "after", first+page.Missed-1)
		b = appendField(b, "epoch", h.journal.Epoch())
		b = appendField(b, "from", first)
		b = appendField(b, "to", first+page.Missed-1)
		b = appendField(b, "count", page.Missed)
		frames = append(frames, prepare(append(b, '}')))
	}
	f.after = page.Next
	var found []AuditEntry
	for _, e := range page.Entries {
		if f.filter.selects(e) {
			found = append(found, toAuditEntry(e))
		}
	}
	if len(found) > 0 {
		b := frameHead("audit", h.board.Epoch(), seq)
		b = appendField(b, "id", f.id)
		b = appendField(b, "after", f.after)
		b = appendField(b, "epoch", h.journal.Epoch())
		b = appendField(b, "entries", found)
		frames = append(frames, prepare(append(b, '}')))
	}
	return frames, page.Next < page.Last
}
