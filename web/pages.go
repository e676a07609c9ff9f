package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/static"
	"github.com/lockscope/lockscope/views"
	"github.com/lockscope/lockscope/watcher"
)

var (
	states = []string{"held", "expiring", "contested", "residue", "unknown", "free"}
	sorts  = []string{
		"name", "-name", "state", "-state", "owner", "-owner", "expires", "-expires",
		"fence", "-fence", "waiters", "-waiters", "since", "-since",
	}
)

// sortWords are the orders for people.
const sortWords = "name, state, owner, expires, fence, waiters or since, or one of them after a -"

// maxSearch is the longest text to search for, in bytes.
const maxSearch = 512

// page is what all pages have in common.
func (s *Server) page(title, active string) views.Page {
	return views.Page{
		Title: title, Base: s.base, Static: s.base + "/static/" + static.Hash(),
		Environment: s.cfg.Environment, Version: s.cfg.Version, ReadOnly: s.cfg.ReadOnly, Active: active,
		Stage: s.stages != nil,
	}
}

// cluster is the nodes as they are now.
func (s *Server) cluster() views.Cluster {
	return views.Cluster{
		Nodes: viewNodes(nodeStates(s.board, s.engine)), Quorum: s.board.Quorum(),
		Embedded: s.cfg.Embedded, ServerTime: time.Now(),
	}
}

// terms are on what whoever asks may take a lock, and which session it is, with
// none for somebody who came by a link of another site.
func (s *Server) terms(c echo.Context) (views.Terms, session) {
	terms, own := views.Terms{DefaultTTL: s.cfg.TTL, MaxTTL: s.cfg.MaxTTL, Watch: s.cfg.Watch}, session{}
	if !arrivesFromElsewhere(c.Request()) {
		own = s.ensureSession(c)
		terms.Owner = defaultOwner(own)
	}
	return terms, own
}

// locksPage shows the locks as they are now. Its query is that of the API, but
// an address that somebody mistyped shows what can be shown of it.
func (s *Server) locksPage(c echo.Context) error {
	terms, own := s.terms(c)
	query := rowQuery{Query: parsePageQuery(c), mine: c.QueryParams().Has("mine"), session: own}
	view := s.rows.view(query)
	if len(view.Locks) == 0 && view.Total > 0 { // there were more when the address was made
		query.Offset = max(view.Total-maxWindow, 0)
		view = s.rows.view(query)
	}
	return s.render(c, http.StatusOK, views.Locks(views.LocksData{
		Page: s.page("Locks", "locks"), Cluster: s.cluster(), Terms: terms,
		Rows: viewLocks(view.Locks), Counts: views.Counts(view.Counts), Total: view.Total,
		Query: views.Query{
			Text: query.Text, State: string(query.State), Owner: query.Owner, Library: query.Library,
			Waiting: query.Waiting, Mine: query.mine, Sort: query.Sort, Offset: query.Offset,
		},
		Facets: viewFacets(s.board.Facets(query.Query)),
	}))
}

func parsePageQuery(c echo.Context) watcher.Query {
	query := watcher.Query{Text: c.QueryParam("q"), Sort: "name", Limit: maxWindow}
	if len(query.Text) > maxSearch {
		query.Text = ""
	}
	if state := c.QueryParam("state"); slices.Contains(states, state) {
		query.State = watcher.State(state)
	}
	if sort := c.QueryParam("sort"); slices.Contains(sorts, sort) {
		query.Sort = sort
	}
	if owner := c.QueryParam("owner"); len(owner) <= maxSearch {
		query.Owner = owner
	}
	if library := c.QueryParam("library"); len(library) <= maxSearch {
		query.Library = library
	}
	query.Waiting = c.QueryParams().Has("waiting")
	if offset, err := strconv.Atoi(c.QueryParam("offset")); err == nil && offset > 0 {
		query.Offset = offset
	}
	return query
}

