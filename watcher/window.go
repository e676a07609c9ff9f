package watcher

import (
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
	// Owner selects names whose holder is called so, Library those whose holder
	// uses that library: LibraryUnknown those that are not recognised. Empty
	// selects all.
	Owner, Library string
	// Waiting selects names that somebody is seen to wait for.
	Waiting bool
	// Sort is "name" (the default), "state" (what needs attention first),
	// "owner" (or, where the holder has no name, its library), "expires" (soonest
	// first), "fence", "waiters" (fewest first) or "since" (longest held first),
	// and with a leading "-" the other way round. Names without what is sorted by
	// come last in any case, and names decide between equals.
	Sort string
	// Offset and Limit select a slice of the sorted names. A Limit of 0 is no
	// limit.
	Offset int
	Limit  int
}

// LibraryUnknown is the Query.Library of holders that are not recognised.
const LibraryUnknown = "unknown"

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
// without holding the Board. What changes meanwhile may show already, under a
// number after Seq, where the Board never rests long enough.
func (b *Board) Window(q Query) View {
	return b.look(q, func(order []named) []named { return order })
}

// Among returns the part that q selects of the names that are held with these
// tokens: the fingerprint by name.
func (b *Board) Among(tokens map[string]string, q Query) View {
	return b.look(q, func([]named) []named { return b.among(tokens) })
}

// maxLooks bounds how often a query is asked again because what it found changed
// before it was shown: who resumes from its Seq would get those rows twice.
const maxLooks = 16

func (b *Board) look(q Query, choose func(order []named) []named) View {
	for looks := 1; ; looks++ {
		order, v := b.snapshot()
		var found []*entry
		found, v.Total = q.find(choose(order))
		b.show(&v, found)
		if looks == maxLooks || !v.ahead() {
			return v
		}
	}
}

// ahead reports whether a lock is shown as it was after Seq.
func (v *View) ahead() bool {
	return slices.ContainsFunc(v.Locks, func(l Lock) bool { return l.Seq > v.Seq })
}

// among returns the names that are held with these tokens, in order.
func (b *Board) among(tokens map[string]string) []named {
	order := make([]named, 0, len(tokens))
	b.mu.Lock()
	for name, token := range tokens {
		if e := b.entries[name]; e != nil && e.leader != nil && e.leader.fingerprint == token {
			order = append(order, named{fold(name), e})
		}
	}
	b.mu.Unlock()
	slices.SortFunc(order, byName)
	return order
}

// Index returns how many names come before name of those that q selects, in its
// order, whatever Offset and Limit say; -1 where q does not select it. Where
// nothing but the order of names counts, the name need not be on the Board.
func (b *Board) Index(q Query, name string) int {
	order, _ := b.snapshot()
	return q.index(order, name)
}

// IndexAmong is Index for the names that are held with these tokens: the
// fingerprint by name.
func (b *Board) IndexAmong(tokens map[string]string, q Query, name string) int {
	b.snapshot() // what the engine told counts
	return q.index(b.among(tokens), name)
}

// Each calls f with the locks that q selects, a few at a time, each as it is when
// its turn comes, until f returns an error, which it returns.
func (b *Board) Each(q Query, f func([]Lock) error) error {
	order, _ := b.snapshot()
	return b.each(order, q, f)
}

// EachAmong is Each for the names that are held with these tokens: the
// fingerprint by name.
func (b *Board) EachAmong(tokens map[string]string, q Query, f func([]Lock) error) error {
	b.snapshot() // what the engine told counts
	return b.each(b.among(tokens), q, f)
}

func (b *Board) each(order []named, q Query, f func([]Lock) error) error {
	found, _ := q.find(order)
	for part := range slices.Chunk(found, showStep) {
		var v View
		b.show(&v, part)
		if err := f(v.Locks); err != nil {
			return err
		}
	}
	return nil
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

// find returns the entries that q selects, in its order and cut to its window,
// and how many there are without the cut.
func (q Query) find(order []named) (window []*entry, total int) {
	rank := ranks[strings.TrimPrefix(q.Sort, "-")]
	down := strings.HasPrefix(q.Sort, "-")
	selects := q.filter()
	if selects == nil && rank == nil && !down {
		from, to := q.bounds(len(order))
		for _, n := range order[from:to] {
			window = append(window, n.entry)
		}
		return window, len(order)
	}
	best := picker{limit: q.last(), down: down && rank != nil}
	for i := range order {
		s := order[i].shown.Load()
		if selects != nil && !selects(order[i].folded, s) {
			continue
		}
		r := ranked{entry: order[i].entry, at: total}
		switch {
		case rank != nil:
			r.rank = rank(s)
		case down:
			r.at = -total
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

// index is Index among names in order.
func (q Query) index(order []named, name string) int {
	if q.filter() == nil && (q.Sort == "" || q.Sort == "name") {
		at, _ := slices.BinarySearchFunc(order, name, func(n named, name string) int { return strings.Compare(n.name, name) })
		return at
	}
	q.Offset, q.Limit = 0, 0
	found, _ := q.find(order)
	return slices.IndexFunc(found, func(e *entry) bool { return e.name == name })
}

// filter reports whether the query selects an entry, by its name in lower case
// and what is shown of it. It is nil where everything is selected.
func (q Query) filter() func(folded string, s *shownEntry) bool {
	text := fold(q.Text)
	if text == "" && q.State == "" && q.Owner == "" && q.Library == "" && !q.Waiting {
		return nil
	}
	return func(folded string, s *shownEntry) bool {
		return q.inState(s) &&
			(!q.Waiting || s.waiters > 0) &&
			(q.Owner == "" || s.owner == q.Owner) &&
			(q.Library == "" || s.library() == q.Library) &&
			(text == "" || matches(folded, s, text))
	}
}

// bounds returns what is to be shown of n entries.
func (q *Query) bounds(n int) (from, to int) {
	from, to = min(max(q.Offset, 0), n), n
	if q.Limit > 0 {
		to = min(to-from, q.Limit) + from
	}
	return from, to
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
