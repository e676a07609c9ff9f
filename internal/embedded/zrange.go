package embedded

import "slices"

// rangeOptions are the words after ZRANGE key start stop.
type rangeOptions struct {
	byScore, rev, scores bool
	limited              bool
	offset, count        int64
}

func zrange(x *call) {
	if o, ok := x.rangeOptions(true); ok {
		x.zrange(o)
	}
}

func zrangeByScore(x *call) {
	if o, ok := x.rangeOptions(false); ok {
		o.byScore = true
		x.zrange(o)
	}
}

// rangeOptions reads the options; full tells whether those of ZRANGE itself are
// allowed too.
func (x *call) rangeOptions(full bool) (o rangeOptions, ok bool) {
	o.count = -1
	for i := 4; i < len(x.args); i++ {
		word := lower(x.args[i])
		switch {
		case word == "withscores":
			o.scores = true
		case word == "limit" && i+2 < len(x.args):
			o.limited = true
			if o.offset, ok = x.integer(x.args[i+1]); !ok {
				return o, false
			}
			if o.count, ok = x.integer(x.args[i+2]); !ok {
				return o, false
			}
			i += 2
		case full && word == "byscore":
			o.byScore = true
		case full && word == "rev":
			o.rev = true
		default:
			x.fail(errSyntax)
			return o, false
		}
	}
	if full && o.limited && !o.byScore {
		x.fail("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
		return o, false
	}
	return o, true
}

func (x *call) zrange(o rangeOptions) {
	var found []*member
	var ok bool
	if o.byScore {
		found, ok = x.membersByScore(o)
	} else {
		found, ok = x.membersByRank(o)
	}
	if !ok {
		return
	}
	switch {
	case !o.scores:
		x.out.array(len(found))
	case x.out.proto == 3:
		x.out.array(len(found)) // of pairs
	default:
		x.out.array(2 * len(found))
	}
	for _, m := range found {
		if o.scores && x.out.proto == 3 {
			x.out.array(2)
		}
		x.out.text(m.name)
		if o.scores {
			x.out.double(m.score)
		}
	}
}

func (x *call) membersByScore(o rangeOptions) ([]*member, bool) {
	low, high := x.args[2], x.args[3]
	if o.rev {
		low, high = high, low
	}
	from, to, ok := x.scoreRange(low, high)
	if !ok {
		return nil, false
	}
	_, z, ok := x.zsetAt()
	if !ok || z == nil {
		return nil, ok
	}
	lo, hi := z.between(from, to)
	found := slices.Clone(z.sorted[lo:hi])
	if o.rev {
		slices.Reverse(found)
	}
	if o.limited {
		if o.offset < 0 || o.offset >= int64(len(found)) {
			return nil, true
		}
		found = found[o.offset:]
		if o.count >= 0 && o.count < int64(len(found)) {
			found = found[:o.count]
		}
	}
	return found, true
}

func (x *call) membersByRank(o rangeOptions) ([]*member, bool) {
	start, ok := x.integer(x.args[2])
	if !ok {
		return nil, false
	}
	stop, ok := x.integer(x.args[3])
	if !ok {
		return nil, false
	}
	_, z, ok := x.zsetAt()
	if !ok || z == nil {
		return nil, ok
	}
	size := int64(len(z.sorted))
	if start < 0 {
		start = max(0, start+size)
	}
	if stop < 0 {
		stop += size
	}
	stop = min(stop, size-1)
	if start > stop {
		return nil, true
	}
	if !o.rev {
		return z.sorted[start : stop+1], true
	}
	found := slices.Clone(z.sorted[size-1-stop : size-start])
	slices.Reverse(found)
	return found, true
}
