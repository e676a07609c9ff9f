package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockscope/lockscope/internal/journal"
)

// An AuditEntry is one command, and what came of it.
type AuditEntry struct {
	Seq      uint64        `json:"seq" doc:"Numbers the entries of one epoch without gaps."`
	ID       string        `json:"id" doc:"Tells entries apart, also those of several servers with one journal."`
	At       Time          `json:"at"`
	Action   string        `json:"action" enum:"acquire,extend,release,force-release,admit"`
	Outcome  string        `json:"outcome" doc:"done, or the code of the refusal, such as held."`
	Actor    *string       `json:"actor" doc:"Who gave the command: the name of a browser session."`
	Address  *string       `json:"address" doc:"Where it came from: the other end of the connection, which may be a proxy."`
	Owner    *string       `json:"owner" doc:"As whom the lock was asked for, or who it was taken from."`
	Name     *string       `json:"name" doc:"The lock's; null when it travels in nameB64, and for what is about a node."`
	NameB64  *string       `json:"nameB64"`
	Node     *string       `json:"node" doc:"The node's id, for what is about one."`
	Expected *string       `json:"expected" doc:"The fingerprint of the token that it was about."`
	Found    *string       `json:"found" doc:"That of the one that was there instead."`
	Nodes    []AuditAnswer `json:"nodes" nullable:"false" doc:"What each node said, where they were asked."`
	Reason   *string       `json:"reason" doc:"Why, in the words of who gave the command."`
	Note     *string       `json:"note" doc:"What was noted with the lease."`
	Detail   *string       `json:"detail" doc:"More of the outcome, in words."`
}

// An AuditAnswer is what one node said.
type AuditAnswer struct {
	Node        string  `json:"node"`
	Result      string  `json:"result" doc:"A vote, or for force-release what became of the token."`
	Fingerprint *string `json:"fingerprint" doc:"What the node has instead."`
	Reason      *string `json:"reason"`
}

// An AuditState is how the journal is.
type AuditState struct {
	Durable bool    `json:"durable" doc:"True where entries are kept in a Redis and outlive the server."`
	Away    *string `json:"away" doc:"Why that does not work now; null when it does."`
	Since   Time    `json:"since" doc:"Since when it is so."`
	Waiting int     `json:"waiting" doc:"How many entries are not in that Redis yet."`
	Lost    uint64  `json:"lost" doc:"How many never will be."`
}

type auditInput struct {
	FeedQuery
	Action []string `query:"action" enum:"acquire,extend,release,force-release,admit" doc:"Only these actions, with commas between."`
	Q      string   `query:"q" maxLength:"512" doc:"Text to search in names, who, where, fingerprints, reasons and notes."`
	Actor  string   `query:"actor" maxLength:"512" doc:"Only commands of this one."`
}

type auditOutput struct {
	FileHead
	Body auditBody
}

type auditBody struct {
	Entries    []AuditEntry `json:"entries" nullable:"false" doc:"In the order in which the commands ended."`
	Gap        *Gap         `json:"gap" doc:"Entries after the one asked for that are not kept any more; null when there are none."`
	Next       uint64       `json:"next" doc:"The after of the next page."`
	Last       uint64       `json:"last" doc:"The number of the last entry there is."`
	Epoch      string       `json:"epoch" doc:"Another epoch numbers its entries anew. It is not that of the events."`
	Journal    AuditState   `json:"journal"`
	ServerTime Time         `json:"serverTime"`
	csv        bool
}

// ContentType is the media type that was asked for by format.
func (b auditBody) ContentType(negotiated string) string {
	if b.csv {
		return csvType
	}
	return negotiated
}

