package watcher

// told is what keyspace events said of a name on one node since it was read
// last, in the part of it that tells how a token went: in reads alone, a token
// that was given back and one that a node lost look the same.
type told uint8

const (
	// toldGone: the key was deleted, renamed or moved, which its holder does
	// to release it.
	toldGone told = 1 << iota
	// toldShortened: its expiry was set apart from any value, which is how a
	// holder extends a lease, or lets it end soon.
	toldShortened
	// toldExpired: its time had passed by the clock of the node.
	toldExpired
	// toldEvicted: the node dropped it to save memory.
	toldEvicted
	// toldWritten: a whole value was written.
	toldWritten
	// toldChanged: a part of the value was, as in a counter or a hash.
	toldChanged
)

// tells is what events of the kind tell. Of kinds that are not here it is
// toldChanged.
var tells = map[string]told{
	"del": toldGone, "rename_from": toldGone, "move_from": toldGone,
	"expire": toldShortened, "persist": toldShortened,
	"expired": toldExpired, "evicted": toldEvicted,
	"set": toldWritten, "rename_to": toldWritten, "move_to": toldWritten, "copy_to": toldWritten, "restore": toldWritten,
}

// An ear makes out what events tell, which depends on the one before: SET with
// an expiry brings "set" and, right after it, "expire".
type ear struct {
	wrote string // the name that the last event said was written
}

// hears returns what the next event tells.
func (e *ear) hears(name, kind string) told {
	t, ok := tells[kind]
	if !ok {
		t = toldChanged
	}
	if t == toldShortened && e.wrote == name {
		e.wrote = ""
		return toldWritten
	}
	e.wrote = ""
	if t == toldWritten || t == toldChanged {
		e.wrote = name
	}
	return t
}

// renewed reports whether the events can have moved the end of a lease.
func (t told) renewed() bool { return t&(toldShortened|toldWritten) != 0 }
