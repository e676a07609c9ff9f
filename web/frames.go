package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

const (
	// streamProtocol is the Sec-WebSocket-Protocol of the stream.
	streamProtocol = "lockscope.v1.json"
	// maxFrame is the longest frame that a client may send, in bytes.
	maxFrame = 16 << 10
	// maxWindow is the most rows of a window.
	maxWindow = 200
	// maxOffset keeps arithmetic on windows far from overflowing.
	maxOffset = 10_000_000
	// maxWatchID is the longest id of a watch, in bytes.
	maxWatchID = 64
)

// The codes with which a socket is closed, beside those of RFC 6455.
const (
	closeMalformed = 4400
	closeSlow      = 4408
	closeTooMany   = 4429
)

// A frameHead begins every frame that the server sends: what it is, of which
// epoch, and up to which change the windows of this socket have been brought.
// A client that reconnects resumes from the last S it has seen.
func frameHead(kind, epoch string, seq uint64) []byte {
	b := make([]byte, 0, 512)
	b = append(b, `{"t":"`...)
	b = append(b, kind...)
	b = append(b, `","e":`...)
	b = append(b, encode(epoch)...)
	b = append(b, `,"s":`...)
	return strconv.AppendUint(b, seq, 10)
}

// appendField appends a further member to a frame.
func appendField(b []byte, name string, value any) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return append(b, encode(value)...)
}

// appendRows appends a member of rows that are encoded already.
func appendRows(b []byte, name string, rows [][]byte) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":[`...)
	b = append(b, bytes.Join(rows, []byte{','})...)
	return append(b, ']')
}

// A deletedRow names a row that left a window.
type deletedRow struct {
	Name    *string `json:"name,omitempty"`
	NameB64 *string `json:"nameB64,omitempty"`
}

func deletedRows(names []string) []deletedRow {
	rows := make([]deletedRow, len(names))
	for i, name := range names {
		rows[i].Name, rows[i].NameB64 = splitName(name)
	}
	return rows
}

// beatFrame tells that the stream is alive, and how far behind it is.
func beatFrame(epoch string, seq uint64, now time.Time, lag time.Duration) []byte {
	b := frameHead("beat", epoch, seq)
	b = appendField(b, "serverTime", Time{now})
	b = appendField(b, "lagMs", lag.Milliseconds())
	return append(b, '}')
}

// A clientFrame is what a client may send. Members that it does not know are
// ignored, so that a newer page can talk to an older server.
type clientFrame struct {
	T       string `json:"t"`
	ID      string `json:"id"`
	View    string `json:"view"`
	Q       string `json:"q"`
	State   string `json:"state"`
	Library string `json:"library"`
	Waiting bool   `json:"waiting"`
	Mine    bool   `json:"mine"`
	Sort    string `json:"sort"`
	Offset  int    `json:"offset"`
	Limit   int    `json:"limit"`
	Epoch   string `json:"epoch"`
	Seq     uint64 `json:"seq"`
	Visible *bool  `json:"visible"`

	// Name, or NameB64, is of the lock to watch, or to show in the middle of a
	// window, or of the events wanted.
	Name    string `json:"name"`
	NameB64 string `json:"nameB64"`
	// Owner is whose locks or events.
	Owner string `json:"owner"`
	// Kind and After are of events: which kinds with commas between, and after
	// which number of Epoch; null for those from now on. For the audit, Kind are
	// actions and Actor is who gave the commands.
	Kind  string  `json:"kind"`
	Actor string  `json:"actor"`
	After *uint64 `json:"after"`
}

// parseClientFrame reads a frame and checks what can be checked of it alone.
// Its errors are short enough to be the reason of a close.
func parseClientFrame(message []byte) (clientFrame, error) {
	var f clientFrame
	if err := json.Unmarshal(message, &f); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) && typ.Field != "" {
			return f, fmt.Errorf("%s: is a %s", typ.Field, typ.Value)
		}
		return f, errors.New("not a JSON object")
	}
	switch f.T {
	case "watch":
		return f, f.checkWatch()
	case "unwatch":
		return f, f.checkID()
	case "resume":
		if f.Epoch == "" {
			return f, errors.New("epoch: is missing")
		}
		return f, nil
	case "visible":
		if f.Visible == nil {
			return f, errors.New("visible: is missing")
		}
		return f, nil
	case "":
		return f, errors.New("t: is missing")
	}
	return f, errors.New("t: want watch, unwatch, resume or visible")
}

func (f *clientFrame) checkID() error {
	if f.ID == "" || len(f.ID) > maxWatchID || !printable(f.ID) {
		return errors.New("id: want 1 to 64 printable bytes")
	}
	return nil
}

func (f *clientFrame) checkWatch() error {
	if err := f.checkID(); err != nil {
		return err
	}
	switch {
	case !slices.Contains(streamViews, f.View):
		return errors.New("view: want locks, lock, nodes, events or audit")
	case len(f.Q) > maxSearch:
		return errors.New("q: want at most 512 bytes")
	case f.State != "" && !slices.Contains(states, f.State):
		return errors.New("state: want one of the states, or nothing")
	case f.Sort != "" && !slices.Contains(sorts, f.Sort):
		return errors.New("sort: want " + sortWords)
	case len(f.Owner) > maxSearch:
		return errors.New("owner: want at most 512 bytes")
	case len(f.Library) > maxSearch:
		return errors.New("library: want at most 512 bytes")
	case f.Offset < 0 || f.Offset > maxOffset:
		return errors.New("offset: want 0 or more")
	case f.Limit < 0 || f.Limit > maxWindow:
		return errors.New("limit: want 1 to 200")
	}
	if f.Limit == 0 {
		f.Limit = maxWindow
	}
	if f.Sort == "" {
		f.Sort = "name"
	}
	return f.checkName()
}

// streamViews are what a client may watch.
var streamViews = []string{"locks", "lock", "nodes", "events", "audit"}

// checkName puts the name that is meant into Name.
func (f *clientFrame) checkName() error {
	switch {
	case f.Name != "" && f.NameB64 != "":
		return errors.New("name: give name or nameB64, not both")
	case f.NameB64 != "":
		raw, err := base64.StdEncoding.DecodeString(f.NameB64)
		if err != nil {
			return errors.New("nameB64: want base64")
		}
		f.Name = string(raw)
	}
	if f.View == "lock" && f.Name == "" {
		return errors.New("name: is missing")
	}
	if f.View == "audit" {
		if _, ok := parseActions(f.Kind); !ok {
			return errors.New("kind: want actions, with commas between")
		}
	}
	if f.View == "events" {
		if _, ok := parseKinds(f.Kind); !ok {
			return errors.New("kind: want kinds of events, with commas between")
		}
	}
	return nil
}

// query is the window that a watch of locks, or of one, asks for.
func (f *clientFrame) query(own session) rowQuery {
	if f.View == "lock" {
		return rowQuery{one: true, name: f.Name, Query: watcher.Query{Limit: 1}}
	}
	query := rowQuery{Query: watcher.Query{
		Text: f.Q, State: watcher.State(f.State), Owner: f.Owner, Library: f.Library, Waiting: f.Waiting,
		Sort: f.Sort, Offset: f.Offset, Limit: f.Limit,
	}}
	if f.Mine {
		query.mine, query.session = true, own
	}
	return query
}
