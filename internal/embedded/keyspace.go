package embedded

// A kind is what a key holds.
type kind uint8

const (
	kindString kind = iota
	kindHash
	kindZSet
)

func (k kind) String() string {
	switch k {
	case kindHash:
		return "hash"
	case kindZSet:
		return "zset"
	}
	return "string"
}

// An entry is one key and its value.
type entry struct {
	db   *keyspace
	key  string
	kind kind
	str  []byte
	hash *hash
	zset *zset
	// expireAt is the last millisecond the key lives in, 0 for ever.
	expireAt int64
	heapAt   int // place among the deadlines, -1 for none
	slot     int // place in the scan order
}

// A keyspace is one numbered database.
type keyspace struct {
	index    int
	entries  map[string]*entry
	order    scanOrder
	watchers map[string][]*conn // who has WATCHed which key
}

func newKeyspace(index int) *keyspace {
	return &keyspace{index: index, entries: make(map[string]*entry), watchers: make(map[string][]*conn)}
}

// lookup returns the entry under key, nil if there is none. A key past its
// deadline is removed first: nobody ever sees it. For a command that only reads,
// it counts as a hit or a miss.
func (x *call) lookup(key []byte) *entry {
	e := x.node.alive(x.db.entries[string(key)])
	if x.cmd.flags&write == 0 {
		x.read(key, e)
	}
	return e
}

// read records that a client has looked at a key.
func (x *call) read(key []byte, e *entry) {
	if e != nil {
		x.node.stats.hits++
		return
	}
	x.node.stats.misses++
	if x.node.settings.notify&classMiss != 0 {
		x.node.notify(classMiss, "keymiss", x.db, string(key))
	}
}

// alive returns e unless it is past its deadline.
func (n *Node) alive(e *entry) *entry {
	if e != nil && e.expireAt != 0 && n.now > e.expireAt {
		n.expire(e)
		return nil
	}
	return e
}

// expire removes a key whose time has come.
func (n *Node) expire(e *entry) {
	n.remove(e)
	n.stats.expired++
	n.notify(classExpired, "expired", e.db, e.key)
}

// lookupKind returns the entry under key if it holds a k. ok is false when it
// holds something else, which the client has then been told.
func (x *call) lookupKind(key []byte, k kind) (e *entry, ok bool) {
	e = x.lookup(key)
	if e != nil && e.kind != k {
		x.fail(errWrongType)
		return nil, false
	}
	return e, true
}

// add makes a new key without a value. There must be none of that name.
func (x *call) add(key []byte, k kind) *entry {
	e := &entry{db: x.db, key: string(key), kind: k, heapAt: -1}
	x.db.entries[e.key] = e
	x.db.order.add(e)
	x.node.notify(classNew, "new", e.db, e.key)
	return e
}

// remove takes a key out, whatever it holds.
func (n *Node) remove(e *entry) {
	delete(e.db.entries, e.key)
	e.db.order.remove(e)
	n.deadlines.clear(e)
	n.touch(e)
}

// delete removes a key on somebody's demand.
func (n *Node) delete(e *entry) {
	n.remove(e)
	n.notify(classGeneric, "del", e.db, e.key)
}

// touch spoils the transactions of all who watch the key.
func (n *Node) touch(e *entry) {
	if len(e.db.watchers) == 0 {
		return
	}
	for _, c := range e.db.watchers[e.key] {
		c.tx.spoiled = true
	}
}

// changed records that a command changed the value of e.
func (x *call) changed(c class, event string, e *entry) {
	x.node.touch(e)
	x.node.stats.changes++
	x.node.notify(c, event, e.db, e.key)
}

// empty drops every key of a database, without events, as FLUSHDB does.
func (n *Node) empty(db *keyspace) {
	for key, watchers := range db.watchers {
		if db.entries[key] == nil {
			continue
		}
		for _, c := range watchers {
			c.tx.spoiled = true
		}
	}
	for _, e := range db.entries {
		n.deadlines.clear(e)
	}
	db.entries = make(map[string]*entry)
	db.order = scanOrder{seq: db.order.seq}
}
