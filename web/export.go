package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/lockscope/lockscope/watcher"
)

// A FileHead is the header by which a browser saves an answer.
type FileHead struct {
	Disposition string `header:"Content-Disposition"`
}

func fileHead(what, format string) FileHead {
	return FileHead{`attachment; filename="lockscope-` + what + "." + format + `"`}
}

// csvType is the media type of a table. It holds a parameter so that no Accept
// header asks for it where there is no table.
const csvType = "text/csv; charset=utf-8"

// A table is what can be given as CSV.
type table interface {
	header() []string
	rows() [][]string
}

// csvFormat writes a table.
var csvFormat = huma.Format{Marshal: func(w io.Writer, v any) error {
	if e, ok := v.(exported); ok {
		return e.export(w)
	}
	t, ok := v.(table)
	if !ok {
		return fmt.Errorf("web: %T is no table", v)
	}
	out := csv.NewWriter(w)
	if err := out.Write(t.header()); err != nil {
		return err
	}
	return out.WriteAll(t.rows())
}}

// linesType is the media type of a file with one JSON document in each line. It
// holds a parameter for the reason that csvType does.
const linesType = "application/x-ndjson; charset=utf-8"

// An exported is an answer that writes itself, as it is made.
type exported interface{ export(w io.Writer) error }

// linesFormat writes what writes itself.
var linesFormat = huma.Format{Marshal: func(w io.Writer, v any) error { return v.(exported).export(w) }}

// A locksFile is all locks that a query selects, written a few at a time, so that
// it needs no more memory for many than for few.
type locksFile struct {
	typ   string
	write func(w io.Writer) error
}

// exportLocks answers with a file. It tells what the page shows: fingerprints,
// and no tokens.
func (s *Server) exportLocks(query rowQuery, format string) *locksOutput {
	out := &locksOutput{FileHead: fileHead("locks", format)}
	file := &locksFile{typ: csvType}
	file.write = func(w io.Writer) error { return s.writeTable(w, query) }
	if format == "ndjson" {
		file.typ = linesType
		file.write = func(w io.Writer) error { return s.writeLines(w, query) }
	}
	out.Body.file = file
	return out
}

func (s *Server) writeLines(w io.Writer, query rowQuery) error {
	out := json.NewEncoder(w)
	return s.rows.each(query, func(locks []watcher.Lock) error {
		keepWriting(w)
		for _, l := range locks {
			if err := out.Encode(toLock(l)); err != nil {
				return err
			}
		}
		return nil
	})
}

// lockColumns are those of the table. Each node has a column of its own after
// them.
var lockColumns = []string{
	"name", "nameB64", "state", "flags", "owner", "fingerprint", "library", "confidence", "host", "pid",
	"managed", "since", "expiresAt", "fence", "waiters",
}

func (s *Server) writeTable(w io.Writer, query rowQuery) error {
	out := csv.NewWriter(w)
	head := lockColumns
	for _, n := range s.board.Nodes() {
		head = append(head[:len(head):len(head)], "vote "+n.ID)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	err := s.rows.each(query, func(locks []watcher.Lock) error {
		keepWriting(w)
		for _, l := range locks {
			if err := out.Write(lockCells(toLock(l))); err != nil {
				return err
			}
		}
		return nil
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// lockCells is the line of a lock.
func lockCells(l Lock) []string {
	waiters := ""
	if l.Waiters.Visible {
		waiters = strconv.Itoa(l.Waiters.Count)
	}
	h := l.Holder
	if h == nil {
		h = &Holder{}
	}
	pid := ""
	if h.PID != nil {
		pid = strconv.Itoa(*h.PID)
	}
	cells := []string{
		cell(l.Name), cell(l.NameB64), l.State, strings.Join(l.Flags, " "), cell(h.Owner), h.Fingerprint, cell(h.Library), cell(h.Confidence),
		cell(h.Host), pid, strconv.FormatBool(h.Managed), moment(h.Since), moment(l.ExpiresAt), digits(l.Fence), waiters,
	}
	for _, v := range l.Votes {
		cells = append(cells, v.Vote)
	}
	return cells
}

// moment is a time in a table, empty for none.
func moment(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

// keepWriting gives a long file more time, as long as it is read.
func keepWriting(w io.Writer) {
	if rw, ok := w.(http.ResponseWriter); ok {
		_ = http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(writeTimeout)) // where it cannot, the old one holds
	}
}

// cell returns a text for a spreadsheet, which must not take it for a formula.
func cell(s *string) string {
	if s == nil || *s == "" {
		return ""
	}
	if strings.ContainsRune("=+-@\t\r", rune((*s)[0])) {
		return "'" + *s
	}
	return *s
}

func digits(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
