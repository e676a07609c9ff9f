package watcher

import (
	"math"
	"time"
)

// An instant is a point on our monotonic clock, in nanoseconds since the Board
// was made. It is a third of the size of a time.Time, and a Board holds one for
// every vote.
type instant int64

// never is the deadline of a key without expiry, and of nothing at all.
const never instant = math.MaxInt64

// add returns the instant d later.
func (i instant) add(d time.Duration) instant { return i + instant(d) }

// sub returns the time from j to i.
func (i instant) sub(j instant) time.Duration { return time.Duration(i - j) }

// A clock turns instants into times and back. Both are taken from one reading,
// so that a step of the wall clock moves what is shown but nothing that is
// decided.
type clock struct {
	wall time.Time
	now  instant
}

// time returns the instant as a time of the wall clock; never is the zero time.
func (c clock) time(i instant) time.Time {
	if i == never {
		return time.Time{}
	}
	return c.wall.Add(i.sub(c.now))
}

// instant returns a time with a monotonic reading as an instant.
func (c clock) instant(t time.Time) instant { return c.now.add(t.Sub(c.wall)) }
