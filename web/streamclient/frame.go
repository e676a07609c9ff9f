package streamclient

import (
	"encoding/json"
	"time"
)

// Protocol is the Sec-WebSocket-Protocol of the stream.
const Protocol = "lockscope.v1.json"

// The codes with which the server closes a stream, beside 1001 when it goes
// away and 1009 for a frame of more than 16 KiB.
const (
	CloseMalformed = 4400 // a frame that is not of the protocol
	CloseSlow      = 4408 // frames are not being read, or no sign of life
	CloseTooMany   = 4429 // streams, watches or messages
)

// A Frame is what the server sent. Members that its kind does not have are
// zero.
type Frame struct {
	T  string // hello, snapshot, delta, event, audit, gap, node, wait or beat
	E  string // the epoch, which is another one after a restart of the server
	S  uint64 // the change up to which all windows have been brought
	ID string // of the watch

	// Hello. Of an audit, and a gap in it, Epoch is that of the journal.
	ServerTime  time.Time
	Epoch       string
	Seq         uint64
	Role        string
	Environment string
	ReadOnly    bool
	Quorum      int

	// Node, and hello.
	Nodes []Node

	// Snapshot and delta.
	Rows   []Row // the whole window, in order
	Set    []Row // patches of rows
	Del    []Row // rows that left, by name alone
	Total  *int
	Counts Counts
	Offset *int
	Limit  *int

	// Event, audit and gap: where the feed is now, and what it tells.
	After           uint64
	Events          []Event
	Entries         []Entry
	From, To, Count uint64

	// Wait.
	Name, NameB64 *string
	Position, Of  int

	// Beat.
	LagMs *int64

	// Text is the frame as it came.
	Text []byte `json:"-"`
}

// A Node is how a node is, as far as clients here look.
type Node struct {
	ID string
	Up bool
}

// Counts are the numbers of names by state.
type Counts struct{ Total, Held, Expiring, Contested, Residue, Unknown, Free, Overlapping, Waiting int }

// An Event is something that happened, as far as clients here look.
type Event struct {
	Seq           uint64
	Kind          string
	Name, NameB64 *string
	Node          *string
}

// An Entry is a command, as far as clients here look.
type Entry struct {
	Seq             uint64
	Action, Outcome string
	Name, NameB64   *string
}

// A Watch is what a client wants to see.
type Watch struct {
	View    string `json:"view"` // locks, lock, nodes, events or audit
	Q       string `json:"q,omitempty"`
	State   string `json:"state,omitempty"`
	Sort    string `json:"sort,omitempty"`
	Mine    bool   `json:"mine,omitempty"`
	Offset  int    `json:"offset,omitempty"`
	Limit   int    `json:"limit,omitempty"`
	Name    string `json:"name,omitempty"`
	NameB64 string `json:"nameB64,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Owner   string `json:"owner,omitempty"`
	Actor   string `json:"actor,omitempty"`
	// After is of events and the audit: those with higher numbers. Nil: those from now on.
	After *uint64 `json:"after,omitempty"`
}

// filtered reports whether a feed leaves out events, so that the numbers of
// those it tells say nothing about lost ones.
func (w Watch) filtered() bool {
	return w.Q != "" || w.Name != "" || w.NameB64 != "" || w.Kind != "" || w.Owner != "" || w.Actor != ""
}

// feed reports whether what is watched is told one after another.
func (w Watch) feed() bool { return w.View == "events" || w.View == "audit" }

// parse reads a frame.
func parse(text []byte) (Frame, error) {
	var f Frame
	err := json.Unmarshal(text, &f)
	f.Text = text
	return f, err
}
