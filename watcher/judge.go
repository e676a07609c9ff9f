package watcher

import (
	"slices"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// expiringWithin is how long before the end a held lock is called expiring.
const expiringWithin = time.Second

// networkAllowance is how far apart the deadlines of one lock may be on
// different nodes, beyond the drift of their clocks, because an attempt reached
// them one after the other.
const networkAllowance = 100 * time.Millisecond

// A ballot is the votes on one name, ready to be judged.
type ballot struct {
	tokens  []tally
	unknown int // nodes that did not say
	free    int // nodes that said that there is no key
}

// A tally is the nodes that hold one token.
type tally struct {
	ident     *ident
	deadlines []instant
}

// judge says what the votes come to. quorum is of the configured nodes, and
// drift is by how much the clocks of the nodes may differ.
func judge(b *ballot, quorum int, drift time.Duration, now instant) verdict {
	v := verdict{state: StateFree, ends: never}
	if len(b.tokens) == 0 {
		if b.unknown >= quorum {
			v.state = StateUnknown
		}
		return v
	}
	leader := &b.tokens[0]
	for i := range b.tokens {
		// The token of most nodes; of several, that of the smallest fingerprint.
		t := &b.tokens[i]
		d := len(t.deadlines) - len(leader.deadlines)
		if d > 0 || d == 0 && t.ident.fingerprint < leader.ident.fingerprint {
			leader = t
		}
	}
	v.leader = leader.ident
	v.flags = warnings(b, leader, drift)
	switch votes := len(leader.deadlines); {
	case votes >= quorum:
		v.state = StateHeld
		v.ends = nthLatest(leader.deadlines, quorum)
		if v.ends != never && v.ends.sub(now) <= expiringWithin {
			v.state = StateExpiring
		}
	case votes+b.unknown >= quorum:
		v.state = StateUnknown
	case len(b.tokens) > 1:
		v.state = StateContested
	default:
		v.state = StateResidue
	}
	return v
}

// warnings returns the flags of the votes.
func warnings(b *ballot, leader *tally, drift time.Duration) flagSet {
	var flags flagSet
	if len(b.tokens) > 1 {
		flags |= flagTokensDiffer
	}
	for _, t := range b.tokens {
		if slices.Contains(t.deadlines, never) {
			flags |= flagNoExpiry
		}
	}
	first, last := slices.Min(leader.deadlines), slices.Max(leader.deadlines)
	if first != last && (last == never || last.sub(first) > drift+networkAllowance) {
		flags |= flagTTLsDiffer
	}
	return flags
}

// nthLatest returns the n-th latest of the deadlines: until then n of them
// have not passed. It sorts them.
func nthLatest(deadlines []instant, n int) instant {
	slices.Sort(deadlines)
	return deadlines[len(deadlines)-n]
}

// count collects the votes of the nodes on an entry, in the memory of the
// ballot before.
func (b *ballot) count(nodes []boardNode, e *entry) {
	b.tokens, b.unknown, b.free = b.tokens[:0], 0, 0
	for i := range nodes {
		c := &e.cells[i]
		switch nodes[i].vote(c) {
		case lockengine.VoteFree:
			b.free++
		case lockengine.VoteGranted:
			at := slices.IndexFunc(b.tokens, func(t tally) bool {
				return t.ident.fingerprint == c.ident.fingerprint
			})
			if at < 0 {
				at = b.open(c.ident)
			}
			b.tokens[at].deadlines = append(b.tokens[at].deadlines, c.deadline)
		default:
			b.unknown++
		}
	}
}

// open adds a token without votes and returns its place.
func (b *ballot) open(token *ident) int {
	at := len(b.tokens)
	if at < cap(b.tokens) {
		b.tokens = b.tokens[:at+1]
	} else {
		b.tokens = append(b.tokens, tally{})
	}
	t := &b.tokens[at]
	t.ident, t.deadlines = token, t.deadlines[:0]
	return at
}
