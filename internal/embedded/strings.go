package embedded

import (
	"bytes"
	"math"
	"strconv"
)

func get(x *call) {
	if e, ok := x.lookupKind(x.args[1], kindString); ok {
		x.value(e)
	}
}

// value replies with the string e holds, or null.
func (x *call) value(e *entry) {
	if e == nil {
		x.out.null()
		return
	}
	x.out.bulk(e.str)
}

// setOptions are the words after SET key value.
type setOptions struct {
	nx, xx, get, keepTTL bool
	unit                 string // "ex", "px", "exat", "pxat" or none
	amount               []byte // the number after it
	expireAt             int64  // what they come to; 0: none
}

// assign stores a string under key, whatever was there.
func (x *call) assign(e *entry, key, value []byte, keepTTL bool) *entry {
	if e == nil {
		e = x.add(key, kindString)
	} else if !keepTTL {
		x.node.deadlines.clear(e)
	}
	e.kind, e.hash, e.zset = kindString, nil, nil
	e.str = bytes.Clone(value)
	if e.str == nil {
		e.str = []byte{}
	}
	x.changed(classString, "set", e)
	return e
}

func set(x *call) {
	o, ok := x.setOptions()
	if !ok {
		return
	}
	e := x.lookup(x.args[1])
	if o.get {
		if e != nil && e.kind != kindString {
			x.fail(errWrongType)
			return
		}
		x.read(x.args[1], e)
		x.value(e) // before it is overwritten
	}
	if (o.nx && e != nil) || (o.xx && e == nil) {
		if !o.get {
			x.out.null()
		}
		return
	}
	e = x.assign(e, x.args[1], x.args[2], o.keepTTL)
	if o.expireAt != 0 {
		x.node.deadlines.set(e, o.expireAt)
		x.node.notify(classGeneric, "expire", e.db, e.key)
	}
	if !o.get {
		x.out.ok()
	}
}

func (x *call) setOptions() (o setOptions, ok bool) {
	for i := 3; i < len(x.args); i++ {
		word := lower(x.args[i])
		switch {
		case word == "nx" && !o.xx:
			o.nx = true
		case word == "xx" && !o.nx:
			o.xx = true
		case word == "get":
			o.get = true
		case word == "keepttl" && o.unit == "":
			o.keepTTL = true
		case isUnit(word) && !o.keepTTL && o.unit == "" && i+1 < len(x.args):
			i++
			o.unit, o.amount = word, x.args[i]
		default:
			x.fail(errSyntax)
			return o, false
		}
	}
	if o.unit == "" {
		return o, true
	}
	v, ok := x.integer(o.amount)
	if !ok {
		return o, false
	}
	if o.expireAt, ok = deadline(o.unit, v, x.node.now); !ok {
		x.failExpireTime()
	}
	return o, ok
}

func isUnit(w string) bool { return w == "ex" || w == "px" || w == "exat" || w == "pxat" }

// deadline returns the Unix milliseconds that v after the given word means.
func deadline(word string, v, now int64) (int64, bool) {
	if v <= 0 {
		return 0, false
	}
	if word == "ex" || word == "exat" {
		if v > math.MaxInt64/1000 {
			return 0, false
		}
		v *= 1000
	}
	if word == "ex" || word == "px" {
		if v > math.MaxInt64-now {
			return 0, false
		}
		v += now
	}
	return v, true
}

func setNX(x *call) {
	e := x.lookup(x.args[1])
	if e == nil {
		x.assign(nil, x.args[1], x.args[2], false)
	}
	x.out.bool(e == nil)
}

// setEX is SETEX and PSETEX, in units of unit milliseconds.
func setEX(x *call, unit int64) {
	v, ok := x.integer(x.args[2])
	if !ok {
		return
	}
	word := "px"
	if unit == 1000 {
		word = "ex"
	}
	at, ok := deadline(word, v, x.node.now)
	if !ok {
		x.failExpireTime()
		return
	}
	e := x.assign(x.lookup(x.args[1]), x.args[1], x.args[3], false)
	x.node.deadlines.set(e, at)
	x.node.notify(classGeneric, "expire", e.db, e.key)
	x.out.ok()
}

func getSet(x *call) {
	e, ok := x.lookupKind(x.args[1], kindString)
	if !ok {
		return
	}
	x.read(x.args[1], e)
	x.value(e)
	x.assign(e, x.args[1], x.args[2], false)
}

func getDel(x *call) {
	e, ok := x.lookupKind(x.args[1], kindString)
	if !ok {
		return
	}
	x.read(x.args[1], e)
	x.value(e)
	if e != nil {
		x.node.stats.changes++
		x.node.delete(e)
	}
}

func mget(x *call) {
	x.out.array(len(x.args) - 1)
	for _, key := range x.args[1:] {
		e := x.lookup(key)
		if e != nil && e.kind != kindString {
			e = nil
		}
		x.value(e)
	}
}

func strlen(x *call) {
	e, ok := x.lookupKind(x.args[1], kindString)
	switch {
	case !ok:
	case e == nil:
		x.out.int(0)
	default:
		x.out.int(int64(len(e.str)))
	}
}

// getRange replies with a part of a string: both ends count, and those below
// zero count from behind.
func getRange(x *call) {
	first, ok := x.integer(x.args[2])
	if !ok {
		return
	}
	last, ok := x.integer(x.args[3])
	if !ok {
		return
	}
	e, ok := x.lookupKind(x.args[1], kindString)
	switch {
	case !ok:
	case e == nil || first < 0 && last < 0 && first > last:
		x.out.bulk(nil)
	default:
		size := int64(len(e.str))
		if first < 0 {
			first = max(first+size, 0)
		}
		if last < 0 {
			last = max(last+size, 0)
		}
		last = min(last, size-1)
		if first > last {
			x.out.bulk(nil)
			return
		}
		x.out.bulk(e.str[first : last+1])
	}
}

func incrBy(x *call) {
	if by, ok := x.integer(x.args[2]); ok {
		incrementBy(x, by)
	}
}

func decrBy(x *call) {
	by, ok := x.integer(x.args[2])
	if !ok {
		return
	}
	if by == math.MinInt64 {
		x.fail("ERR decrement would overflow")
		return
	}
	incrementBy(x, -by)
}

func incrementBy(x *call, by int64) {
	e, ok := x.lookupKind(x.args[1], kindString)
	if !ok {
		return
	}
	var v int64
	if e != nil {
		if v, ok = parseInt(e.str); !ok {
			x.fail(errNotInteger)
			return
		}
	}
	if addOverflows(v, by) {
		x.fail(errOverflow)
		return
	}
	if e == nil {
		e = x.add(x.args[1], kindString)
	}
	v += by
	e.str = strconv.AppendInt(e.str[:0], v, 10)
	x.changed(classString, "incrby", e)
	x.out.int(v)
}
