package watcher

import (
	"container/list"
	"sync/atomic"
	"time"
)

// An entry is what the Board knows of one name.
type entry struct {
	name  string
	cells []cell // one per node, in their order
	verdict
	seq uint64
	// heapIndex is the entry's place in the dueHeap, -1 when it has none;
	// heapAt is when it is due.
	heapIndex int
	heapAt    instant
	// quiet is the entry's place in the list of those without a live token,
	// nil while there is one.
	quiet *list.Element
	gone  atomic.Bool // deleted from the Board
	// shown is the entry as queries see it, never nil once its first refresh is
	// over. Queries go by it, gone and name alone, without the Board's mutex.
	shown atomic.Pointer[shownEntry]
	// open is true while a quorum of nodes reports the name free.
	open bool
	// hold is who holds the lock, as far as is known: the last token with a
	// quorum, while nodes that do not say may make one for it. It is nil when
	// there is none.
	hold *hold
	// claims are holds that lost their quorum and are not done with.
	claims []*hold
	// overlaps are the pairs of holders that were told, flagged is until when
	// the name is flagged for them, and meets when to look for them again.
	overlaps       []string
	flagged, meets instant
	// contested is since when rivals split the votes, never while they do not
	// and once it was told.
	contested instant
}

// A cell is what one node said of one name.
type cell struct {
	// ident is the token found, nil when there was none or its deadline has
	// passed.
	ident    *ident
	typ      string
	detail   *detail // nil when there is nothing to tell
	deadline instant
	// read is when it was confirmed.
	read instant
	// scan is the number of the scan of the node during or after which it was
	// read, 0 for never.
	scan uint32
	// unreadable is true when the node refused to tell.
	unreadable bool
}

// An ident is a token as far as it may be shown. The cells of an entry that
// hold the same token share one.
type ident struct {
	fingerprint string
	owner       string
	library     string
	origin      *origin   // nil when it is not known
	at          time.Time // when it was taken by the clock of its holder, or zero
	seen        instant   // when it was first seen
	// opaque is true when another value need not be another holder's: it was
	// not read, or is one of several holders.
	opaque bool
	// words is what a search finds: owner, library and fingerprint in lower
	// case.
	words string
	// renewed is when its lease was last made longer on a node, 0 for never.
	renewed instant
}

// A verdict is what the votes on a name come to.
type verdict struct {
	state State
	flags flagSet
	// leader is the token that most nodes hold, nil when there is none.
	leader *ident
	// ends is when the leader's quorum ends, never when it has none or no
	// expiry.
	ends instant
}

// A flagSet is a set of warnings.
type flagSet uint8

const (
	flagNoExpiry flagSet = 1 << iota
	flagTokensDiffer
	flagTTLsDiffer
	flagFenceBack
	flagOverlap
)

var flagNames = []struct {
	flag flagSet
	name string
}{
	{flagNoExpiry, "no-expiry"},
	{flagTokensDiffer, "tokens-differ"},
	{flagTTLsDiffer, "ttls-differ"},
	{flagFenceBack, "fence-back"},
	{flagOverlap, "overlap"},
}

// names returns the flags in words, never nil.
func (f flagSet) names() []string {
	names := []string{}
	for _, n := range flagNames {
		if f&n.flag != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// same reports whether v and w show the same.
func (v verdict) same(w verdict) bool {
	return v.state == w.state && v.flags == w.flags && v.ends == w.ends &&
		(v.leader == w.leader || v.leader != nil && w.leader != nil && *v.leader == *w.leader)
}

// find returns the ident with the fingerprint among the cells, or nil.
func (e *entry) find(fingerprint string) *ident {
	for i := range e.cells {
		if id := e.cells[i].ident; id != nil && id.fingerprint == fingerprint {
			return id
		}
	}
	return nil
}

// lapse ends the cells whose deadline has passed and calls ended for each.
func (e *entry) lapse(now instant, ended func(node int, token *ident)) {
	for i := range e.cells {
		if c := &e.cells[i]; c.ident != nil && c.deadline <= now {
			token := c.ident
			c.ident, c.typ, c.detail = nil, "", nil
			ended(i, token)
		}
	}
}

// evidence reports whether any node, reachable or not, was seen with a token
// that has not run out.
func (e *entry) evidence() bool {
	for i := range e.cells {
		if e.cells[i].ident != nil {
			return true
		}
	}
	return false
}
