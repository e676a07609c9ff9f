package lockengine

import (
	"context"
	"fmt"
	"time"
)

// A NodeStatus is what an engine knows and believes of a node.
type NodeStatus struct {
	ID string
	// Up is true while the node answers; UpSince is since when, and Error why
	// not.
	Up      bool
	UpSince time.Time
	Error   string
	// Votes is true when its votes count. Otherwise OutUntil is when they will
	// again, zero when that is not known, and OutWhy why they do not.
	Votes    bool
	OutUntil time.Time
	OutWhy   string
	// RTT is the last round trip of a question about health.
	RTT time.Duration
	// Clock is how far the node's clock is ahead of this process's, and
	// ClockError by how much that may be wrong. Jumps counts how often it was
	// seen to jump.
	Clock, ClockError time.Duration
	ClockKnown        bool
	Jumps             int
	// Findings are what an operator should mend.
	Findings []Finding
}

// Status returns what the engine believes of each node, in their order.
func (e *Engine) Status() []NodeStatus {
	out := make([]NodeStatus, len(e.members))
	for i, m := range e.members {
		out[i] = m.status()
	}
	median, medianError := time.Duration(e.offset.Load()), time.Duration(0)
	for i := range out {
		if out[i].ClockKnown && out[i].Clock == median {
			medianError = out[i].ClockError
		}
	}
	for i := range out {
		s := &out[i]
		if off := s.Clock - median; s.ClockKnown && off.Abs() > e.cfg.ClockDrift+s.ClockError+medianError {
			s.Findings = append(s.Findings, Finding{Code: "clock", Grave: true,
				Text: fmt.Sprintf("its clock differs by %s from the median of the nodes, more than the %s allowed; set it on its host",
					off.Round(time.Millisecond), e.cfg.ClockDrift),
				Mend: "chronyc makestep"})
		}
	}
	return out
}

func (m *member) status() NodeStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := NodeStatus{ID: m.node.ID(), Up: m.open.Load() == nil, UpSince: m.upSince, RTT: m.rtt, Jumps: m.clock.jumps}
	if m.lastErr != nil && !(s.Up && m.met) {
		s.Error = m.lastErr.Error()
	}
	if best, ok := m.clock.best(); ok {
		s.Clock, s.ClockError, s.ClockKnown = best.offset, best.err, true
	}
	s.Votes = m.met && !m.sitsOutLocked()
	if !s.Votes && m.met {
		s.OutUntil, s.OutWhy = m.outUntil, m.outWhy
	}
	if m.health != nil {
		s.Findings = m.health.findings()
	}
	return s
}

// quarantineReason says why the node sits out. For how much longer is in
// Status, where it can be counted down.
func (m *member) quarantineReason() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return orElse(m.outWhy, "it sat out")
}

// strangerReason says why the node's votes do not count although it answers
// and sits out for nothing.
func (m *member) strangerReason() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lastErr != nil {
		return "not known yet: " + m.lastErr.Error()
	}
	return "not known yet: its memory marker has not been read"
}

// Admit lets a node vote although its quarantine is not over: a lock that it
// has forgotten may then be given to a second holder. All engines follow.
//
//   - *ArgumentError: there is no such node.
//   - an error that says why the node could not be told.
//   - the context's error.
func (e *Engine) Admit(ctx context.Context, node string) error {
	if err := checkContext(ctx); err != nil {
		return err
	}
	for _, m := range e.members {
		if m.node.ID() != node {
			continue
		}
		done := make(chan error, 1)
		m.admit(func(err error) { done <- err })
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return &ArgumentError{Field: "node", Got: fmt.Sprintf("%q", node), Want: "the ID of a node"}
}
