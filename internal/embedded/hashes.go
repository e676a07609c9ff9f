package embedded

import "strconv"

// hashAt returns the hash under args[1], nil if there is none.
func (x *call) hashAt() (*entry, *hash, bool) {
	e, ok := x.lookupKind(x.args[1], kindHash)
	if e == nil {
		return nil, nil, ok
	}
	return e, e.hash, true
}

// hashForWrite is hashAt, making the hash if need be.
func (x *call) hashForWrite() (*entry, bool) {
	e, _, ok := x.hashAt()
	if ok && e == nil {
		e = x.add(x.args[1], kindHash)
		e.hash = newHash()
	}
	return e, ok
}

func hset(x *call, old bool) {
	if len(x.args)%2 != 0 {
		x.fail("ERR wrong number of arguments for '" + x.cmd.name + "' command")
		return
	}
	e, ok := x.hashForWrite()
	if !ok {
		return
	}
	var created int64
	for i := 2; i < len(x.args); i += 2 {
		if e.hash.set(x.args[i], x.args[i+1]) {
			created++
		}
	}
	x.changed(classHash, "hset", e)
	if old {
		x.out.ok()
		return
	}
	x.out.int(created)
}

func hsetNX(x *call) {
	e, h, ok := x.hashAt()
	if !ok {
		return
	}
	if h != nil && h.fields[string(x.args[2])] != nil {
		x.out.int(0)
		return
	}
	if e == nil {
		e, _ = x.hashForWrite()
	}
	e.hash.set(x.args[2], x.args[3])
	x.changed(classHash, "hset", e)
	x.out.int(1)
}

// fieldOf replies with one field of h, which may be nil.
func (x *call) fieldOf(h *hash, name []byte) {
	if h != nil {
		if f := h.fields[string(name)]; f != nil {
			x.out.bulk(f.value)
			return
		}
	}
	x.out.null()
}

func hget(x *call) {
	if _, h, ok := x.hashAt(); ok {
		x.fieldOf(h, x.args[2])
	}
}

func hmget(x *call) {
	_, h, ok := x.hashAt()
	if !ok {
		return
	}
	x.out.array(len(x.args) - 2)
	for _, name := range x.args[2:] {
		x.fieldOf(h, name)
	}
}

func hgetAll(x *call) {
	_, h, ok := x.hashAt()
	if !ok {
		return
	}
	x.out.dict(h.size())
	h.each(func(f *field) {
		x.out.text(f.name)
		x.out.bulk(f.value)
	})
}

func hkeys(x *call) {
	if _, h, ok := x.hashAt(); ok {
		x.out.array(h.size())
		h.each(func(f *field) { x.out.text(f.name) })
	}
}

func hvals(x *call) {
	if _, h, ok := x.hashAt(); ok {
		x.out.array(h.size())
		h.each(func(f *field) { x.out.bulk(f.value) })
	}
}

func hlen(x *call) {
	if _, h, ok := x.hashAt(); ok {
		x.out.int(int64(h.size()))
	}
}

func (h *hash) size() int {
	if h == nil {
		return 0
	}
	return len(h.fields)
}

func (h *hash) each(visit func(*field)) {
	if h == nil {
		return
	}
	for f := h.first; f != nil; f = f.next {
		visit(f)
	}
}

func hexists(x *call) {
	if _, h, ok := x.hashAt(); ok {
		x.out.bool(h != nil && h.fields[string(x.args[2])] != nil)
	}
}

func hincrBy(x *call) {
	by, ok := x.integer(x.args[3])
	if !ok {
		return
	}
	_, h, ok := x.hashAt()
	if !ok {
		return
	}
	var v int64
	if h != nil {
		if f := h.fields[string(x.args[2])]; f != nil {
			if v, ok = parseInt(f.value); !ok {
				x.fail("ERR hash value is not an integer")
				return
			}
		}
	}
	if addOverflows(v, by) {
		x.fail(errOverflow)
		return
	}
	e, _ := x.hashForWrite()
	v += by
	e.hash.set(x.args[2], strconv.AppendInt(nil, v, 10))
	x.changed(classHash, "hincrby", e)
	x.out.int(v)
}

func hdel(x *call) {
	e, h, ok := x.hashAt()
	if !ok {
		return
	}
	var count int64
	for _, name := range x.args[2:] {
		if h != nil && h.remove(name) {
			count++
		}
	}
	if count > 0 {
		x.changed(classHash, "hdel", e)
		if len(h.fields) == 0 {
			x.node.delete(e)
		}
	}
	x.out.int(count)
}
