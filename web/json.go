package web

import (
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

// timeLayout is RFC 3339 with milliseconds, always in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// A Time is a moment as it travels: null when there is none.
type Time struct{ time.Time }

// MarshalJSON writes milliseconds in UTC, or null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.UTC().AppendFormat(make([]byte, 0, 26), `"`+timeLayout+`"`), nil
}

// Schema describes the form in the OpenAPI document.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

// A Lock is one row: what all nodes say of one name.
type Lock struct {
	Name      *string  `json:"name" doc:"The name; null when it is not printable UTF-8."`
	NameB64   *string  `json:"nameB64" doc:"The name in base64 when it is not printable UTF-8, else null."`
	State     string   `json:"state" enum:"held,expiring,contested,residue,unknown,free"`
	Flags     []string `json:"flags" nullable:"false" doc:"Warnings in one word each, such as no-expiry."`
	Holder    *Holder  `json:"holder"`
	Fence     *int64   `json:"fence"`
	ExpiresAt Time     `json:"expiresAt" doc:"When the holder's quorum ends."`
	Votes     []Vote   `json:"votes" nullable:"false" doc:"One per node, in their order."`
	Waiters   Waiters  `json:"waiters"`
	Seq       uint64   `json:"seq" doc:"The number of the last change to this name."`
}

// A Holder is who holds a lock.
type Holder struct {
	Owner       *string  `json:"owner"`
	Fingerprint string   `json:"fingerprint" doc:"The first 8 hex digits of the SHA-256 of the token."`
	Library     *string  `json:"library" doc:"The lock library that writes such values."`
	Confidence  *string  `json:"confidence" enum:"certain,likely,ambiguous" doc:"How sure the library is; null without one."`
	Also        []string `json:"also" nullable:"false" doc:"Other libraries that it may be as well."`
	Host        *string  `json:"host" doc:"The machine of the holder, or the MAC address of its network card, where the value tells."`
	PID         *int     `json:"pid" doc:"Its process there."`
	Mode        *string  `json:"mode" enum:"read,write,waiting,semaphore,integer" doc:"How it is held; null for a plain lock."`
	Holds       *int     `json:"holds" doc:"How often the holder has taken it, where that is counted."`
	Readers     *int     `json:"readers" doc:"How many share it."`
	ValidUntil  Time     `json:"validUntil" doc:"Until when the value says that the holder believes in it, by the holder's clock."`
	Managed     bool     `json:"managed" doc:"True when it was taken through this server."`
	Note        *string  `json:"note" doc:"What was noted when it was taken through this server."`
	Since       Time     `json:"since"`
}

// A Vote is what one node says of one name.
type Vote struct {
	Node        string  `json:"node"`
	Vote        string  `json:"vote" enum:"granted,other,free,down,timeout,amnesia,quarantined,unknown"`
	Fingerprint *string `json:"fingerprint"`
	Type        *string `json:"type" doc:"The type of the key on the node."`
	ExpiresAt   Time    `json:"expiresAt"`
	Reason      *string `json:"reason" doc:"Why the vote is no clear answer; null when it is."`
	RTTMicros   *int64  `json:"rttMicros" doc:"The round trip of the vote when the lock was taken here."`
	Said        *string `json:"said" enum:"granted,other,free,down,timeout,amnesia,quarantined,unknown" doc:"What the node said when the lock was taken here; null when it did not answer, or the lock was not taken here."`
	SaidReason  *string `json:"saidReason" doc:"Why that was no clear answer; null when it was."`
}

// A Hold is one holder of a lock, present or past.
type Hold struct {
	Owner       *string `json:"owner"`
	Fingerprint string  `json:"fingerprint"`
	Library     *string `json:"library"`
	Managed     bool    `json:"managed" doc:"True when the lease was taken through this server."`
	Note        *string `json:"note" doc:"What was noted when it was taken through this server."`
	Fence       *int64  `json:"fence"`
	From        Time    `json:"from"`
	To          Time    `json:"to" doc:"Null while it lasts."`
	How         *string `json:"how" enum:"released,expired,forced,lost,overlapped,unknown" doc:"How it ended; null while it lasts."`
	Extensions  int     `json:"extensions" doc:"How often its lease was seen to be made longer."`
}

// A LockDetail is one lock with those who held it.
type LockDetail struct {
	Lock
	History []Hold `json:"history" nullable:"false" doc:"The holders that are remembered, the present or last one first."`
}

// Waiters tells who queues for a lock.
type Waiters struct {
	Visible     bool     `json:"visible" doc:"False when waiters, if any, cannot be seen."`
	Count       int      `json:"count"`
	OldestSince Time     `json:"oldestSince"`
	Who         []string `json:"who" nullable:"false" doc:"The first of them, in the order of their turns, where they are known."`
	Since       []Time   `json:"since" nullable:"false" doc:"Since when each of who waits; empty where that is not known."`
}

