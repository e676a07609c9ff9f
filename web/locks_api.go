package web

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/lockscope/lockscope/watcher"
)

// A LocksFilter narrows the locks that a call is about.
type LocksFilter struct {
	Q       string `query:"q" maxLength:"512" doc:"Text to search in names, owners, libraries and fingerprints."`
	State   string `query:"state" enum:"held,expiring,contested,residue,unknown,free" doc:"Only names in this state."`
	Owner   string `query:"owner" maxLength:"512" doc:"Only locks whose holder is called so."`
	Library string `query:"library" maxLength:"512" doc:"Only locks whose holder uses this library; unknown for those that are not recognised."`
	Waiting bool   `query:"waiting" doc:"Only locks that somebody is seen to wait for."`
}

func (f *LocksFilter) query() watcher.Query {
	return watcher.Query{Text: f.Q, State: watcher.State(f.State), Owner: f.Owner, Library: f.Library, Waiting: f.Waiting}
}

type locksInput struct {
	LocksFilter
	Mine   bool   `query:"mine" doc:"Only the locks that this browser session holds."`
	Sort   string `query:"sort" enum:"name,-name,state,-state,owner,-owner,expires,-expires,fence,-fence,waiters,-waiters,since,-since" doc:"The order; by name when it is not given. Locks without what is sorted by come last both ways."`
	Offset int    `query:"offset" minimum:"0" maximum:"10000000" doc:"How many to leave out at the beginning; a cursor says it better where pages follow each other."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"64" doc:"Where the page before ended: the cursor of its answer."`
	Format string `query:"format" enum:"json,csv,ndjson" default:"json" doc:"json gives a page. csv and ndjson give a file with all that match, one line for each, whatever limit and cursor say."`
}

type locksOutput struct {
	FileHead
	Body locksBody
}

type locksBody struct {
	Locks      []Lock  `json:"locks" nullable:"false"`
	Total      int     `json:"total" doc:"How many match the query."`
	Counts     Counts  `json:"counts"`
	Cursor     *string `json:"cursor" doc:"Gets the next page; null on the last one."`
	Epoch      string  `json:"epoch" doc:"Another epoch numbers its changes anew."`
	Seq        uint64  `json:"seq" doc:"The number of the last change that the answer shows."`
	ServerTime Time    `json:"serverTime"`
	file       *locksFile
}

// ContentType is the media type that was asked for by format.
func (b locksBody) ContentType(negotiated string) string {
	if b.file != nil {
		return b.file.typ
	}
	return negotiated
}

func (b locksBody) export(w io.Writer) error { return b.file.write(w) }

// listLocks answers with a window of the Board, or with a file of all. Names that
// come and go between two pages can shift a row from one to the other; the stream
// does not have that problem.
func (s *Server) listLocks(ctx context.Context, in *locksInput) (*locksOutput, error) {
	offset, ok := parseCursor(in.Cursor)
	if !ok {
		return nil, invalid(FieldError{Field: "cursor", Message: "want the cursor of an answer", Got: shorten(in.Cursor)})
	}
	own, _ := sessionOf(ctx) // none holds nothing
	query := rowQuery{mine: in.Mine, session: own, Query: in.query()}
	query.Sort = in.Sort
	if in.Format != "json" {
		return s.exportLocks(query, in.Format), nil
	}
	offset += in.Offset
	query.Offset, query.Limit = offset, in.Limit
	view := s.rows.view(query)
	out := &locksOutput{}
	out.Body.Locks = toLocks(view.Locks)
	out.Body.Total = view.Total
	out.Body.Counts = Counts(view.Counts)
	if next := offset + len(view.Locks); next < view.Total && len(view.Locks) > 0 {
		cursor := formatCursor(next)
		out.Body.Cursor = &cursor
	}
	out.Body.Epoch, out.Body.Seq = s.board.Epoch(), view.Seq
	out.Body.ServerTime = Time{time.Now()}
	return out, nil
}

type facetsOutput struct {
	Body struct {
		Libraries  []Facet `json:"libraries" nullable:"false" doc:"The most frequent first, whatever library says."`
		Owners     []Facet `json:"owners" nullable:"false" doc:"The 50 most frequent ones, whatever owner says."`
		MoreOwners int     `json:"moreOwners" doc:"How many owners are not listed."`
	}
}

// A Facet is a value that a query can be narrowed to.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count" doc:"How many locks have it."`
}

// listFacets answers with the libraries and owners that there are.
func (s *Server) listFacets(_ context.Context, in *LocksFilter) (*facetsOutput, error) {
	found := s.board.Facets(in.query())
	out := &facetsOutput{}
	out.Body.Libraries, out.Body.Owners, out.Body.MoreOwners = toFacets(found.Libraries), toFacets(found.Owners), found.MoreOwners
	return out, nil
}

func toFacets(facets []watcher.Facet) []Facet {
	list := make([]Facet, len(facets))
	for i, f := range facets {
		list[i] = Facet(f)
	}
	return list
}

func formatCursor(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte("at:" + strconv.Itoa(offset)))
}

func parseCursor(cursor string) (offset int, ok bool) {
	if cursor == "" {
		return 0, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, false
	}
	number, ok := strings.CutPrefix(string(raw), "at:")
	if !ok {
		return 0, false
	}
	offset, err = strconv.Atoi(number)
	return offset, err == nil && offset >= 0
}

type lockInput struct {
	Name    string `query:"name" doc:"The name."`
	NameB64 string `query:"nameB64" doc:"The name in base64, instead of name."`
}

type lockOutput struct {
	Body LockDetail
}

// getLock answers with one lock and its history. Any name may be looked for,
// also one that no lock could be taken of.
func (s *Server) getLock(_ context.Context, in *lockInput) (*lockOutput, error) {
	name, given, err := nameOf(in.Name, in.NameB64)
	switch {
	case err != nil:
		return nil, err
	case !given:
		return nil, invalid(FieldError{Field: "name", Message: "is missing"})
	}
	lock, holds, ok := s.board.Look(name)
	if !ok {
		return nil, problem(http.StatusNotFound, codeNotFound, "no node holds a lock of that name, and none did lately")
	}
	return &lockOutput{Body: LockDetail{Lock: toLock(lock), History: toHolds(holds)}}, nil
}

// nameOf returns the name that a query gives in one of two ways, and whether it
// gives one at all.
func nameOf(plain, encoded string) (name string, given bool, err error) {
	switch {
	case plain != "" && encoded != "":
		return "", false, invalid(FieldError{Field: "name", Message: "give name or nameB64, not both", Got: shorten(plain)})
	case encoded == "":
		return plain, plain != "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", false, invalid(FieldError{Field: "nameB64", Message: "want base64", Got: shorten(encoded)})
	}
	return string(raw), true, nil
}

var _ huma.SchemaProvider = Time{}
