package format

import "time"

// MaxText is the longest string that is looked at, in bytes. No lock library
// writes longer ones.
const MaxText = 256

// MaxMembers is how many fields of a hash, or members of a set, are looked at.
const MaxMembers = 64

// A Value is what a key holds, as far as it was read.
type Value struct {
	// Type is what TYPE says: "string", "hash", "set" or "zset". Keys of other
	// types are nobody's.
	Type string
	// Text is the value of a string.
	Text string
	// Fields are those of a hash.
	Fields map[string]string
	// Members are those of a set, and the first of a sorted set.
	Members []Member
	// Size is how many members there are, which may be more than were read.
	Size int
	// TTL is how long the key still lives, negative for ever.
	TTL time.Duration
	// Now is the time at which it was read.
	Now time.Time

	// What several forms want to know of Text, see parse.
	id      uuid
	isHex   bool // id is Text without hyphens
	version int  // of id, 0 for none
}

// A Member is one of a set. In a plain set the score is 0.
type Member struct {
	Name  string
	Score float64
}

// A Match is what a value tells. The zero Match tells nothing.
type Match struct {
	// Library is the library that writes such keys, one of [Libraries], empty
	// when the form is not known.
	Library string
	// Confidence is how sure that is, empty without a Library.
	Confidence Confidence
	// Also are the other libraries that it may be as well.
	Also []string
	// Owner is who holds the lock, in a form that may be shown.
	Owner string
	// Host is the machine of the holder: its name, or the MAC address of its
	// network card.
	Host string
	// PID is the process of the holder on Host, 0 where it is not told.
	PID int
	// At is when the lock was taken by the clock of who took it.
	At time.Time
	// ValidUntil is until when the holder believes in it, by the clock of the
	// holder.
	ValidUntil time.Time
	// Mode is how it is held, empty for a plain lock.
	Mode Mode
	// Holds is how often the holder has taken it, 0 where that is not counted.
	Holds int
	// Readers is how many share it: the readers of a read lock, the holders of
	// a semaphore.
	Readers int
	// Free is true when the value says that nobody holds the lock although
	// there is a key.
	Free bool
	// Holder is what tells this holder from others, in the place of the value,
	// where the value also holds what changes while the lock is held. It may be
	// a secret: only a fingerprint of it may be kept.
	Holder string
}

// A Confidence is how sure a recognition is.
type Confidence string

// The confidences, see the package documentation.
const (
	Certain   Confidence = "certain"
	Likely    Confidence = "likely"
	Ambiguous Confidence = "ambiguous"
)

// A Mode is how a lock is held that is not simply held.
type Mode string

const (
	// ModeRead: shared by Match.Readers readers.
	ModeRead Mode = "read"
	// ModeWrite: held by the one writer of a read-write lock.
	ModeWrite Mode = "write"
	// ModeWaiting: a writer waits for the readers to leave, and keeps new ones
	// out.
	ModeWaiting Mode = "waiting"
	// ModeSemaphore: shared by Match.Readers holders.
	ModeSemaphore Mode = "semaphore"
	// ModeInteger: the value is a number. It may be a lock, and just as well a
	// counter or the free permits of a semaphore.
	ModeInteger Mode = "integer"
)

// Shared reports whether several hold the lock at once. Who they are changes
// while it is held, so one that shares it is as good as another.
func (m Mode) Shared() bool { return m == ModeRead || m == ModeSemaphore }
