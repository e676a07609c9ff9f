package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/views"
	"github.com/lockscope/lockscope/watcher"
)

// lockEvents is how many events the page of a lock shows.
const lockEvents = 50

// lockPage shows one lock. A name that nothing is known of has a page, too: it
// is where somebody waits for it.
func (s *Server) lockPage(c echo.Context) error {
	name, given, err := nameOf(c.QueryParam("name"), c.QueryParam("nameB64"))
	switch {
	case err != nil:
		return err
	case !given:
		return invalid(FieldError{Field: "name", Message: "is missing: the address of a lock is /lock?name=…"})
	}
	// The events first: what happens meanwhile comes again by the stream, and
	// is known by its number.
	happened := s.events(eventFilter{name: name}, 0, lockEvents, true)
	audited := s.audit(auditFilter{name: name}, 0, lockEvents, true)
	lock, holds, known := s.board.Look(name)
	terms, _ := s.terms(c)
	return s.render(c, http.StatusOK, views.LockPage(views.LockData{
		Page: s.page(views.VisibleText(name), "lock"), Cluster: s.cluster(), Terms: terms,
		Lock: viewLocks([]watcher.Lock{lock})[0], Known: known, History: viewHolds(holds),
		Events: viewEvents(happened.events), After: happened.next, Epoch: s.board.Epoch(),
		Audit: viewAudit(audited.entries), AuditAfter: audited.next, AuditEpoch: s.journal.Epoch(), Journal: viewJournal(s.journal.Status()),
	}))
}

func viewHolds(holds []watcher.Hold) []views.Hold {
	list := make([]views.Hold, len(holds))
	for i, h := range holds {
		list[i] = views.Hold{
			Owner: h.Owner, Fingerprint: h.Fingerprint, Library: h.Library, Managed: h.Managed, Fence: h.Fence,
			From: h.From, To: h.To, How: string(h.How), Extensions: h.Extensions,
		}
	}
	return list
}