// render writes a component once all of it is there, so that one that fails
// leaves room for an error.
func (s *Server) render(c echo.Context, status int, component templ.Component) error {
	var page bytes.Buffer
	if err := component.Render(c.Request().Context(), &page); err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	return c.HTMLBlob(status, page.Bytes())
}

// toBase leads from the base path to the page, whose addresses end in a slash.
func (s *Server) toBase(c echo.Context) error {
	target := s.base + "/"
	if query := c.Request().URL.RawQuery; query != "" {
		target += "?" + query
	}
	return c.Redirect(http.StatusPermanentRedirect, target)
}

// healthz says that the process is alive.
func (s *Server) healthz(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readyz says whether it makes sense to send people here.
func (s *Server) readyz(c echo.Context) error {
	if s.stopping.Err() != nil {
		return shuttingDown()
	}
	if err := s.ready(); err != nil {
		return problem(http.StatusServiceUnavailable, codeNotReady, err.Error())
	}
	if j := s.journal.Status(); j.Away != "" {
		// Commands work all the same, so nobody has to be sent elsewhere.
		return c.String(http.StatusOK, fmt.Sprintf("ready, but the journal cannot be written: %s; %d entries wait, %d are lost\n", j.Away, j.Waiting, j.Lost))
	}
	return c.String(http.StatusOK, "ready\n")
}

func viewLocks(locks []watcher.Lock) []views.Lock {
	rows := make([]views.Lock, len(locks))
	for i, l := range locks {
		votes := make([]views.Vote, len(l.Votes))
		for j, v := range l.Votes {
			votes[j] = views.Vote{
				Node: v.Node, Vote: v.Vote.String(), Fingerprint: v.Fingerprint,
				Type: v.Type, ExpiresAt: v.ExpiresAt, RTT: v.RTT, Reason: v.Reason,
			}
			if v.RTT > 0 || v.Said != lockengine.VoteUnknown {
				votes[j].Said, votes[j].SaidReason = v.Said.String(), v.SaidReason
			}
		}
		rows[i] = views.Lock{
			Name: l.Name, State: string(l.State), Flags: l.Flags, Holder: views.Holder(l.Holder),
			Fence: l.Fence, ExpiresAt: l.ExpiresAt, Votes: votes, Waiters: views.Waiters(l.Waiters), Seq: l.Seq,
		}
	}
	return rows
}

func viewFacets(f watcher.Facets) views.Facets {
	shown := views.Facets{MoreOwners: f.MoreOwners}
	for _, library := range f.Libraries {
		shown.Libraries = append(shown.Libraries, views.Facet(library))
	}
	for _, owner := range f.Owners {
		shown.Owners = append(shown.Owners, views.Facet(owner))
	}
	return shown
}

func viewNodes(nodes []nodeState) []views.Node {
	list := make([]views.Node, len(nodes))
	for i, n := range nodes {
		node := views.Node{
			ID: n.ID, Address: n.Address, Up: n.Up, Error: n.Error, Since: n.Since, RTT: n.RTT,
			Version: n.Version, Mode: n.Mode, Role: n.Role, RunID: n.RunID, StartedAt: n.StartedAt,
			Append: n.Append, Fsync: n.Fsync, Eviction: n.Eviction, MaxMemory: n.MaxMemory,
			Notifications: string(n.Notifications), Keys: n.Keys, Synced: n.Synced,
			Missed: n.Missed, Gaps: n.Gaps, Cost: views.Cost(toCost(n.Cost)),
			Votes: n.Up && n.believed.Votes,
		}
		if n.believed.OutWhy != "" {
			node.Quarantine = &views.Quarantine{Until: n.believed.OutUntil, Reason: n.believed.OutWhy}
		}
		if n.believed.ClockKnown {
			node.Clock = &views.Clock{Offset: n.believed.Clock, Error: n.believed.ClockError, Jumps: n.believed.Jumps}
		}
		for _, f := range n.findings {
			node.Findings = append(node.Findings, views.Finding(f))
		}
		list[i] = node
	}
	return list
}
