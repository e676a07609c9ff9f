package embedded

func del(x *call) {
	var count int64
	for _, key := range x.args[1:] {
		if e := x.lookup(key); e != nil {
			x.node.delete(e)
			x.node.stats.changes++
			count++
		}
	}
	x.out.int(count)
}

func exists(x *call) {
	var count int64
	for _, key := range x.args[1:] {
		if x.lookup(key) != nil {
			count++
		}
	}
	x.out.int(count)
}

func typeOf(x *call) {
	if e := x.lookup(x.args[1]); e != nil {
		x.out.status(e.kind.String())
		return
	}
	x.out.status("none")
}

func flushAll(x *call) {
	if !x.flushMode() {
		return
	}
	for _, db := range x.node.dbs {
		x.node.empty(db)
	}
	x.out.ok()
}

func flushDB(x *call) {
	if !x.flushMode() {
		return
	}
	x.node.empty(x.db)
	x.out.ok()
}

// flushMode checks the optional SYNC or ASYNC, which are the same here.
func (x *call) flushMode() bool {
	if len(x.args) == 1 || len(x.args) == 2 && (is(x.args[1], "sync") || is(x.args[1], "async")) {
		return true
	}
	x.fail(errSyntax)
	return false
}
