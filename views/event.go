package views

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// An Event is something that happened to a lock or a node.
type Event struct {
	Seq uint64
	At  time.Time
	// Kind is one of those of EventGroups.
	Kind string
	// Name is the lock's, empty for what happened to a node; Node is its id.
	Name, Node                  string
	Owner, Fingerprint, Library string
	Fence                       int64
	Managed                     bool
	// Other is the second token of an overlap.
	Other string
	// Held is how long the lock was held, for what ended.
	Held time.Duration
	// Text says more.
	Text string
}

// An EventGroup is kinds of events that belong together.
type EventGroup struct {
	// ID names the group, and Label is what people read.
	ID, Label string
	Kinds     []string
}

// EventGroups are all kinds there are, in the order of the filter.
var EventGroups = []EventGroup{
	{"taken", "taken", []string{"acquired"}},
	{"ended", "ended", []string{"released", "expired", "ended"}},
	{"trouble", "trouble", []string{"overlap", "contested", "lost", "forced", "gap"}},
	{"nodes", "nodes", []string{"node-up", "node-down", "notifications", "quarantined", "admitted", "clock"}},
	{"commands", "commands", []string{"acquire", "extend", "release", "force-release", "admit"}},
}

// query is the group as it stands in addresses and calls.
func (g EventGroup) query() string { return strings.Join(g.Kinds, ",") }

// groupOf is the group that a kind belongs to, "ended" for one that is not known.
func groupOf(kind string) string {
	for _, g := range EventGroups {
		if slices.Contains(g.Kinds, kind) {
			return g.ID
		}
	}
	return "ended"
}

// kindWords is a kind as people read it.
func kindWords(kind string) string {
	switch kind {
	case "node-up":
		return "up"
	case "node-down":
		return "down"
	}
	return kind
}

// holder is who held the lock, in the words of the table.
func (e Event) holder() Holder {
	return Holder{Owner: e.Owner, Fingerprint: e.Fingerprint, Library: e.Library, Managed: e.Managed}
}

// detail says more of an event in words.
func (e Event) detail() string {
	var words []string
	if e.Kind != "acquired" && e.Name != "" && e.Held > 0 {
		words = append(words, "after "+Age(e.Held))
	}
	if e.Other != "" {
		words = append(words, "second token "+VisibleText(e.Other))
	}
	if e.Fence != 0 {
		words = append(words, "fence "+Fence(e.Fence))
	}
	if e.Text != "" {
		words = append(words, VisibleText(e.Text))
	}
	return join(words...)
}

// EventQuery is what the address of the Activity page asks for.
type EventQuery struct {
	// Text is searched in names, owners, fingerprints and nodes.
	Text string
	// Kind are kinds with commas between, empty for all; Name, Owner and Actor,
	// who gave a command, are exact.
	Kind, Name, Owner, Actor string
}

// ActivityData is what the Activity page shows.
type ActivityData struct {
	Page
	Cluster
	Query EventQuery
	// Lines are the events and the entries of the audit that the query selects, the
	// last first, and no more than fit.
	Lines []Line
	// Gap is how many events before them are not known any more.
	Gap uint64
	// After is the number of the last event of all in Epoch, AuditAfter that of the
	// last entry of the audit in AuditEpoch.
	After, AuditAfter uint64
	Epoch, AuditEpoch string
	Journal           JournalState
}

// group is which group the query selects: its id, "" for all and "some" for
// other kinds.
func (q EventQuery) group() string {
	if q.Kind == "" {
		return ""
	}
	for _, g := range EventGroups {
		if g.query() == q.Kind {
			return g.ID
		}
	}
	return "some"
}

// filtered reports whether not all events are asked for.
func (q EventQuery) filtered() bool { return q != EventQuery{} }

func (q EventQuery) cleanName() string { return Lock{Name: q.Name}.cleanName() }
func (q EventQuery) nameB64() string   { return Lock{Name: q.Name}.nameB64() }

// values is the query as it stands in addresses and calls.
func (q EventQuery) values() url.Values {
	values := url.Values{}
	for key, value := range map[string]string{
		"q": q.Text, "kind": q.Kind, "name": q.cleanName(), "nameB64": q.nameB64(), "owner": q.Owner, "actor": q.Actor,
	} {
		if value != "" {
			values.Set(key, value)
		}
	}
	return values
}

// kindHref is the address of the page for other kinds.
func (d ActivityData) kindHref(kinds string) string {
	query := d.Query
	query.Kind = kinds
	if values := query.values(); len(values) > 0 {
		return d.Base + "/activity?" + values.Encode()
	}
	return d.Base + "/activity"
}

// Asks reports whether the query may select events, and entries of the audit.
func (q EventQuery) Asks() (events, audit bool) {
	commands := EventGroups[len(EventGroups)-1].Kinds
	events, audit = q.Kind == "" && q.Actor == "", q.Kind == ""
	for kind := range strings.SplitSeq(q.Kind, ",") {
		if slices.Contains(commands, kind) {
			audit = true
		} else if kind != "" && q.Actor == "" {
			events = true
		}
	}
	return events, audit
}

// Order puts the lines into one order, the last first, and keeps the first of
// them.
func (d *ActivityData) Order(most int) {
	slices.SortStableFunc(d.Lines, func(a, b Line) int { return b.at().Compare(a.at()) })
	d.Lines = d.Lines[:min(len(d.Lines), most)]
}

// exports reports whether there is anything to export of the events, or the audit.
func (d ActivityData) exports(of string) bool {
	events, audit := d.Query.Asks()
	return of == "events" && events || of == "audit" && audit
}

// exportHref is the address of a file with all events, or all of the audit, that
// the query selects.
func (d ActivityData) exportHref(of, format string) string {
	query, actions := d.Query, ""
	commands := EventGroups[len(EventGroups)-1].Kinds
	kinds := slices.DeleteFunc(strings.Split(query.Kind, ","), func(kind string) bool {
		return slices.Contains(commands, kind) != (of == "audit")
	})
	query.Kind = strings.Join(kinds, ",")
	if of == "audit" {
		query.Kind, actions = "", query.Kind
	} else {
		query.Actor = ""
	}
	values := query.values()
	if actions != "" {
		values.Set("action", actions)
	}
	values.Set("format", format)
	values.Set("limit", "10000")
	return d.Base + "/api/v1/" + of + "?" + values.Encode()
}

// ownerHref is the Activity page of one owner.
func (p Page) ownerHref(owner string) string {
	return p.Base + "/activity?" + url.Values{"owner": {owner}}.Encode()
}
