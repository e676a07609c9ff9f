package watcher

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A rank is what entries are sorted by: the number, and the word between equal
// ones. Those with the number comesLast do so in any case.
type rank struct {
	number int64
	word   string
}

const comesLast = math.MaxInt64

// ranks are those of the orders that there are, beside the one by name.
var ranks = map[string]func(*shownEntry) rank{
	"state":   func(s *shownEntry) rank { return rank{number: attention[s.state]} },
	"expires": func(s *shownEntry) rank { return rank{number: int64(s.ends)} },
	"since":   func(s *shownEntry) rank { return rank{number: int64(s.since)} },
	"fence":   func(s *shownEntry) rank { return counted(s.fence) },
	"waiters": func(s *shownEntry) rank { return counted(int64(s.waiters)) },
	"owner": func(s *shownEntry) rank {
		if s.leader == nil {
			return rank{number: comesLast}
		}
		return rank{word: cmp.Or(s.owner, s.library())}
	},
}

// counted ranks by a number of which 0 means that there is none.
func counted(n int64) rank {
	if n == 0 {
		return rank{number: comesLast}
	}
	return rank{number: n}
}

// attention orders the states by how much they need it.
var attention = map[State]int64{
	StateContested: 0, StateUnknown: 1, StateResidue: 2,
	StateExpiring: 3, StateHeld: 4, StateFree: 5,
}

// A ranked is an entry with what it is sorted by; at decides between equals.
type ranked struct {
	*entry
	rank
	at int
}

func (x ranked) compare(y ranked) int {
	return cmp.Or(cmp.Compare(x.number, y.number), strings.Compare(x.word, y.word), cmp.Compare(x.at, y.at))
}

// compareDown is compare with the ranks, and only those, the other way round.
func (x ranked) compareDown(y ranked) int {
	if x.number == comesLast || y.number == comesLast {
		return x.compare(y)
	}
	return cmp.Or(cmp.Compare(y.number, x.number), strings.Compare(y.word, x.word), cmp.Compare(x.at, y.at))
}

// maxPicked is up to where the first of many are picked rather than all sorted.
const maxPicked = 1024

// A picker picks the first of many, or sorts all.
type picker struct {
	limit int // how many are wanted, 0 for all
	down  bool
	best  []ranked
}

func (p *picker) compare(x, y ranked) int {
	if p.down {
		return x.compareDown(y)
	}
	return x.compare(y)
}

func (p *picker) add(r ranked) {
	n := len(p.best)
	switch {
	case p.limit == 0 || p.limit > maxPicked || n < p.limit && (n == 0 || p.compare(r, p.best[n-1]) > 0):
		p.best = append(p.best, r)
	case n < p.limit || p.compare(r, p.best[n-1]) < 0:
		at, _ := slices.BinarySearchFunc(p.best, r, p.compare)
		p.best = slices.Insert(p.best, at, r)
		p.best = p.best[:min(len(p.best), p.limit)]
	}
}

// sorted returns those that were picked, in order.
func (p *picker) sorted() []ranked {
	if p.limit == 0 || p.limit > maxPicked {
		slices.SortFunc(p.best, p.compare)
	}
	return p.best
}
