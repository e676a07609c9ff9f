package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/views"
	"github.com/lockscope/lockscope/watcher"
)

// pageEvents is how many events are rendered. Scripts and exports get more.
const pageEvents = 200

// activityPage shows what happened. An address that somebody mistyped shows what
// can be shown of it.
func (s *Server) activityPage(c echo.Context) error {
	query := views.EventQuery{Text: pageText(c, "q"), Owner: pageText(c, "owner")}
	filter := eventFilter{owner: query.Owner, text: strings.ToLower(query.Text)}
	if name, _, err := nameOf(c.QueryParam("name"), c.QueryParam("nameB64")); err == nil {
		query.Name, filter.name = name, name
	}
	if kinds, ok := parseKinds(c.QueryParam("kind")); ok {
		query.Kind, filter.kinds = c.QueryParam("kind"), kinds
	}
	happened := s.events(filter, 0, pageEvents, true)
	d := views.ActivityData{
		Page: s.page("Activity", "activity"), Cluster: s.cluster(), Query: query,
		Events: viewEvents(happened.events), After: happened.next, Epoch: s.board.Epoch(),
	}
	if happened.gap != nil && len(d.Events) < pageEvents {
		d.Gap = happened.gap.Count
	}
	return s.render(c, http.StatusOK, views.Activity(d))
}

// pageText is a parameter of the address, empty when it is too long.
func pageText(c echo.Context, name string) string {
	if text := c.QueryParam(name); len(text) <= maxSearch {
		return text
	}
	return ""
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