// listAudit answers with who did what.
func (s *Server) listAudit(_ context.Context, in *auditInput) (*auditOutput, error) {
	name, _, err := nameOf(in.Name, in.NameB64)
	if err != nil {
		return nil, err
	}
	wanted, _ := parseActions(strings.Join(in.Action, ",")) // huma has checked them
	found := s.audit(auditFilter{actions: wanted, name: name, actor: in.Actor, owner: in.Owner, text: strings.ToLower(in.Q)}, in.After, in.Limit, in.Newest)
	out := &auditOutput{Body: auditBody{
		Entries: make([]AuditEntry, len(found.entries)), Gap: found.gap, Next: found.next, Last: found.last,
		Epoch: s.journal.Epoch(), Journal: toAuditState(s.journal.Status()), ServerTime: Time{time.Now()}, csv: in.Format == "csv",
	}}
	for i, e := range found.entries {
		out.Body.Entries[i] = toAuditEntry(e)
	}
	if out.Body.csv {
		out.FileHead = fileHead("audit", in.Format)
	}
	return out, nil
}

// An auditFound is the entries that a filter selects.
type auditFound struct {
	entries    []*journal.Entry
	gap        *Gap
	next, last uint64
}

// audit returns at most limit entries after a number: the first ones, or the
// newest.
func (s *Server) audit(filter auditFilter, after uint64, limit int, newest bool) auditFound {
	page := s.journal.Page(after, journal.Kept)
	f := auditFound{next: page.Next, last: page.Last}
	if page.Missed > 0 {
		first := page.Next - uint64(len(page.Entries)) - page.Missed + 1
		f.gap = &Gap{From: first, To: first + page.Missed - 1, Count: page.Missed}
	}
	for _, e := range page.Entries {
		if !filter.selects(e) {
			continue
		}
		f.entries = append(f.entries, e)
		if len(f.entries) == limit && !newest {
			f.next = e.Seq
			break
		}
	}
	if extra := len(f.entries) - limit; extra > 0 {
		f.entries = slices.Delete(f.entries, 0, extra)
	}
	return f
}

func toAuditState(s journal.Status) AuditState {
	return AuditState{Durable: s.Durable, Away: nullable(s.Away), Since: Time{s.Since}, Waiting: s.Waiting, Lost: s.Lost}
}

func toAuditEntry(e *journal.Entry) AuditEntry {
	entry := AuditEntry{
		Seq: e.Seq, ID: e.ID, At: Time{e.At}, Action: e.Action, Outcome: e.Outcome, Actor: nullable(e.Actor), Address: nullable(e.Address),
		Owner: nullable(e.Owner), Node: nullable(e.Node), Expected: nullable(e.Expected), Found: nullable(e.Found),
		Nodes: make([]AuditAnswer, len(e.Nodes)), Reason: nullable(e.Reason), Note: nullable(e.Note), Detail: nullable(e.Detail),
	}
	if len(e.Name) > 0 {
		entry.Name, entry.NameB64 = splitName(string(e.Name))
	}
	for i, a := range e.Nodes {
		entry.Nodes[i] = AuditAnswer{Node: a.Node, Result: a.Result, Fingerprint: nullable(a.Fingerprint), Reason: nullable(a.Reason)}
	}
	return entry
}

var _ table = auditBody{}

func (auditBody) header() []string {
	return []string{"seq", "at", "action", "outcome", "actor", "address", "owner", "name", "nameB64", "node", "expected", "found", "nodes", "reason", "note", "detail", "id"}
}

func (b auditBody) rows() [][]string {
	rows := make([][]string, 0, len(b.Entries)+1)
	if g := b.Gap; g != nil {
		row := make([]string, len(b.header()))
		row[0], row[2], row[len(row)-2] = strconv.FormatUint(g.From, 10), "gap", fmt.Sprintf("%d entries up to %d are not kept any more", g.Count, g.To)
		rows = append(rows, row)
	}
	for _, e := range b.Entries {
		said := make([]string, len(e.Nodes))
		for i, a := range e.Nodes {
			said[i] = a.Node + " " + a.Result
		}
		all := strings.Join(said, ", ")
		rows = append(rows, []string{
			strconv.FormatUint(e.Seq, 10), e.At.UTC().Format(timeLayout), e.Action, cell(&e.Outcome), cell(e.Actor), cell(e.Address), cell(e.Owner),
			cell(e.Name), cell(e.NameB64), cell(e.Node), cell(e.Expected), cell(e.Found), cell(&all), cell(e.Reason), cell(e.Note), cell(e.Detail), cell(&e.ID),
		})
	}
	return rows
}
