package embedded

import (
	"sort"
	"strconv"

	"github.com/lockscope/lockscope/internal/glob"
)

// A scanOrder is the keys of a database in the order in which they were made,
// each with a number that only grows. SCAN walks it from the newest to the
// oldest: a key that is there all the time keeps its number and is met exactly
// once, and keys made meanwhile lie behind the walker, so every scan ends.
type scanOrder struct {
	seq   uint64
	slots []scanSlot // ascending; a removed key leaves a hole
	holes int
}

type scanSlot struct {
	seq uint64
	e   *entry // nil for a hole
}

func (o *scanOrder) add(e *entry) {
	o.seq++
	e.slot = len(o.slots)
	o.slots = append(o.slots, scanSlot{o.seq, e})
}

func (o *scanOrder) remove(e *entry) {
	o.slots[e.slot].e = nil
	o.holes++
	// A key that was made last and goes first, as locks do, leaves nothing.
	for n := len(o.slots); n > 0 && o.slots[n-1].e == nil; n-- {
		o.slots = o.slots[:n-1]
		o.holes--
	}
	if o.holes > 64 && o.holes > len(o.slots)/2 {
		o.compact()
	}
}

func (o *scanOrder) compact() {
	kept := make([]scanSlot, 0, len(o.slots)-o.holes)
	for _, s := range o.slots {
		if s.e != nil {
			s.e.slot = len(kept)
			kept = append(kept, s)
		}
	}
	o.slots, o.holes = kept, 0
}

// page returns up to count keys older than the cursor, 0 meaning from the
// newest, and the cursor for the next page, 0 when there is none.
func (o *scanOrder) page(cursor uint64, count int) (page []*entry, next uint64) {
	i := len(o.slots)
	if cursor != 0 {
		i = sort.Search(len(o.slots), func(i int) bool { return o.slots[i].seq >= cursor })
	}
	for i--; i >= 0; i-- {
		s := o.slots[i]
		if s.e == nil {
			continue
		}
		if len(page) == count {
			return page, o.slots[i].seq + 1
		}
		page = append(page, s.e)
	}
	return page, 0
}

func scan(x *call) {
	cursor, ok := parseCursor(x.args[1])
	if !ok {
		x.fail("ERR invalid cursor")
		return
	}
	count, pattern, only := 10, "", ""
	for i := 2; i < len(x.args); i += 2 {
		if i+1 == len(x.args) {
			x.fail(errSyntax)
			return
		}
		value := x.args[i+1]
		switch lower(x.args[i]) {
		case "count":
			n, ok := x.integer(value)
			if !ok {
				return
			}
			if n < 1 {
				x.fail(errSyntax)
				return
			}
			count = int(n)
		case "match":
			pattern = string(value)
		case "type":
			only = lower(value)
		default:
			x.fail(errSyntax)
			return
		}
	}
	page, next := x.db.order.page(cursor, count)
	found := page[:0]
	for _, e := range page {
		if (pattern == "" || glob.Match(pattern, e.key)) && (only == "" || e.kind.String() == only) && x.node.alive(e) != nil {
			found = append(found, e)
		}
	}
	x.out.array(2)
	x.out.text(strconv.FormatUint(next, 10))
	x.out.array(len(found))
	for _, e := range found {
		x.out.text(e.key)
	}
}

// parseCursor reads an unsigned number as C's strtoul does, which lets a minus
// through.
func parseCursor(b []byte) (uint64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if v, err := strconv.ParseUint(string(b), 10, 64); err == nil {
		return v, true
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	return uint64(v), err == nil
}

func keys(x *call) {
	pattern := string(x.args[1])
	var found []*entry
	for i := len(x.db.order.slots) - 1; i >= 0; i-- {
		if e := x.db.order.slots[i].e; e != nil && glob.Match(pattern, e.key) {
			found = append(found, e)
		}
	}
	live := found[:0]
	for _, e := range found {
		if x.node.alive(e) != nil {
			live = append(live, e)
		}
	}
	x.out.array(len(live))
	for _, e := range live {
		x.out.text(e.key)
	}
}
