package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

// An Event is something that happened to a lock or a node.
type Event struct {
	Seq         uint64  `json:"seq" doc:"Numbers the events of one epoch without gaps."`
	At          Time    `json:"at"`
	Kind        string  `json:"kind" enum:"acquired,released,expired,forced,lost,ended,overlap,contested,gap,node-up,node-down,notifications,quarantined,admitted,clock"`
	Name        *string `json:"name" doc:"The lock's; null for what happened to a node, and when it travels in nameB64."`
	NameB64     *string `json:"nameB64"`
	Node        *string `json:"node" doc:"The node's id; null for what happened to a lock."`
	Owner       *string `json:"owner"`
	Fingerprint *string `json:"fingerprint" doc:"The holder's token; of an overlap, the first one's."`
	Library     *string `json:"library"`
	Fence       *int64  `json:"fence"`
	Managed     bool    `json:"managed" doc:"True when the lease was taken through this server."`
	Other       *string `json:"other" doc:"The token of the second holder of an overlap."`
	HeldMicros  *int64  `json:"heldMicros" doc:"How long the lock was held, for what ended."`
	Text        *string `json:"text" doc:"More in words."`
}

// A Gap is a run of events that are not known any more.
type Gap struct {
	From  uint64 `json:"from" doc:"The number of the first one."`
	To    uint64 `json:"to" doc:"The number of the last one."`
	Count uint64 `json:"count"`
}

// A FeedQuery selects a page of what is numbered in the order in which it happened.
type FeedQuery struct {
	After   uint64 `query:"after" doc:"Only those with a higher number: the next of the answer before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"How many at most."`
	Newest  bool   `query:"newest" doc:"The last ones where there are more than the limit, not the first ones."`
	Owner   string `query:"owner" maxLength:"512" doc:"Only those about locks of this owner."`
	Name    string `query:"name" doc:"Only those about this lock."`
	NameB64 string `query:"nameB64" doc:"The name in base64, instead of name."`
	Format  string `query:"format" enum:"json,csv" default:"json" doc:"csv gives a file with one line for each."`
}

type eventsInput struct {
	FeedQuery
	Kind []string `query:"kind" enum:"acquired,released,expired,forced,lost,ended,overlap,contested,gap,node-up,node-down,notifications,quarantined,admitted,clock" doc:"Only events of these kinds, with commas between."`
	Q    string   `query:"q" maxLength:"512" doc:"Text to search in names, owners, fingerprints and nodes."`
}

type eventsOutput struct {
	FileHead
	Body eventsBody
}

type eventsBody struct {
	Events     []Event `json:"events" nullable:"false" doc:"In the order in which they happened."`
	Gap        *Gap    `json:"gap" doc:"Events after the one asked for that are not known any more; null when there are none."`
	Next       uint64  `json:"next" doc:"The after of the next page."`
	Last       uint64  `json:"last" doc:"The number of the last event there is."`
	Epoch      string  `json:"epoch" doc:"Another epoch numbers its events anew."`
	ServerTime Time    `json:"serverTime"`
	csv        bool
}

// ContentType is the media type that was asked for by format.
func (b eventsBody) ContentType(negotiated string) string {
	if b.csv {
		return csvType
	}
	return negotiated
}

// listEvents answers with what happened.
func (s *Server) listEvents(_ context.Context, in *eventsInput) (*eventsOutput, error) {
	name, _, err := nameOf(in.Name, in.NameB64)
	if err != nil {
		return nil, err
	}
	kinds, _ := parseKinds(strings.Join(in.Kind, ",")) // huma has checked them
	found := s.events(eventFilter{kinds: kinds, name: name, owner: in.Owner, text: strings.ToLower(in.Q)}, in.After, in.Limit, in.Newest)
	out := &eventsOutput{Body: eventsBody{
		Events: make([]Event, len(found.events)), Gap: found.gap, Next: found.next, Last: found.last,
		Epoch: s.board.Epoch(), ServerTime: Time{time.Now()}, csv: in.Format == "csv",
	}}
	for i := range found.events {
		out.Body.Events[i] = toEvent(&found.events[i])
	}
	if out.Body.csv {
		out.FileHead = fileHead("events", in.Format)
	}
	return out, nil
}

// A found is the events that a filter selects.
type found struct {
	events     []watcher.Activity
	gap        *Gap   // those after the one asked for that are not known
	next, last uint64 // the number that the page ends at, and that of the last event
}

// events returns at most limit events after a number: the first ones, or the
// newest.
func (s *Server) events(filter eventFilter, after uint64, limit int, newest bool) found {
	f := found{next: after}
	for more := true; more && (newest || len(f.events) < limit); {
		// In steps, so that a search does not hold up the Board.
		step := eventStep
		if !newest {
			step = min(limit-len(f.events), eventStep)
		}
		page := s.board.Activity(f.next, step)
		if page.Missed > 0 {
			f.addGap(f.next+1, page.Missed)
		}
		for i := range page.Events {
			if filter.selects(&page.Events[i]) {
				f.events = append(f.events, page.Events[i])
			}
		}
		if extra := len(f.events) - limit; newest && extra > 0 {
			f.events = slices.Delete(f.events, 0, extra)
		}
		f.next, f.last = page.Next, page.Last
		more = len(page.Events) > 0
	}
	return f
}

// eventStep is how many events are looked at in one go.
const eventStep = 1000

// addGap notes that count events from the number first on are not known.
func (f *found) addGap(first, count uint64) {
	if f.gap == nil {
		f.gap = &Gap{From: first}
	}
	f.gap.To = first + count - 1
	f.gap.Count += count
}

func toEvent(a *watcher.Activity) Event {
	e := Event{
		Seq: a.Seq, At: Time{a.At}, Kind: string(a.Kind), Node: nullable(a.Node), Owner: nullable(a.Owner),
		Fingerprint: nullable(a.Fingerprint), Library: nullable(a.Library), Fence: number(a.Fence), Managed: a.Managed,
		Other: nullable(a.Other), HeldMicros: micros(a.Held), Text: nullable(a.Text),
	}
	if a.Name != "" {
		e.Name, e.NameB64 = splitName(a.Name)
	}
	return e
}

var _ table = eventsBody{}

func (eventsBody) header() []string {
	return []string{"seq", "at", "kind", "name", "nameB64", "node", "owner", "fingerprint", "library", "fence", "managed", "other", "heldMicros", "text"}
}

func (b eventsBody) rows() [][]string {
	rows := make([][]string, 0, len(b.Events)+1)
	if g := b.Gap; g != nil {
		row := make([]string, len(b.header()))
		row[0], row[2], row[len(row)-1] = strconv.FormatUint(g.From, 10), "gap", fmt.Sprintf("%d events up to %d are not known any more", g.Count, g.To)
		rows = append(rows, row)
	}
	for _, e := range b.Events {
		rows = append(rows, []string{
			strconv.FormatUint(e.Seq, 10), e.At.UTC().Format(timeLayout), e.Kind, cell(e.Name), cell(e.NameB64), cell(e.Node), cell(e.Owner),
			cell(e.Fingerprint), cell(e.Library), digits(e.Fence), strconv.FormatBool(e.Managed), cell(e.Other),
			digits(e.HeldMicros), cell(e.Text),
		})
	}
	return rows
}
