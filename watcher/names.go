package watcher

import (
	"slices"
	"strings"

	"github.com/lockscope/lockscope/internal/glob"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

// ownPrefix begins the names of keys that this program keeps for itself.
const ownPrefix = "lockscope:"

// canaryMark is part of the name of every canary key, see canary.go.
const canaryMark = "lockscope:canary:"

// canaryDigits is how many hexadecimal digits follow canaryMark.
const canaryDigits = 16

// A nameFilter tells which names are watched.
type nameFilter struct {
	patterns []string
}

// watched reports whether name is shown. Keys longer than a lock's name may be
// are passed over, as are those that a library keeps for its locks.
func (f nameFilter) watched(name string) bool {
	return f.first(name) >= 0
}

// first returns the index of the first pattern that selects name, -1 if it is
// not watched. So a name that several patterns select has one place.
func (f nameFilter) first(name string) int {
	if name == "" || len(name) > lockengine.MaxName || strings.HasPrefix(name, ownPrefix) || isCanary(name) || format.Hidden(name) {
		return -1
	}
	for i, p := range f.patterns {
		if glob.Match(p, name) {
			return i
		}
	}
	return -1
}

// lock returns the name of the lock that a key belongs to: mostly its own, and
// for a part of a lock or what a library keeps beside it that of the lock. It
// reports false when neither is watched.
func (f nameFilter) lock(key string) (name string, ok bool) {
	if name, ok := format.Lock(key); ok && f.watched(name) {
		return name, true
	}
	return key, f.watched(key)
}

// wholes returns the names of the locks that the keys belong to, each once.
func (f nameFilter) wholes(keys []string) []string {
	for at, key := range keys {
		keys[at], _ = f.lock(key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// locks returns the names of the locks that the keys belong to which the i-th
// pattern selects first, each once.
func (f nameFilter) locks(keys []string, i int) []string {
	keys = slices.DeleteFunc(keys, func(key string) bool { return f.first(key) != i })
	return f.wholes(keys)
}

// isCanary reports whether name is that of a canary key, ours or of another
// process that watches the same nodes.
func isCanary(name string) bool {
	_, rest, ok := strings.Cut(name, canaryMark)
	if !ok || len(rest) < canaryDigits {
		return false
	}
	return strings.Trim(rest[:canaryDigits], "0123456789abcdef") == ""
}
