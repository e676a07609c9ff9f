package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/views"
	"github.com/lockscope/lockscope/watcher"
)

// pageEvents is how many events are rendered. Scripts and exports get more.
const pageEvents = 200

// activityPage shows what happened. An address that somebody mistyped shows what
// can be shown of it.
func (s *Server) activityPage(c echo.Context) error {
	query := views.EventQuery{Text: pageText(c, "q"), Owner: pageText(c, "owner"), Actor: pageText(c, "actor")}
	filter := eventFilter{owner: query.Owner, text: strings.ToLower(query.Text)}
	audited := auditFilter{owner: query.Owner, actor: query.Actor, text: filter.text}
	if name, _, err := nameOf(c.QueryParam("name"), c.QueryParam("nameB64")); err == nil {
		query.Name, filter.name, audited.name = name, name, name
	}
	if kinds, actions, ok := splitKinds(c.QueryParam("kind")); ok {
		query.Kind, filter.kinds, audited.actions = c.QueryParam("kind"), kinds, actions
	}
	d := views.ActivityData{
		Page: s.page("Activity", "activity"), Cluster: s.cluster(), Query: query,
		After: s.board.Activity(0, 0).Last, Epoch: s.board.Epoch(),
		AuditAfter: s.journal.Last(), AuditEpoch: s.journal.Epoch(), Journal: viewJournal(s.journal.Status()),
	}
	events, audit := query.Asks()
	if events {
		happened := s.events(filter, 0, pageEvents, true)
		d.After = happened.next
		for _, e := range viewEvents(happened.events) {
			d.Lines = append(d.Lines, views.Line{Event: &e})
		}
		if happened.gap != nil && len(d.Lines) < pageEvents {
			d.Gap = happened.gap.Count
		}
	}
	if audit {
		found := s.audit(audited, 0, pageEvents, true)
		d.AuditAfter = found.next
		for _, e := range viewAudit(found.entries) {
			d.Lines = append(d.Lines, views.Line{Entry: &e})
		}
	}
	d.Order(pageEvents)
	return s.render(c, http.StatusOK, views.Activity(d))
}

// pageText is a parameter of the address, empty when it is too long.
func pageText(c echo.Context, name string) string {
	if text := c.QueryParam(name); len(text) <= maxSearch {
		return text
	}
	return ""
}

// splitKinds reads kinds of events and actions with commas between. It reports
// false for one that does not exist.
func splitKinds(list string) (kinds []watcher.ActivityKind, wanted []string, ok bool) {
	var ofEvents []string
	for kind := range strings.SplitSeq(list, ",") {
		if slices.Contains(actions, kind) {
			wanted = append(wanted, kind)
		} else {
			ofEvents = append(ofEvents, kind)
		}
	}
	kinds, ok = parseKinds(strings.Join(ofEvents, ","))
	return kinds, wanted, ok
}

// viewAudit are entries of the journal for a page, the last first.
func viewAudit(entries []*journal.Entry) []views.AuditEntry {
	list := make([]views.AuditEntry, 0, len(entries))
	for _, e := range slices.Backward(entries) {
		entry := views.AuditEntry{
			At: e.At, Action: e.Action, Outcome: e.Outcome, Actor: e.Actor, Address: e.Address, Owner: e.Owner,
			Name: string(e.Name), Node: e.Node, Found: e.Found, Reason: e.Reason, Note: e.Note, Detail: e.Detail,
		}
		for _, a := range e.Nodes {
			entry.Results = append(entry.Results, a.Result)
		}
		list = append(list, entry)
	}
	return list
}

func viewJournal(s journal.Status) views.JournalState {
	return views.JournalState{Away: s.Away, Waiting: s.Waiting}
}

// viewEvents are events for a page, the last first.
func viewEvents(events []watcher.Activity) []views.Event {
	list := make([]views.Event, 0, len(events))
	for _, a := range slices.Backward(events) {
		list = append(list, views.Event{
			Seq: a.Seq, At: a.At, Kind: string(a.Kind), Name: a.Name, Node: a.Node, Owner: a.Owner, Fingerprint: a.Fingerprint,
			Library: a.Library, Fence: a.Fence, Managed: a.Managed, Other: a.Other, Held: a.Held, Text: a.Text,
		})
	}
	return list
}
