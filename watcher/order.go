package watcher

import (
	"slices"
	"strings"
)

// A nameOrder keeps the entries sorted by name. It sorts only when it is asked
// and only what was added since, so that a first scan of many names costs one
// sort.
type nameOrder struct {
	sorted []*entry
	added  []*entry
	gone   bool // sorted or added may hold deleted entries
}

// add puts in an entry that is not in yet.
func (o *nameOrder) add(e *entry) { o.added = append(o.added, e) }

// remove takes out an entry whose gone is set.
func (o *nameOrder) remove() { o.gone = true }

// entries returns all entries by name. The slice is good until the next call
// of any method.
func (o *nameOrder) entries() []*entry {
	if o.gone {
		dead := func(e *entry) bool { return e.gone }
		o.sorted = slices.DeleteFunc(o.sorted, dead)
		o.added = slices.DeleteFunc(o.added, dead)
		o.gone = false
	}
	if len(o.added) > 0 {
		slices.SortFunc(o.added, byName)
		o.sorted = mergeByName(o.sorted, o.added)
		o.added = nil
	}
	return o.sorted
}

func byName(a, b *entry) int { return strings.Compare(a.name, b.name) }

// mergeByName merges two sorted slices into a's memory where it has room.
func mergeByName(a, b []*entry) []*entry {
	i, j := len(a)-1, len(b)-1
	a = append(a, b...)
	for k := len(a) - 1; j >= 0; k-- {
		if i >= 0 && byName(a[i], b[j]) > 0 {
			a[k] = a[i]
			i--
		} else {
			a[k] = b[j]
			j--
		}
	}
	return a
}
