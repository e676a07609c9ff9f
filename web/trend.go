package web

import (
	"context"
	"sync"
	"time"
)

const (
	// trendStep is how often the nodes are sampled, and trendLength how many
	// samples are kept: five minutes of them.
	trendStep   = time.Second
	trendLength = 300
)

// A trend is how the nodes were lately, so that a page need not be open to know.
type trend struct {
	mu      sync.Mutex // guards everything below
	samples []sample   // a ring once it is full; next is the oldest then
	next    int
}

// A sample is how all nodes were at one moment.
type sample struct {
	at    time.Time
	nodes []point
}

// A point is how one node was.
type point struct {
	rtt           time.Duration // 0 while it is down
	clockKnown    bool
	offset, error time.Duration
}

// run samples the nodes until ctx ends.
func (t *trend) run(ctx context.Context, states func() []nodeState) {
	ticker := time.NewTicker(trendStep)
	defer ticker.Stop()
	for {
		t.add(time.Now(), states())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// add keeps a sample in the place of the oldest one.
func (t *trend) add(now time.Time, states []nodeState) {
	s := sample{at: now, nodes: make([]point, len(states))}
	for i, n := range states {
		s.nodes[i] = point{rtt: n.RTT}
		if n.Up && n.believed.ClockKnown {
			s.nodes[i].clockKnown, s.nodes[i].offset, s.nodes[i].error = true, n.believed.Clock, n.believed.ClockError
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.samples) < trendLength {
		t.samples = append(t.samples, s)
		return
	}
	t.samples[t.next] = s
	t.next = (t.next + 1) % trendLength
}

// all returns the samples, oldest first.
func (t *trend) all() []sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]sample, 0, len(t.samples))
	all = append(all, t.samples[t.next:]...)
	return append(all, t.samples[:t.next]...)
}

// A NodeTrend is how one node was lately, a value for each of the moments.
type NodeTrend struct {
	ID           string   `json:"id"`
	RTTMicros    []*int64 `json:"rttMicros" nullable:"false" doc:"Null while the node was down."`
	OffsetMicros []*int64 `json:"offsetMicros" nullable:"false" doc:"How far its clock was ahead of the server's; null while that was not known."`
	ErrorMicros  []*int64 `json:"errorMicros" nullable:"false" doc:"By how much the offset may be wrong."`
}

type trendOutput struct {
	Body struct {
		At         []int64     `json:"at" nullable:"false" doc:"The moments in milliseconds since 1970, about a second apart, of the last five minutes at most."`
		Nodes      []NodeTrend `json:"nodes" nullable:"false"`
		ServerTime Time        `json:"serverTime"`
	}
}

// nodeTrend answers with how the nodes were lately.
func (s *Server) nodeTrend(context.Context, *struct{}) (*trendOutput, error) {
	out := &trendOutput{}
	samples := s.trend.all()
	out.Body.At = make([]int64, len(samples))
	for i, n := range s.board.Nodes() {
		line := NodeTrend{
			ID: n.ID, RTTMicros: make([]*int64, len(samples)),
			OffsetMicros: make([]*int64, len(samples)), ErrorMicros: make([]*int64, len(samples)),
		}
		for j, sample := range samples {
			p := sample.nodes[i]
			line.RTTMicros[j] = micros(p.rtt)
			if p.clockKnown {
				offset, wrong := p.offset.Microseconds(), p.error.Microseconds()
				line.OffsetMicros[j], line.ErrorMicros[j] = &offset, &wrong
			}
		}
		out.Body.Nodes = append(out.Body.Nodes, line)
	}
	for j, sample := range samples {
		out.Body.At[j] = sample.at.UnixMilli()
	}
	out.Body.ServerTime = Time{time.Now()}
	return out, nil
}