// Counts are the numbers of names by state.
type Counts struct {
	Total     int `json:"total"`
	Held      int `json:"held"`
	Expiring  int `json:"expiring"`
	Contested int `json:"contested"`
	Residue   int `json:"residue"`
	Unknown   int `json:"unknown"`
	Free      int `json:"free"`
	// Overlapping counts names of any state.
	Overlapping int `json:"overlapping" doc:"Names, in whatever state, where two holders overlap now or did a moment ago."`
	Waiting     int `json:"waiting" doc:"Names that somebody is seen to wait for."`
}

// An AttemptVote is the vote of one node in one attempt.
type AttemptVote struct {
	Node        string  `json:"node"`
	Vote        string  `json:"vote"`
	Fingerprint *string `json:"fingerprint"`
	RTTMicros   *int64  `json:"rttMicros"`
	Reason      *string `json:"reason"`
}

// printable reports whether name can travel as a JSON string and be read.
func printable(name string) bool {
	if !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// splitName returns name as it travels: as it is, or in base64.
func splitName(name string) (plain, encoded *string) {
	if printable(name) {
		return &name, nil
	}
	b64 := base64.StdEncoding.EncodeToString([]byte(name))
	return nil, &b64
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// number returns n, or null for 0.
func number(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// counted returns null for what is not counted.
func counted(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// listed returns a list that is never null.
func listed(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// times is a list that is never null.
func times(list []time.Time) []Time {
	all := make([]Time, len(list))
	for i, t := range list {
		all[i] = Time{t}
	}
	return all
}

func micros(d time.Duration) *int64 {
	if d <= 0 {
		return nil
	}
	n := d.Microseconds()
	return &n
}

func toLock(l watcher.Lock) Lock {
	name, encoded := splitName(l.Name)
	row := Lock{
		Name: name, NameB64: encoded,
		State: string(l.State), Flags: listed(l.Flags), ExpiresAt: Time{l.ExpiresAt},
		Votes:   make([]Vote, len(l.Votes)),
		Waiters: Waiters{Visible: l.Waiters.Visible, Count: l.Waiters.Count, OldestSince: Time{l.Waiters.OldestSince}, Who: listed(l.Waiters.Who), Since: times(l.Waiters.Since)},
		Seq:     l.Seq,
	}
	row.Fence = number(l.Fence)
	if h := l.Holder; h.Fingerprint != "" {
		row.Holder = &Holder{
			Owner: nullable(h.Owner), Fingerprint: h.Fingerprint, Library: nullable(h.Library),
			Confidence: nullable(h.Confidence), Also: listed(h.Also),
			Host: nullable(h.Host), PID: counted(h.PID),
			Mode: nullable(h.Mode), Holds: counted(h.Holds), Readers: counted(h.Readers), ValidUntil: Time{h.ValidUntil},
			Managed: h.Managed, Note: nullable(h.Note), Since: Time{h.Since},
		}
	}
	for i, v := range l.Votes {
		row.Votes[i] = Vote{
			Node: v.Node, Vote: v.Vote.String(), Fingerprint: nullable(v.Fingerprint),
			Type: nullable(v.Type), ExpiresAt: Time{v.ExpiresAt}, RTTMicros: micros(v.RTT), Reason: nullable(v.Reason),
		}
		if v.RTT > 0 || v.Said != lockengine.VoteUnknown {
			row.Votes[i].Said, row.Votes[i].SaidReason = nullable(v.Said.String()), nullable(v.SaidReason)
		}
	}
	return row
}

func toHolds(holds []watcher.Hold) []Hold {
	list := make([]Hold, len(holds))
	for i, h := range holds {
		list[i] = Hold{
			Owner: nullable(h.Owner), Fingerprint: h.Fingerprint, Library: nullable(h.Library), Managed: h.Managed, Note: nullable(h.Note),
			Fence: number(h.Fence), From: Time{h.From}, To: Time{h.To}, How: nullable(string(h.How)), Extensions: h.Extensions,
		}
	}
	return list
}

func toLocks(locks []watcher.Lock) []Lock {
	rows := make([]Lock, len(locks))
	for i, l := range locks {
		rows[i] = toLock(l)
	}
	return rows
}

func attemptVotes(votes []lockengine.NodeVote) []AttemptVote {
	list := make([]AttemptVote, len(votes))
	for i, v := range votes {
		list[i] = AttemptVote{
			Node: v.Node, Vote: v.Vote.String(), Fingerprint: nullable(v.Fingerprint),
			RTTMicros: micros(v.RTT), Reason: nullable(v.Reason),
		}
	}
	return list
}

// encode marshals what is known to marshal: plain data without cycles.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("web: encoding plain data: " + err.Error())
	}
	return b
}
