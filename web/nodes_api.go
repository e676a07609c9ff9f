package web

import (
	"context"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

// A Node is what is known of one node.
type Node struct {
	ID            string      `json:"id"`
	Address       string      `json:"address"`
	Up            bool        `json:"up"`
	Error         *string     `json:"error"`
	Since         Time        `json:"since" doc:"When up last changed."`
	RTTMicros     *int64      `json:"rttMicros"`
	Version       string      `json:"version"`
	Mode          string      `json:"mode" doc:"standalone, sentinel or cluster."`
	Masters       []string    `json:"masters" nullable:"false" doc:"The servers behind a cluster, or the one that sentinels name; empty for one server."`
	Failover      Time        `json:"failover" doc:"When one of the masters was last found to be replaced; null when that was not seen."`
	Role          string      `json:"role"`
	RunID         string      `json:"runId"`
	StartedAt     Time        `json:"startedAt"`
	AppendOnly    bool        `json:"appendOnly" doc:"True when it keeps an append-only file."`
	Fsync         *string     `json:"fsync" doc:"Its appendfsync; null without a file or where that may not be asked for."`
	Eviction      *string     `json:"eviction" doc:"Its maxmemory-policy; null until it was read."`
	MaxMemory     int64       `json:"maxMemory" doc:"From how many bytes on it evicts; 0 for no limit."`
	Notifications string      `json:"notifications" enum:"live,polling,none"`
	Keys          int         `json:"keys"`
	Synced        Time        `json:"synced"`
	Missed        uint64      `json:"missed" doc:"Changes that no event told although events arrive."`
	Gaps          uint64      `json:"gaps" doc:"How often the subscription to the events was interrupted."`
	Cost          Cost        `json:"cost" doc:"What watching costs the node."`
	Votes         bool        `json:"votes" doc:"True when the lock engine counts its votes."`
	Quarantine    *Quarantine `json:"quarantine" doc:"Why the node sits out; null when it does not."`
	Clock         *Clock      `json:"clock" doc:"Null until it was read."`
	Findings      []Finding   `json:"findings" nullable:"false" doc:"What an operator should mend."`
}

// A Cost is what watching costs a node: events, reads and scans.
type Cost struct {
	OperationsPerSecond int    `json:"operationsPerSecond"`
	BytesPerSecond      int    `json:"bytesPerSecond" doc:"Both ways together."`
	Budget              int    `json:"budget" doc:"How many operations a second there are at most."`
	Operations          uint64 `json:"operations" doc:"Since the start."`
	BytesIn             uint64 `json:"bytesIn" doc:"From the node, since the start."`
	BytesOut            uint64 `json:"bytesOut" doc:"To the node, since the start."`
}

// A Quarantine is the time in which a node's votes do not count.
type Quarantine struct {
	Until  Time   `json:"until"`
	Reason string `json:"reason"`
}

// A Clock is how far a node's clock is ahead of the server's.
type Clock struct {
	OffsetMicros int64 `json:"offsetMicros"`
	ErrorMicros  int64 `json:"errorMicros" doc:"By how much the offset may be wrong."`
	Jumps        int   `json:"jumps" doc:"How often the clock was seen to jump."`
}

// A Finding is something about a node that breaks or weakens a promise.
type Finding struct {
	Code  string `json:"code"`
	Grave bool   `json:"grave" doc:"True when it breaks a promise."`
	Text  string `json:"text"`
	Mend  string `json:"mend" doc:"The command that mends it; may be empty."`
}

// A nodeState is what the watcher and the engine know of one node.
type nodeState struct {
	watcher.NodeStatus
	believed lockengine.NodeStatus
	// engaged is false where there is no engine to believe anything.
	engaged bool
	// findings are those of both.
	findings []Finding
}

// nodeStates joins what the watcher sees with what the engine believes. Without
// an engine, nodes that are up count as voting.
func nodeStates(board *watcher.Board, engine *lockengine.Engine) []nodeState {
	seen := board.Nodes()
	states := make([]nodeState, len(seen))
	var believed []lockengine.NodeStatus
	if engine != nil {
		believed = engine.Status()
	}
	for i, n := range seen {
		states[i] = nodeState{NodeStatus: n, believed: lockengine.NodeStatus{Votes: n.Up}}
		if i < len(believed) {
			states[i].believed, states[i].engaged = believed[i], true
		}
		states[i].findings = joinFindings(states[i].believed.Findings, watchFindings(n, board.Patterns()))
	}
	return states
}

// alike reports whether two states of a node differ in nothing but what
// changes all the time.
func (n nodeState) alike(m nodeState) bool {
	x, y := n.NodeStatus, m.NodeStatus
	x.RTT, x.Keys, x.Synced = y.RTT, y.Keys, y.Synced
	x.Cost, x.Missed = y.Cost, y.Missed
	x.StartedAt = y.StartedAt // by uptime: it wavers; a restart has another RunID
	a, b := n.believed, m.believed
	return x == y && a.Votes == b.Votes && a.OutWhy == b.OutWhy && a.OutUntil.Equal(b.OutUntil) &&
		a.Jumps == b.Jumps && len(n.findings) == len(m.findings)
}

func toNode(n nodeState) Node {
	node := Node{
		ID: n.ID, Address: n.Address, Up: n.Up, Error: nullable(n.Error), Since: Time{n.Since},
		RTTMicros: micros(n.RTT), Version: n.Version, Mode: n.Mode, Role: n.Role, RunID: n.RunID,
		Masters: append([]string{}, strings.Fields(n.Masters)...), Failover: Time{n.Failover},
		StartedAt: Time{n.StartedAt}, Notifications: string(n.Notifications), Keys: n.Keys, Synced: Time{n.Synced},
		AppendOnly: n.Append, Fsync: nullable(n.Fsync), Eviction: nullable(n.Eviction), MaxMemory: n.MaxMemory,
		Missed: n.Missed, Gaps: n.Gaps, Cost: toCost(n.Cost),
		Votes: n.Up && n.believed.Votes, Findings: n.findings,
	}
	if n.believed.OutWhy != "" {
		node.Quarantine = &Quarantine{Until: Time{n.believed.OutUntil}, Reason: n.believed.OutWhy}
	}
	if n.believed.ClockKnown {
		node.Clock = &Clock{
			OffsetMicros: n.believed.Clock.Microseconds(), ErrorMicros: n.believed.ClockError.Microseconds(),
			Jumps: n.believed.Jumps,
		}
	}
	return node
}

func toCost(c watcher.Cost) Cost {
	return Cost{
		OperationsPerSecond: int(math.Round(c.OperationsPerSecond)), BytesPerSecond: int(math.Round(c.BytesPerSecond)),
		Budget: c.Budget, Operations: c.Operations, BytesIn: c.BytesIn, BytesOut: c.BytesOut,
	}
}

func toNodes(states []nodeState) []Node {
	list := make([]Node, len(states))
	for i, n := range states {
		list[i] = toNode(n)
	}
	return list
}

type nodesOutput struct {
	Body struct {
		Nodes      []Node `json:"nodes" nullable:"false"`
		Quorum     int    `json:"quorum" doc:"How many nodes have to say yes."`
		MaxDrift   *int64 `json:"maxClockDriftMicros" doc:"By how much the clocks of nodes may differ; null where no lock is taken."`
		ServerTime Time   `json:"serverTime"`
	}
}

func (s *Server) listNodes(context.Context, *struct{}) (*nodesOutput, error) {
	out := &nodesOutput{}
	out.Body.Nodes = toNodes(nodeStates(s.board, s.engine))
	out.Body.Quorum = s.board.Quorum()
	out.Body.MaxDrift = micros(s.maxDrift())
	out.Body.ServerTime = Time{time.Now()}
	return out, nil
}

// maxDrift is by how much the clocks of the nodes may differ, 0 where nobody goes
// by them.
func (s *Server) maxDrift() time.Duration {
	if s.engine == nil {
		return 0
	}
	return s.engine.Config().ClockDrift
}

type admitInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		Node string `json:"node" doc:"The id of the node."`
	}
}

