package watcher

import (
	"cmp"
	"math"
	"slices"
	"strings"
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

// Window returns the part of the Board that q selects. It goes through the names
// without holding the Board, so what changes meanwhile may show already, under a
// number after Seq.
func (b *Board) Window(q Query) View {
	order, v := b.snapshot()
	var found []*entry
	found, v.Total = q.find(order)
	b.show(&v, found)
	return v
}

// Among returns the part that q selects of the names that are held with these
// tokens: the fingerprint by name.
func (b *Board) Among(tokens map[string]string, q Query) View {
	_, v := b.snapshot()
	order := make([]named, 0, len(tokens))
	b.mu.Lock()
	for name, token := range tokens {
		if e := b.entries[name]; e != nil && e.leader != nil && e.leader.fingerprint == token {
			order = append(order, named{fold(name), e})
		}
	}
	b.mu.Unlock()
	slices.SortFunc(order, byName)
	var found []*entry
	found, v.Total = q.find(order)
	b.show(&v, found)
	return v
}

// Touch tells the subscribers of a change of name that the Board does not know
// of, so that they look at it again.
func (b *Board) Touch(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[name]; e != nil {
		b.announce(e)
	}
}

// snapshot returns all names in order and a View with the numbers of now.
func (b *Board) snapshot() ([]named, View) {
	b.order.mu.Lock()
	defer b.order.mu.Unlock()
	b.mu.Lock()
	b.digest(b.clock())
	added, gone := b.order.added, b.order.gone
	b.order.added, b.order.gone = nil, false
	v := View{Counts: b.counts, Seq: b.log.last}
	b.mu.Unlock()
	return b.order.update(added, gone), v
}

// showStep is how many rows are made in one go, so that a long list does not
// hold up the Board.
const showStep = 200

// show puts the locks of the entries into v.
func (b *Board) show(v *View, found []*entry) {
	v.Locks = make([]Lock, 0, len(found))
	for part := range slices.Chunk(found, showStep) {
		b.mu.Lock()
		c := b.clock()
		for _, e := range part {
			if !e.gone.Load() {
				v.Locks = append(v.Locks, b.view(e, c))
			}
		}
		b.mu.Unlock()
	}
}

// A shownEntry is what a query asks of an entry. It never changes: a change of the
// entry brings another one.
type shownEntry struct {
	state  State
	leader *ident
	// ends is when the holder's quorum ends, and since when the leader was
	// taken, never when that is not so.
	ends, since instant
}

// publish lets queries see the entry as it is now. The caller holds the Board's
// mutex.
func (e *entry) publish(c clock) {
	now := shownEntry{state: e.state, leader: e.leader, ends: e.ends, since: never}
	if old := e.shown.Load(); old != nil && old.state == now.state && old.leader == now.leader && old.ends == now.ends {
		return
	}
	if e.leader != nil {
		now.since = c.instant(e.leader.since(c))
	}
	e.shown.Store(&now)
}

// find returns the entries that q selects, in its order and cut to its window,
// and how many there are without the cut.
func (q Query) find(order []named) (window []*entry, total int) {
	text := fold(q.Text)
	rank := ranks[strings.TrimPrefix(q.Sort, "-")]
	sign := int64(1)
	if strings.HasPrefix(q.Sort, "-") {
		sign = -1
	}
	all := text == "" && q.State == ""
	if all && rank == nil && sign > 0 {
		from, to := q.bounds(len(order))
		for _, n := range order[from:to] {
			window = append(window, n.entry)
		}
		return window, len(order)
	}
	best := picker{limit: q.last()}
	for i := range order {
		s := order[i].shown.Load()
		if !all && !(q.inState(s) && matches(order[i].folded, s, text)) {
			continue
		}
		r := ranked{entry: order[i].entry, at: total, rank: int64(total)}
		if rank != nil {
			r.rank = int64(rank(s))
		}
		if r.rank != math.MaxInt64 {
			r.rank *= sign
		}
		best.add(r)
		total++
	}
	from, to := q.bounds(total)
	for _, r := range best.sorted()[from:to] {
		window = append(window, r.entry)
	}
	return window, total
}

// bounds returns what is to be shown of n entries.
func (q *Query) bounds(n int) (from, to int) {
	from, to = min(max(q.Offset, 0), n), n
	if q.Limit > 0 {
		to = min(to-from, q.Limit) + from
	}
	return from, to
}

// ranks are what entries are sorted by; those with a rank of never come last in
// any case. Sorting by name has none.
var ranks = map[string]func(*shownEntry) instant{
	"state":   func(s *shownEntry) instant { return attention[s.state] },
	"expires": func(s *shownEntry) instant { return s.ends },
	"since":   func(s *shownEntry) instant { return s.since },
}

// attention orders the states by how much they need it.
var attention = map[State]instant{
	StateContested: 0, StateUnknown: 1, StateResidue: 2,
	StateExpiring: 3, StateHeld: 4, StateFree: 5,
}

// A ranked is an entry with what it is sorted by; at decides between equals.
type ranked struct {
	*entry
	rank int64
	at   int
}

func (x ranked) compare(y ranked) int {
	return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.at, y.at))
}

// maxPicked is up to where the first of many are picked rather than all sorted.
const maxPicked = 1024

// A picker picks the first of many, or sorts all.
type picker struct {
	limit int // how many are wanted, 0 for all
	best  []ranked
}

func (p *picker) add(r ranked) {
	n := len(p.best)
	switch {
	case p.limit == 0 || p.limit > maxPicked || n < p.limit && (n == 0 || r.compare(p.best[n-1]) > 0):
		p.best = append(p.best, r)
	case n < p.limit || r.compare(p.best[n-1]) < 0:
		at, _ := slices.BinarySearchFunc(p.best, r, ranked.compare)
		p.best = slices.Insert(p.best, at, r)
		p.best = p.best[:min(len(p.best), p.limit)]
	}
}

// sorted returns those that were picked, in order.
func (p *picker) sorted() []ranked {
	if p.limit == 0 || p.limit > maxPicked {
		slices.SortFunc(p.best, ranked.compare)
	}
	return p.best
}

// last returns up to where the order is of interest, 0 for all.
func (q *Query) last() int {
	if q.Limit <= 0 {
		return 0
	}
	return max(q.Offset, 0) + q.Limit
}

// inState reports whether the query selects entries in the state.
func (q *Query) inState(s *shownEntry) bool {
	return q.State == "" || q.State == s.state || q.State == StateHeld && s.state == StateExpiring
}

// matches reports whether a query for the text, in lower case, selects an entry
// of that name.
func matches(folded string, s *shownEntry, text string) bool {
	return strings.Contains(folded, text) || s.leader != nil && strings.Contains(s.leader.words, text)
}
