package watcher

import (
	"slices"
	"strings"
	"sync"
)

// A nameOrder keeps the entries sorted by name, for queries that go through
// them without holding the Board: what it hands out never changes. It sorts
// only when it is asked and only what was added since, so that a first scan of
// many names costs one sort.
type nameOrder struct {
	mu     sync.Mutex // guards sorted; whoever takes it may take the Board's after it
	sorted []named

	// The Board's mutex guards these.
	added []*entry
	gone  bool // sorted or added may hold deleted entries
}

// A named is an entry with its name in lower case beside it, so that a search
// need not follow the pointer.
type named struct {
	folded string
	*entry
}

// add puts in an entry that is not in yet. The caller holds the Board's mutex.
func (o *nameOrder) add(e *entry) { o.added = append(o.added, e) }

// remove takes out an entry whose gone is set. The caller holds the Board's
// mutex.
func (o *nameOrder) remove() { o.gone = true }

// update brings the order up to date with what was added and whether something
// is gone, and returns it. The caller holds mu.
func (o *nameOrder) update(added []*entry, gone bool) []named {
	if len(added) == 0 && !gone {
		return o.sorted
	}
	fresh := make([]named, 0, len(added))
	for _, e := range added {
		if !e.gone.Load() {
			fresh = append(fresh, named{fold(e.name), e})
		}
	}
	slices.SortFunc(fresh, byName)
	merged := make([]named, 0, len(o.sorted)+len(fresh))
	for _, n := range o.sorted {
		if gone && n.gone.Load() {
			continue
		}
		for len(fresh) > 0 && byName(fresh[0], n) < 0 {
			merged = append(merged, fresh[0])
			fresh = fresh[1:]
		}
		merged = append(merged, n)
	}
	o.sorted = append(merged, fresh...)
	return o.sorted
}

func byName(a, b named) int { return strings.Compare(a.name, b.name) }

// fold returns s in lower case; s itself where it is, so that it costs no
// memory.
func fold(s string) string { return strings.ToLower(s) }
