package locksim

import (
	"maps"
	"time"
)

// A store is the memory of a node. Every change names the token on whose behalf
// it is made, so that the observer sees who touches what: whatever the commands
// do, the store knows whose key it was.
type store struct {
	keys   map[string]key
	fences map[string]int64
	born   string
	marks  int // markers written so far, to name them in traces
}

// A key is a lock as it stands on a node.
type key struct {
	token string
	until time.Duration // by the node's clock
}

func newStore() *store {
	return &store{keys: make(map[string]key), fences: make(map[string]int64)}
}

// clone is a snapshot.
func (s *store) clone() *store {
	return &store{keys: maps.Clone(s.keys), fences: maps.Clone(s.fences), born: s.born, marks: s.marks}
}

// get returns the key under a name, unless it has expired.
func (s *store) get(name string, now time.Duration) (key, bool) {
	k, ok := s.keys[name]
	if ok && now >= k.until {
		delete(s.keys, name)
		return key{}, false
	}
	return k, ok
}

// touch says what a command that acts for token is about to do to a key. It
// returns what is wrong with that, or nothing.
func (s *store) touch(command, name, token string, now time.Duration) (wrong string) {
	k, there := s.get(name, now)
	switch {
	case there && k.token != token:
		return command + " touched the key of another"
	case !there && command == "extend":
		return "extend made a key that was gone"
	}
	return ""
}
