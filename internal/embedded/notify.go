package embedded

import (
	"strconv"
	"strings"
)

// A class is a set of kinds of keyspace events, as notify-keyspace-events
// selects them.
type class uint32

const (
	classKeyspace class = 1 << iota // K: on the channel of the key
	classKeyevent                   // E: on the channel of the event
	classGeneric
	classString
	classList
	classSet
	classHash
	classZSet
	classExpired
	classEvicted
	classStream
	classMiss
	classModule
	classNew

	classAll = classGeneric | classString | classList | classSet | classHash | classZSet |
		classExpired | classEvicted | classStream | classModule
)

// classLetters is in the order in which Redis writes them.
var classLetters = []struct {
	letter byte
	class  class
}{
	{'g', classGeneric}, {'$', classString}, {'l', classList}, {'s', classSet}, {'h', classHash},
	{'z', classZSet}, {'x', classExpired}, {'e', classEvicted}, {'t', classStream},
	{'d', classModule}, {'n', classNew}, {'K', classKeyspace}, {'E', classKeyevent}, {'m', classMiss},
}

// parseClasses reads flags such as "KEA".
func parseClasses(s string) (class, bool) {
	var all class
next:
	for i := range len(s) {
		if s[i] == 'A' {
			all |= classAll
			continue
		}
		for _, l := range classLetters {
			if l.letter == s[i] {
				all |= l.class
				continue next
			}
		}
		return 0, false
	}
	return all, true
}

// String writes the flags as CONFIG GET shows them.
func (c class) String() string {
	var b strings.Builder
	every := c&classAll == classAll
	if every {
		b.WriteByte('A')
	}
	for _, l := range classLetters {
		if c&l.class == 0 || every && l.class&(classAll|classNew) != 0 {
			continue
		}
		b.WriteByte(l.letter)
	}
	return b.String()
}

// notify publishes a keyspace event, first on the channel of the key, then on
// that of the event.
func (n *Node) notify(c class, event string, in *keyspace, key string) {
	on := n.settings.notify
	if on&c == 0 || n.pubsub.idle() {
		return
	}
	db := strconv.Itoa(in.index)
	if on&classKeyspace != 0 {
		n.publish("__keyspace@"+db+"__:"+key, event)
	}
	if on&classKeyevent != 0 {
		n.publish("__keyevent@"+db+"__:"+event, key)
	}
}