type admitOutput struct {
	Body struct {
		Node Node `json:"node"`
	}
}

// admitTimeout bounds how long a node may take to be told.
const admitTimeout = 3 * time.Second

// admit ends the quarantine of a node by hand.
func (s *Server) admit(ctx context.Context, in *admitInput, entry *journal.Entry) (*admitOutput, error) {
	entry.Node = shorten(in.Body.Node)
	states := nodeStates(s.board, s.engine)
	at := -1
	for i := range states {
		if states[i].ID == in.Body.Node {
			at = i
		}
	}
	switch {
	case at < 0:
		return nil, problem(http.StatusNotFound, codeNotFound, "there is no node of that id")
	case states[at].believed.OutWhy == "":
		return nil, problem(http.StatusConflict, codeNotQuarantined, "node "+in.Body.Node+" does not sit out")
	}
	telling, cancel := context.WithTimeout(ctx, admitTimeout)
	defer cancel()
	if err := s.engine.Admit(telling, in.Body.Node); err != nil {
		return nil, problem(http.StatusServiceUnavailable, codeNodeDown, err.Error())
	}
	entry.Detail = "although: " + states[at].believed.OutWhy
	s.log.Warn("a node was admitted by hand", "node", in.Body.Node, "although", states[at].believed.OutWhy)
	out := &admitOutput{}
	out.Body.Node = toNode(nodeStates(s.board, s.engine)[at])
	return out, nil
}
