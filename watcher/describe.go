package watcher

import (
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

// An origin is what a token tells of where it comes from, beside its owner and
// library.
type origin struct {
	confidence format.Confidence
	also       []string
	host       string
	pid        int
	validUntil time.Time
}

// originOf returns what m tells, nil when it is nothing.
func originOf(m format.Match) *origin {
	if m.Confidence == "" {
		return nil
	}
	return &origin{confidence: m.Confidence, also: m.Also, host: m.Host, pid: m.PID, validUntil: m.ValidUntil}
}

// describe adds to l what the leader's token tells of its origin, and what the
// nodes that have it say beside it.
func (b *Board) describe(e *entry, l *Lock) {
	if e.leader == nil {
		return
	}
	if o := e.leader.origin; o != nil {
		l.Holder.Confidence, l.Holder.Also = string(o.confidence), o.also
		l.Holder.Host, l.Holder.PID, l.Holder.ValidUntil = o.host, o.pid, o.validUntil
	}
	for i := range e.cells {
		c := &e.cells[i]
		if d := c.detail; d != nil && c.ident != nil && c.ident.fingerprint == e.leader.fingerprint &&
			b.nodes[i].vote(c) == lockengine.VoteGranted {
			d.describe(l)
			return
		}
	}
}

// describe adds d to l. Who queues in this process is known better.
func (d *detail) describe(l *Lock) {
	l.Holder.Mode, l.Holder.Holds, l.Holder.Readers = string(d.mode), d.holds, d.readers
	if l.Fence == 0 {
		l.Fence = d.fence
	}
	if d.waiting > 0 && !l.Waiters.Visible {
		l.Waiters = Waiters{Visible: true, Count: d.waiting, Who: d.who}
	}
}
