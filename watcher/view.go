package watcher

import (
	"cmp"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// since returns when the token was taken, as far as it is known: a time in the
// token counts unless it lies in the future.
func (id *ident) since(c clock) time.Time {
	if id.at.IsZero() || id.at.After(c.wall) {
		return c.time(id.seen)
	}
	return id.at
}

// view returns a copy of an entry to show. The caller holds mu.
func (b *Board) view(e *entry, c clock) Lock {
	l := Lock{
		Name: e.name, State: e.state, Flags: e.flags.names(),
		ExpiresAt: c.time(e.ends), Seq: e.seq,
		Votes: make([]Vote, len(b.nodes)),
	}
	var lease *managedLease
	if id := e.leader; id != nil {
		l.Holder = Holder{Owner: id.owner, Fingerprint: id.fingerprint, Library: id.library, Since: id.since(c)}
		if lease = b.managed.lease(e.name, id.fingerprint); lease != nil {
			l.Holder.Managed, l.Holder.Note = true, lease.hold.note
			l.Holder.Owner = cmp.Or(id.owner, lease.hold.owner)
			l.Fence = lease.hold.fence
		}
	}
	if w, ok := b.managed.waiters[e.name]; ok {
		l.Waiters = w
	} else {
		l.Waiters.Visible = l.Holder.Managed
	}
	for i := range b.nodes {
		n, cell := &b.nodes[i], &e.cells[i]
		taken := lease.vote(n.status.ID)
		vote := Vote{Node: n.status.ID, Vote: n.vote(cell), RTT: taken.RTT, Said: taken.Vote, SaidReason: taken.Reason}
		live := cell.ident != nil && (vote.Vote == lockengine.VoteGranted || vote.Vote == lockengine.VoteQuarantined)
		if vote.Vote == lockengine.VoteGranted && cell.ident.fingerprint != e.leader.fingerprint {
			vote.Vote = lockengine.VoteOther
		}
		if live {
			vote.Fingerprint, vote.Type = cell.ident.fingerprint, cell.typ
			vote.ExpiresAt = c.time(cell.deadline)
		}
		switch {
		case vote.Vote == lockengine.VoteQuarantined:
			vote.Reason = n.standing.why
		case vote.Vote == lockengine.VoteDown || vote.Vote == lockengine.VoteTimeout:
			vote.Reason = n.status.Error
		}
		l.Votes[i] = vote
	}
	b.describe(e, &l)
	return l
}
