package watcher

import (
	"strings"

	"github.com/lockscope/lockscope/internal/glob"
	"github.com/lockscope/lockscope/lockengine"
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
// are passed over.
func (f nameFilter) watched(name string) bool {
	return f.first(name) >= 0
}

// first returns the index of the first pattern that selects name, -1 if it is
// not watched. So a name that several patterns select has one place.
func (f nameFilter) first(name string) int {
	if name == "" || len(name) > lockengine.MaxName || strings.HasPrefix(name, ownPrefix) || isCanary(name) {
		return -1
	}
	for i, p := range f.patterns {
		if glob.Match(p, name) {
			return i
		}
	}
	return -1
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
