package embedded

import "math"

// zsetAt returns the sorted set under args[1], nil if there is none.
func (x *call) zsetAt() (*entry, *zset, bool) {
	e, ok := x.lookupKind(x.args[1], kindZSet)
	if e == nil {
		return nil, nil, ok
	}
	return e, e.zset, true
}

// zaddOptions are the words between ZADD key and the scores.
type zaddOptions struct {
	nx, xx, gt, lt, ch, incr bool
}

func zadd(x *call) {
	var o zaddOptions
	i := 2
options:
	for ; i < len(x.args); i++ {
		switch lower(x.args[i]) {
		case "nx":
			o.nx = true
		case "xx":
			o.xx = true
		case "gt":
			o.gt = true
		case "lt":
			o.lt = true
		case "ch":
			o.ch = true
		case "incr":
			o.incr = true
		default:
			break options
		}
	}
	pairs := x.args[i:]
	switch {
	case len(pairs) == 0 || len(pairs)%2 != 0:
		x.fail(errSyntax)
	case o.nx && o.xx:
		x.fail("ERR XX and NX options at the same time are not compatible")
	case o.gt && o.nx || o.lt && o.nx || o.gt && o.lt:
		x.fail("ERR GT, LT, and/or NX options at the same time are not compatible")
	case o.incr && len(pairs) > 2:
		x.fail("ERR INCR option supports a single increment-element pair")
	default:
		x.zaddPairs(o, pairs)
	}
}

func zincrBy(x *call) { x.zaddPairs(zaddOptions{incr: true}, x.args[2:]) }

// zaddPairs carries out a ZADD whose words were right.
func (x *call) zaddPairs(o zaddOptions, pairs [][]byte) {
	scores := make([]float64, len(pairs)/2)
	for i := range scores {
		var ok bool
		if scores[i], ok = parseFloat(pairs[2*i]); !ok {
			x.fail(errNotFloat)
			return
		}
		scores[i] += 0 // there is no negative zero
	}
	e, z, ok := x.zsetAt()
	if !ok {
		return
	}
	if e == nil && o.xx {
		x.zaddReply(o, 0, 0, nil)
		return
	}
	if e == nil {
		e = x.add(x.args[1], kindZSet)
		e.zset = newZSet()
		z = e.zset
	}
	var added, updated int64
	var last *float64
	for i, score := range scores {
		name := pairs[2*i+1]
		m := z.members[string(name)]
		if m == nil {
			if o.xx {
				continue
			}
			z.set(string(name), score)
			added++
			last = &score
			continue
		}
		if o.nx {
			continue
		}
		if o.incr {
			score += m.score
			if math.IsNaN(score) {
				x.fail("ERR resulting score is not a number (NaN)")
				return
			}
		}
		if o.gt && score <= m.score || o.lt && score >= m.score {
			continue
		}
		if score != m.score {
			z.set(m.name, score)
			updated++
		}
		last = &score
	}
	if added+updated > 0 {
		event := "zadd"
		if o.incr {
			event = "zincr"
		}
		x.changed(classZSet, event, e)
	}
	x.zaddReply(o, added, updated, last)
}

func (x *call) zaddReply(o zaddOptions, added, updated int64, last *float64) {
	switch {
	case o.incr && last == nil:
		x.out.null()
	case o.incr:
		x.out.double(*last)
	case o.ch:
		x.out.int(added + updated)
	default:
		x.out.int(added)
	}
}

func zscore(x *call) {
	_, z, ok := x.zsetAt()
	if !ok {
		return
	}
	if z != nil {
		if m := z.members[string(x.args[2])]; m != nil {
			x.out.double(m.score)
			return
		}
	}
	x.out.null()
}

func zcard(x *call) {
	if _, z, ok := x.zsetAt(); ok {
		x.out.int(int64(z.size()))
	}
}

func (z *zset) size() int {
	if z == nil {
		return 0
	}
	return len(z.sorted)
}

func zrem(x *call) {
	e, z, ok := x.zsetAt()
	if !ok {
		return
	}
	var count int64
	for _, name := range x.args[2:] {
		if z != nil && z.remove(name) {
			count++
		}
	}
	x.zshrunk("zrem", e, count)
}

// zshrunk ends a command that has taken count members out of e.
func (x *call) zshrunk(event string, e *entry, count int64) {
	if count > 0 {
		x.changed(classZSet, event, e)
		if len(e.zset.sorted) == 0 {
			x.node.delete(e)
		}
	}
	x.out.int(count)
}

// scoreRange reads two bounds.
func (x *call) scoreRange(from, to []byte) (lo, hi bound, ok bool) {
	lo, ok1 := parseBound(from)
	hi, ok2 := parseBound(to)
	if !ok1 || !ok2 {
		x.fail("ERR min or max is not a float")
		return lo, hi, false
	}
	return lo, hi, true
}

func zcount(x *call) {
	from, to, ok := x.scoreRange(x.args[2], x.args[3])
	if !ok {
		return
	}
	_, z, ok := x.zsetAt()
	switch {
	case !ok:
	case z == nil:
		x.out.int(0)
	default:
		lo, hi := z.between(from, to)
		x.out.int(int64(hi - lo))
	}
}

func zremRangeByScore(x *call) {
	from, to, ok := x.scoreRange(x.args[2], x.args[3])
	if !ok {
		return
	}
	e, z, ok := x.zsetAt()
	switch {
	case !ok:
	case z == nil:
		x.out.int(0)
	default:
		lo, hi := z.between(from, to)
		z.cut(lo, hi)
		x.zshrunk("zremrangebyscore", e, int64(hi-lo))
	}
}
