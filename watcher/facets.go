package watcher

import (
	"cmp"
	"slices"
)

// Facets are the values that a query can be narrowed to, the most frequent first,
// each with how many names there are.
type Facets struct {
	Libraries, Owners []Facet
	// MoreOwners is how many owners there are beside those listed.
	MoreOwners int
}

// A Facet is one such value.
type Facet struct {
	Value string
	Count int
}

// maxFacets is how many owners are listed.
const maxFacets = 50

// Facets returns the libraries and owners of the names that q selects: the
// libraries whatever Query.Library says, the owners whatever Query.Owner does.
func (b *Board) Facets(q Query) Facets {
	order, _ := b.snapshot()
	anyLibrary, anyOwner := q, q
	anyLibrary.Library, anyOwner.Owner = "", ""
	f := Facets{Libraries: frequency(order, anyLibrary, (*shownEntry).library)}
	f.Owners = frequency(order, anyOwner, func(s *shownEntry) string { return s.owner })
	if f.MoreOwners = max(0, len(f.Owners)-maxFacets); f.MoreOwners > 0 {
		f.Owners = f.Owners[:maxFacets]
	}
	return f
}

// frequency counts the values, but for the empty one, of the entries that q selects.
func frequency(order []named, q Query, value func(*shownEntry) string) []Facet {
	selects := q.filter()
	counts := make(map[string]int)
	for i := range order {
		s := order[i].shown.Load()
		if selects != nil && !selects(order[i].folded, s) {
			continue
		}
		if v := value(s); v != "" {
			counts[v]++
		}
	}
	facets := make([]Facet, 0, len(counts))
	for v, n := range counts {
		facets = append(facets, Facet{v, n})
	}
	slices.SortFunc(facets, func(a, b Facet) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return facets
}
