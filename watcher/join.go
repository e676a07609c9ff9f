package watcher

import (
	"slices"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

// join appends readings of the keys of one lock, of which the first has its name.
func join(readings []reading, lock []shape) []reading {
	switch {
	case len(lock) == 1:
		return append(readings, lock[0].reading)
	case format.IsSpread(lock[0].name):
		return append(readings, joinSpread(lock))
	}
	return append(readings, joinReaders(&lock[0], &lock[1])...)
}

// joinSpread makes one reading of a lock that is held by whoever has a majority
// of several keys. How many there are is not told: at least the highest that
// exists and all below it, and an odd number. Keys beyond the third are not
// looked at, so of a lock that is spread wider two keys look like a majority.
func joinSpread(keys []shape) reading {
	if slices.ContainsFunc(keys, func(s shape) bool { return s.status == readRefused }) {
		return reading{name: keys[0].name, status: readRefused}
	}
	held := make(map[string][]*shape)
	leader, highest := "", 0
	for i := range keys {
		if s := &keys[i]; s.status == readPresent {
			held[s.fingerprint] = append(held[s.fingerprint], s)
			if len(held[s.fingerprint]) > len(held[leader]) {
				leader = s.fingerprint
			}
			highest = i
		}
	}
	majority := (highest+1)/2 + 1
	if len(held[leader]) < majority {
		return reading{name: keys[0].name, status: readAbsent}
	}
	// It ends when so many of the keys have that no majority is left.
	slices.SortFunc(held[leader], func(a, b *shape) int { return b.ends().Compare(a.ends()) })
	whole := held[leader][majority-1].reading
	whole.name = keys[0].name
	return whole
}

// ends returns when a key that was read ends.
func (s *shape) ends() time.Time {
	if s.ttl == lockengine.NoExpiry {
		return s.at.AddDate(1000, 0, 0)
	}
	return s.at.Add(s.ttl)
}

// joinReaders makes readings of the two keys of a read-write lock. The readers
// are shown under the name of the writer's key. A set that is no set of readers
// is shown by itself, as is every other key that only has such a name.
func joinReaders(writer, readers *shape) []reading {
	if readers.status != readPresent || readers.match.Mode != format.ModeRead || readers.typ != "set" {
		return []reading{writer.reading, readers.reading}
	}
	alone := reading{name: readers.name, status: readAbsent}
	if writer.status == readPresent && writer.match.Mode != format.ModeWaiting {
		return []reading{writer.reading, alone}
	}
	shared := readers.reading
	shared.name = writer.name
	if writer.status == readPresent {
		d := *readers.detail
		d.waiting = 1 // at least
		shared.detail = &d
	}
	return []reading{shared, alone}
}
