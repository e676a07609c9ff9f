package watcher

import (
	"slices"
	"time"

	"github.com/lockscope/lockscope/watcher/format"
)

const (
	// overlapShown is how long a name is flagged at least after an overlap.
	overlapShown = 10 * time.Second
	// maxOverlaps is how many pairs of holders of one name are remembered, so
	// that each is told once.
	maxOverlaps = 8
)

// An Overlap is two holders of one lock whose times meet: what a lock is there
// to prevent.
type Overlap struct {
	Name string
	// First and Second are the fingerprints of the two tokens, in the order in
	// which they were taken.
	First, Second string
	// At is from when both were held, and Until until when both may be
	// believed in.
	At, Until time.Time
	// Flagged is true when the name was flagged already, because of others.
	Flagged bool
}

// A believer is a token whose holder may go by it.
type believer struct {
	hold        *hold // nil for a token without a quorum
	fingerprint string
	from, until instant
	// renewed is when its lease was last made longer. A token that never had a
	// quorum proves nothing but by being renewed beside another one, or if its
	// library goes by one node that said yes.
	renewed instant
}

// believers are the tokens on a name whose holders may believe in them: the
// one with a quorum, those that have lost theirs unawares, and those whose
// lease is renewed although they have none.
func (e *entry) believers(votes *ballot) []believer {
	var all []believer
	for h := range e.holds() {
		if h == e.hold && h.over == never || h.believed {
			all = append(all, believer{hold: h, fingerprint: h.fingerprint, from: h.from, until: h.until, renewed: never})
		}
	}
	for _, t := range votes.tokens {
		known := slices.ContainsFunc(all, func(x believer) bool { return x.fingerprint == t.ident.fingerprint })
		if known || t.ident.opaque {
			continue
		}
		x := believer{
			fingerprint: t.ident.fingerprint, from: t.ident.seen, until: slices.Max(t.deadlines), renewed: t.ident.renewed,
		}
		if t.ident.library == format.Sample {
			x.renewed = never
		}
		if x.renewed != 0 {
			all = append(all, x)
		}
	}
	return all
}

// meet looks for two holders at the same time and returns when to look again.
//
// Both have to be there for longer than clocks and the network explain, so a
// hand-over is none: its first holder has deleted its token, which an event
// tells. Nor is what an attempt left behind: nobody renews it.
func (b *Board) meet(e *entry, votes *ballot, c clock) (next instant) {
	if len(e.claims) == 0 && len(votes.tokens) < 2 {
		return never
	}
	next = never
	all := e.believers(votes)
	for i := range all {
		for j := range i {
			x, y := all[j], all[i]
			if y.from < x.from {
				x, y = y, x
			}
			sure := y.from.add(b.margin())
			switch {
			case min(x.until, y.until) <= sure || x.renewed < sure || y.renewed < sure:
			case c.now < sure:
				next = min(next, sure)
			default:
				b.overlapped(e, x, y, c)
				e.flagged = max(e.flagged, min(c.now.add(overlapShown), x.until, y.until))
			}
		}
	}
	return next
}

// overlapped notes that two holders meet, once for each two.
func (b *Board) overlapped(e *entry, x, y believer, c clock) {
	pair := x.fingerprint + y.fingerprint
	if slices.Contains(e.overlaps, pair) {
		return
	}
	if len(e.overlaps) == maxOverlaps {
		e.overlaps = slices.Delete(e.overlaps, 0, 1)
	}
	e.overlaps = append(e.overlaps, pair)
	b.overlapCount++
	b.alarms = append(b.alarms, Overlap{
		Name: e.name, First: x.fingerprint, Second: y.fingerprint,
		At: c.time(y.from), Until: c.time(min(x.until, y.until)), Flagged: c.now < e.flagged,
	})
	b.poke() // run tells of it
	e.flagged = c.now.add(overlapShown)
	if x.hold != nil && x.hold.over != never {
		x.hold.how = EndedOverlapped
	}
	a := Activity{
		At: c.wall, Kind: ActivityOverlap, Name: e.name, Fingerprint: x.fingerprint, Other: y.fingerprint,
		Text: "a second holder took the lock while the first may still believe that it has it",
	}
	if h := x.hold; h != nil {
		a.Owner, a.Library, a.Fence, a.Managed = h.owner, h.library, h.fence, h.managed
	}
	b.happened(a)
}

// Overlaps returns how many pairs of holders whose times met were seen.
func (b *Board) Overlaps() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.overlapCount
}
