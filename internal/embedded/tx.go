package embedded

import "bytes"

// A transaction is what a client has said since MULTI, and the keys it WATCHes.
type transaction struct {
	open    bool
	broken  bool // a command was refused: EXEC will be too
	spoiled bool // a watched key was changed: EXEC does nothing
	queued  []queuedCommand
	watched []watchedKey
}

type queuedCommand struct {
	cmd  *command
	args [][]byte
}

type watchedKey struct {
	db  *keyspace
	key string
}

// abort makes EXEC fail, because a command of the transaction was refused.
func (t *transaction) abort() {
	if t.open {
		t.broken = true
	}
}

// queue keeps a command for EXEC.
func (t *transaction) queue(cmd *command, args [][]byte) {
	own := make([][]byte, len(args))
	for i, a := range args {
		own[i] = bytes.Clone(a)
	}
	t.queued = append(t.queued, queuedCommand{cmd, own})
}

func multi(x *call) {
	if x.conn.tx.open {
		x.fail("ERR MULTI calls can not be nested")
		return
	}
	x.conn.tx.open = true
	x.out.ok()
}

func discard(x *call) {
	if !x.conn.tx.open {
		x.fail("ERR DISCARD without MULTI")
		return
	}
	x.node.unwatch(x.conn)
	x.conn.tx = transaction{}
	x.out.ok()
}

func execTx(x *call) {
	n, c := x.node, x.conn
	if !c.tx.open {
		x.fail("ERR EXEC without MULTI")
		return
	}
	n.checkWatchedDeadlines(c)
	tx := c.tx
	n.unwatch(c)
	c.tx = transaction{}
	switch {
	case tx.broken:
		x.fail("EXECABORT Transaction discarded because of previous errors.")
	case tx.spoiled:
		x.out.nullArray()
	default:
		c.out.array(len(tx.queued))
		for _, q := range tx.queued {
			n.run(c, q.cmd, q.args)
		}
	}
}

// checkWatchedDeadlines counts a watched key that has expired since as changed.
func (n *Node) checkWatchedDeadlines(c *conn) {
	for _, w := range c.tx.watched {
		n.alive(w.db.entries[w.key])
	}
}

func watch(x *call) {
	c := x.conn
	if c.tx.open {
		x.fail("ERR WATCH inside MULTI is not allowed")
		return
	}
next:
	for _, arg := range x.args[1:] {
		key := string(arg)
		for _, w := range c.tx.watched {
			if w.db == x.db && w.key == key {
				continue next
			}
		}
		x.node.alive(x.db.entries[key])
		x.db.watchers[key] = append(x.db.watchers[key], c)
		c.tx.watched = append(c.tx.watched, watchedKey{db: x.db, key: key})
	}
	x.out.ok()
}

func unwatch(x *call) {
	x.node.unwatch(x.conn)
	x.conn.tx.spoiled = false
	x.out.ok()
}

// unwatch forgets what a client watches. Callers hold mu.
func (n *Node) unwatch(c *conn) {
	for _, w := range c.tx.watched {
		left := w.db.watchers[w.key]
		for i, other := range left {
			if other == c {
				left = append(left[:i:i], left[i+1:]...)
				break
			}
		}
		if len(left) == 0 {
			delete(w.db.watchers, w.key)
		} else {
			w.db.watchers[w.key] = left
		}
	}
	c.tx.watched = nil
}
