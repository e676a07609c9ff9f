package embedded

import "sort"

// A zset is a sorted set: members by name, and in the order of score and name.
// The order is a plain sorted slice: moving even ten thousand pointers costs a
// few microseconds, less than a tree would cost in code.
type zset struct {
	members map[string]*member
	sorted  []*member
}

type member struct {
	name  string
	score float64
}

func newZSet() *zset { return &zset{members: make(map[string]*member)} }

func (m *member) before(o *member) bool {
	return m.score < o.score || m.score == o.score && m.name < o.name
}

// rank is where m is, or would be.
func (z *zset) rank(m *member) int {
	return sort.Search(len(z.sorted), func(i int) bool { return !z.sorted[i].before(m) })
}

func (z *zset) insert(m *member) {
	i := len(z.sorted)
	if i > 0 && !z.sorted[i-1].before(m) {
		i = z.rank(m)
	}
	z.sorted = append(z.sorted, nil)
	copy(z.sorted[i+1:], z.sorted[i:])
	z.sorted[i] = m
}

// cut removes the members from rank lo to hi, hi excluded.
func (z *zset) cut(lo, hi int) {
	for _, m := range z.sorted[lo:hi] {
		delete(z.members, m.name)
	}
	z.sorted = append(z.sorted[:lo], z.sorted[hi:]...)
	clear(z.sorted[len(z.sorted):cap(z.sorted)][:hi-lo])
}

// set gives a member its score; it may be new.
func (z *zset) set(name string, score float64) {
	m := z.members[name]
	if m == nil {
		m = &member{name: name, score: score}
		z.members[name] = m
		z.insert(m)
		return
	}
	i := z.rank(m)
	z.sorted = append(z.sorted[:i], z.sorted[i+1:]...)
	m.score = score
	z.insert(m)
}

// remove tells whether there was such a member.
func (z *zset) remove(name []byte) bool {
	m := z.members[string(name)]
	if m == nil {
		return false
	}
	i := z.rank(m)
	z.cut(i, i+1)
	return true
}

// A bound is one end of a range of scores.
type bound struct {
	score float64
	open  bool // the score itself is outside
}

func parseBound(b []byte) (bound, bool) {
	open := len(b) > 0 && b[0] == '('
	if open {
		b = b[1:]
	}
	if len(b) == 0 {
		return bound{0, open}, true
	}
	f, ok := parseFloat(b)
	return bound{f, open}, ok
}

// between returns the ranks of the members within two bounds, hi excluded.
func (z *zset) between(from, to bound) (lo, hi int) {
	lo = sort.Search(len(z.sorted), func(i int) bool {
		s := z.sorted[i].score
		return s > from.score || s == from.score && !from.open
	})
	hi = sort.Search(len(z.sorted), func(i int) bool {
		s := z.sorted[i].score
		return s > to.score || s == to.score && to.open
	})
	return lo, max(lo, hi)
}
