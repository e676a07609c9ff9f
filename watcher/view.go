package watcher

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lockscope/lockscope/lockengine"
)

// A Query selects a part of what is on a Board.
type Query struct {
	// Text selects names where the name, owner, library or fingerprint
	// contains it, whatever the case.
	Text string
	// State selects names in that state; StateHeld also those that are
	// expiring. Empty selects all, the free ones too.
	State State
	// Sort is "name" (the default), "state" (what needs attention first),
	// "expires" (soonest first) or "since" (longest held first), and with a
	// leading "-" the other way round. Names that have no such time come last
	// in any case.
	Sort string
	// Offset and Limit select a slice of the sorted names. A Limit of 0 is no
	// limit.
	Offset int
	Limit  int
}

// A View is the answer to a Query.
type View struct {
	Locks []Lock
	// Total is how many names the query selects, before Offset and Limit.
	Total int
	// Counts are of all names, not only of those selected.
	Counts Counts
	// Seq is the number of the last change that is included.
	Seq uint64
}

// Counts are the numbers of names by state.
func (b *Board) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts
}

// Window returns the part of the Board that q selects.
func (b *Board) Window(q Query) View {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	selected := b.order.entries()
	if q.Text != "" || q.State != "" {
		text := strings.ToLower(q.Text)
		all := selected
		selected = make([]*entry, 0, 64)
		for _, e := range all {
			if e.inState(q.State) && e.contains(text) {
				selected = append(selected, e)
			}
		}
	}
	selected = sorted(selected, q.Sort, c)
	v := View{Total: len(selected), Counts: b.counts, Seq: b.log.last}
	from := min(max(q.Offset, 0), len(selected))
	to := len(selected)
	if q.Limit > 0 {
		to = min(to-from, q.Limit) + from
	}
	v.Locks = make([]Lock, 0, to-from)
	for _, e := range selected[from:to] {
		v.Locks = append(v.Locks, b.view(e, c))
	}
	return v
}

// inState reports whether a query for the state selects the entry.
func (e *entry) inState(s State) bool {
	return s == "" || s == e.state || s == StateHeld && e.state == StateExpiring
}

// contains reports whether a query for the text, in lower case, selects the
// entry.
func (e *entry) contains(text string) bool {
	if containsFold(e.name, text) {
		return true
	}
	l := e.leader
	return l != nil && (containsFold(l.owner, text) || containsFold(l.library, text) ||
		containsFold(l.fingerprint, text))
}

// containsFold reports whether s in lower case contains text. It allocates
// nothing for ASCII, since a query asks it of every name.
func containsFold(s, text string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.Contains(strings.ToLower(s), text)
		}
	}
	for i := 0; i+len(text) <= len(s); i++ {
		j := 0
		for j < len(text) && lower(s[i+j]) == text[j] {
			j++
		}
		if j == len(text) {
			return true
		}
	}
	return false
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// attention orders the states by how much they need it.
var attention = map[State]int{
	StateContested: 0, StateUnknown: 1, StateResidue: 2,
	StateExpiring: 3, StateHeld: 4, StateFree: 5,
}

// sorted returns the entries, which are sorted by name, in the order asked for.
// Ties stay by name. It does not change its argument.
func sorted(entries []*entry, by string, c clock) []*entry {
	by, down := strings.CutPrefix(by, "-")
	sign := 1
	if down {
		sign = -1
	}
	switch by {
	case "state":
		entries = slices.Clone(entries)
		slices.SortStableFunc(entries, func(x, y *entry) int {
			return sign * cmp.Compare(attention[x.state], attention[y.state])
		})
	case "expires":
		entries = sortedByTime(entries, sign, func(e *entry) instant { return e.ends })
	case "since":
		entries = sortedByTime(entries, sign, func(e *entry) instant {
			if e.leader == nil {
				return never
			}
			return c.instant(e.leader.since(c))
		})
	default:
		if down {
			entries = slices.Clone(entries)
			slices.Reverse(entries)
		}
	}
	return entries
}

// sortedByTime returns the entries by a time of theirs, those with never last.
func sortedByTime(entries []*entry, sign int, at func(*entry) instant) []*entry {
	type keyed struct {
		*entry
		at instant
	}
	keys := make([]keyed, len(entries))
	for i, e := range entries {
		keys[i] = keyed{e, at(e)}
	}
	slices.SortStableFunc(keys, func(x, y keyed) int {
		if x.at == never || y.at == never {
			return cmp.Compare(x.at, y.at)
		}
		return sign * cmp.Compare(x.at, y.at)
	})
	out := make([]*entry, len(keys))
	for i, k := range keys {
		out[i] = k.entry
	}
	return out
}

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
	var lease managedLease
	if id := e.leader; id != nil {
		lease, l.Holder.Managed = b.managed.lease(e.name, id.fingerprint)
		if !l.Holder.Managed {
			lease = managedLease{}
		}
		l.Holder.Fingerprint, l.Holder.Library = id.fingerprint, id.library
		l.Holder.Owner = cmp.Or(id.owner, lease.owner)
		l.Holder.Since = id.since(c)
		l.Fence = lease.fence
	}
	if w, ok := b.managed.queue(e.name); ok {
		l.Waiters = w
	} else {
		l.Waiters.Visible = l.Holder.Managed
	}
	for i := range b.nodes {
		n, cell := &b.nodes[i], &e.cells[i]
		taken := lease.vote(n.status.ID)
		vote := Vote{Node: n.status.ID, Vote: n.vote(cell), RTT: taken.RTT, Reason: taken.Reason}
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
