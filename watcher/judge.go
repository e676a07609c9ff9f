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
func judge(b ballot, quorum int, drift time.Duration, now instant) verdict {
	v := verdict{state: StateFree, ends: never}
	if len(b.tokens) == 0 {
		if b.unknown >= quorum {
			v.state = StateUnknown
		}
		return v
	}
	leader := slices.MinFunc(b.tokens, func(x, y tally) int {
		if d := len(y.deadlines) - len(x.deadlines); d != 0 {
			return d // the token of most nodes first
		}
		if x.ident.fingerprint < y.ident.fingerprint {
			return -1
		}
		return 1
	})
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
func warnings(b ballot, leader tally, drift time.Duration) flagSet {
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
// have not passed.
func nthLatest(deadlines []instant, n int) instant {
	sorted := slices.Clone(deadlines)
	slices.Sort(sorted)
	return sorted[len(sorted)-n]
}

// ballotOf collects the votes of the nodes on an entry.
func ballotOf(nodes []boardNode, e *entry) ballot {
	var b ballot
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
				at = len(b.tokens)
				b.tokens = append(b.tokens, tally{ident: c.ident})
			}
			b.tokens[at].deadlines = append(b.tokens[at].deadlines, c.deadline)
		default:
			b.unknown++
		}
	}
	return b
}
