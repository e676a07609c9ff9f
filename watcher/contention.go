package watcher

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// contentionSpan is how long the present statistics last until they become
	// those before. What is told is of both: the last 10 to 20 minutes.
	contentionSpan = 10 * time.Minute
	// maxContended and maxPrefixes are how many names and prefixes have
	// statistics at a time. At 4 KB each at most, twice, that is 10 MB.
	maxContended = 1000
	maxPrefixes  = 200
)

// contention is what is known of how names are fought for, lately.
type contention struct {
	since           instant // when the present statistics began
	present, before contested
	dropped         uint64
}

// contested are statistics by name and by prefix.
type contested struct {
	names, prefixes map[string]*fight
}

func newContested() contested {
	return contested{names: make(map[string]*fight), prefixes: make(map[string]*fight)}
}

// A fight is the statistics of one name or prefix.
type fight struct {
	attempts, failures, holds uint64
	wait, hold                spread
}

// weight tells which of two fights is to be forgotten first.
func (f *fight) weight() uint64 { return f.attempts + f.failures + f.holds + f.wait.count }

func newContention() contention {
	return contention{present: newContested(), before: newContested()}
}

// Prefix returns the part of a name that it shares with others of its kind: the
// first two of its parts between colons, or all but the last where it has no
// more than two. So lock:order:1 and lock:order:2:items are of lock:order, and
// lock:backup is of lock. A name without a colon has none.
func Prefix(name string) string {
	first := strings.IndexByte(name, ':')
	if first < 0 {
		return ""
	}
	if second := strings.IndexByte(name[first+1:], ':'); second >= 0 {
		return name[:first+1+second]
	}
	return name[:first]
}

// of calls note with the statistics of name and of its prefix.
func (t *contention) of(name string, now instant, note func(*fight)) {
	if now.sub(t.since) >= contentionSpan {
		t.before, t.present = t.present, newContested()
		if now.sub(t.since) >= 2*contentionSpan {
			t.before = newContested()
		}
		t.since = now
	}
	note(t.find(t.present.names, name, maxContended))
	if prefix := Prefix(name); prefix != "" {
		note(t.find(t.present.prefixes, prefix, maxPrefixes))
	}
}

// evictionLook is how many of the statistics are looked at to find one to
// forget. Those that are fought for most are all but never it.
const evictionLook = 8

// find returns the statistics under key. Where there are limit already, it makes
// room.
func (t *contention) find(fights map[string]*fight, key string, limit int) *fight {
	f := fights[key]
	if f != nil {
		return f
	}
	if len(fights) >= limit {
		least, looked := "", 0
		for k, g := range fights { // in an order of its own
			if looked == 0 || g.weight() < fights[least].weight() {
				least = k
			}
			if looked++; looked == evictionLook {
				break
			}
		}
		delete(fights, least)
		t.dropped++
	}
	f = &fight{}
	fights[key] = f
	return f
}

// A ContentionOrder is by what names are ordered, most first.
type ContentionOrder string

const (
	// ByFailures: attempts that were refused.
	ByFailures ContentionOrder = "failures"
	// ByAttempts: attempts altogether.
	ByAttempts ContentionOrder = "attempts"
	// ByWait: time that was waited.
	ByWait ContentionOrder = "wait"
	// ByHold: time that the lock was held.
	ByHold ContentionOrder = "hold"
)

// Contended is how a name, or the names of a prefix, were fought for lately.
type Contended struct {
	// Name is the name or the prefix.
	Name string
	// Attempts and Failures are of this process: those of others leave no
	// trace on the nodes.
	Attempts, Failures uint64
	// Holds is how often the lock was taken, by whomever.
	Holds uint64
	// Waiting is how many wait in this process now, the first since
	// WaitingSince. Both are zero for a prefix.
	Waiting      int
	WaitingSince time.Time
	// Wait is how long those waited in this process that do no longer, and Hold
	// how long the lock was held each time, by whomever, as far as its end was
	// seen.
	Wait, Hold Spread
}

// A Contention is how locks were fought for lately.
type Contention struct {
	// Since is when the statistics begin.
	Since           time.Time
	Names, Prefixes []Contended
	// Dropped is how many names and prefixes were forgotten because there were
	// too many at a time.
	Dropped uint64
}

// Contention returns the names and prefixes that were fought for most.
func (b *Board) Contention(order ContentionOrder, limit int) Contention {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c)
	t := &b.contention
	from := t.since
	if len(t.before.names) > 0 {
		from = t.since.add(-contentionSpan)
	}
	all := Contention{
		Since: c.time(max(from, 0)), Dropped: t.dropped,
		Names:    top(t.present.names, t.before.names, order, limit),
		Prefixes: top(t.present.prefixes, t.before.prefixes, order, limit),
	}
	for i := range all.Names {
		w := b.managed.waiters[all.Names[i].Name]
		all.Names[i].Waiting, all.Names[i].WaitingSince = w.Count, w.OldestSince
	}
	return all
}

// top returns the first limit of the fights in both maps.
func top(present, before map[string]*fight, order ContentionOrder, limit int) []Contended {
	type pair struct {
		name          string
		first, second *fight
		rank          float64
	}
	none := &fight{}
	pairs := make([]pair, 0, len(present)+len(before))
	for name, f := range present {
		pairs = append(pairs, pair{name: name, first: f, second: cmp.Or(before[name], none)})
	}
	for name, f := range before {
		if present[name] == nil {
			pairs = append(pairs, pair{name: name, first: f, second: none})
		}
	}
	for i := range pairs {
		pairs[i].rank = pairs[i].first.rank(order) + pairs[i].second.rank(order)
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(x.name, y.name))
	})
	pairs = pairs[:min(len(pairs), max(limit, 0))]
	list := make([]Contended, len(pairs))
	for i, p := range pairs {
		wait, hold := p.first.wait.plus(&p.second.wait), p.first.hold.plus(&p.second.hold)
		list[i] = Contended{
			Name:     p.name,
			Attempts: p.first.attempts + p.second.attempts, Failures: p.first.failures + p.second.failures,
			Holds: p.first.holds + p.second.holds, Wait: wait.told(), Hold: hold.told(),
		}
	}
	return list
}

func (f *fight) rank(order ContentionOrder) float64 {
	switch order {
	case ByAttempts:
		return float64(f.attempts)
	case ByWait:
		return f.wait.sum.Seconds()
	case ByHold:
		return f.hold.sum.Seconds()
	}
	return float64(f.failures)
}
