package embedded

import "math"

// The conditions of EXPIRE.
const (
	expireNX = 1 << iota
	expireXX
	expireGT
	expireLT
)

// expire carries out the EXPIRE family: unit is the milliseconds in one of the
// argument's units, relative tells whether it counts from now.
func expire(x *call, unit int64, relative bool) {
	cond, ok := x.expireConditions()
	if !ok {
		return
	}
	when, ok := x.integer(x.args[2])
	if !ok {
		return
	}
	if unit > 1 && (when > math.MaxInt64/unit || when < math.MinInt64/unit) {
		x.failExpireTime()
		return
	}
	when *= unit
	if relative {
		if when > math.MaxInt64-x.node.now {
			x.failExpireTime()
			return
		}
		when += x.node.now
	}
	e := x.lookup(x.args[1])
	if e == nil || !expireAllowed(cond, e.expireAt, when) {
		x.out.int(0)
		return
	}
	if when <= x.node.now {
		x.node.stats.changes++
		x.node.delete(e)
	} else {
		x.node.deadlines.set(e, when)
		x.changed(classGeneric, "expire", e)
	}
	x.out.int(1)
}

func (x *call) failExpireTime() {
	x.fail("ERR invalid expire time in '" + x.cmd.name + "' command")
}

// expireConditions reads NX, XX, GT and LT.
func (x *call) expireConditions() (cond int, ok bool) {
	for _, a := range x.args[3:] {
		switch lower(a) {
		case "nx":
			cond |= expireNX
		case "xx":
			cond |= expireXX
		case "gt":
			cond |= expireGT
		case "lt":
			cond |= expireLT
		default:
			x.fail("ERR Unsupported option " + string(a))
			return 0, false
		}
	}
	if cond&expireNX != 0 && cond != expireNX {
		x.fail("ERR NX and XX, GT or LT options at the same time are not compatible")
		return 0, false
	}
	if cond&expireGT != 0 && cond&expireLT != 0 {
		x.fail("ERR GT and LT options at the same time are not compatible")
		return 0, false
	}
	return cond, true
}

// expireAllowed tells whether a deadline may be changed from current, where 0 is
// never, to when.
func expireAllowed(cond int, current, when int64) bool {
	switch {
	case cond&expireNX != 0 && current != 0,
		cond&expireXX != 0 && current == 0,
		cond&expireGT != 0 && (current == 0 || when <= current),
		cond&expireLT != 0 && current != 0 && when >= current:
		return false
	}
	return true
}

func persist(x *call) {
	e := x.lookup(x.args[1])
	if e == nil || e.expireAt == 0 {
		x.out.int(0)
		return
	}
	x.node.deadlines.clear(e)
	x.changed(classGeneric, "persist", e)
	x.out.int(1)
}

// ttl tells a key's deadline, in units of unit milliseconds: what is left of it,
// or when it is. -2: no such key, -1: it lives for ever.
func ttl(x *call, unit int64, relative bool) {
	e := x.lookup(x.args[1])
	switch {
	case e == nil:
		x.out.int(-2)
	case e.expireAt == 0:
		x.out.int(-1)
	default:
		at := e.expireAt
		if relative {
			at = max(0, at-x.node.now)
		}
		x.out.int((at + unit/2) / unit)
	}
}
