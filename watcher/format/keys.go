package format

import (
	"strconv"
	"strings"
)

// The keys that Redisson keeps beside a lock.
const (
	queuePrefix   = "redisson_lock_queue:"
	timeoutPrefix = "redisson_lock_timeout:"
	tokenPrefix   = "redisson_lock_token:"
	latchPrefix   = "redisson_unlock_latch:"
	readerMark    = ":rwlock_timeout:"
)

// The keys of other libraries that are no locks.
const (
	signalPrefix  = "lock-signal:" // python-redis-lock: wakes who waits
	counterPrefix = "nextid:"      // pottery: a counter
)

// The two keys of a read-write lock of DistributedLock.
const (
	writerSuffix  = ".writer"
	readersSuffix = ".readers"
)

// Hidden reports whether a key of this name is no lock but something that a
// library keeps for its locks.
func Hidden(key string) bool {
	for _, prefix := range []string{queuePrefix, timeoutPrefix, tokenPrefix, latchPrefix, signalPrefix, counterPrefix} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return isReaderTimeout(key)
}

// isReaderTimeout reports whether key is the time to live of one reader:
// {name}:<uuid>:<thread>:rwlock_timeout:<n>.
func isReaderTimeout(key string) bool {
	at := strings.LastIndex(key, readerMark)
	if at < 0 || !isInteger(key[at+len(readerMark):]) {
		return false
	}
	thread := strings.LastIndexByte(key[:at], ':')
	if thread < uuidLength {
		return false
	}
	_, _, ok := splitClient(key[thread-uuidLength : at])
	return ok
}

// Lock returns the name of the lock that a key belongs to where that is another
// key: the lock whose queue it is, or the first of the keys that make up a lock.
func Lock(key string) (name string, ok bool) {
	for _, prefix := range []string{queuePrefix, tokenPrefix} {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			return unbrace(rest), true
		}
	}
	if prefix, i, rest, ok := splitSpread(key); ok && i > 0 {
		return prefix + ":0:" + rest, true
	}
	if rest, ok := strings.CutSuffix(key, readersSuffix); ok && rest != "" {
		return rest + writerSuffix, true
	}
	return "", false
}

// Parts returns the keys that make up one lock together with the key name.
func Parts(name string) []string {
	if prefix, i, rest, ok := splitSpread(name); ok && i == 0 {
		return []string{prefix + ":1:" + rest, prefix + ":2:" + rest}
	}
	if rest, ok := strings.CutSuffix(name, writerSuffix); ok && rest != "" {
		return []string{rest + readersSuffix}
	}
	return nil
}

// maxSpread is how many keys a lock of rueidislock is thought to have at most.
const maxSpread = 9

// FurtherParts returns keys that may belong to a lock that is spread over several
// keys beyond those of Parts: where more than two of them make a majority.
func FurtherParts(name string) (keys []string) {
	prefix, _, rest, ok := splitSpread(name)
	for i := 3; ok && i < maxSpread; i++ {
		keys = append(keys, prefix+":"+strconv.Itoa(i)+":"+rest)
	}
	return keys
}

// IsSpread reports whether name is the first of several keys of which a
// majority makes a lock on one node: prefix:<i>:<name> of rueidislock.
func IsSpread(name string) bool {
	_, _, _, ok := splitSpread(name)
	return ok
}

// splitSpread splits rueidislock:<i>:<name> or valkeylock:<i>:<name>.
func splitSpread(name string) (prefix string, i int, rest string, ok bool) {
	for _, prefix := range []string{Rueidislock, Valkeylock} {
		after, found := strings.CutPrefix(name, prefix+":")
		if !found {
			continue
		}
		digits, rest, found := strings.Cut(after, ":")
		if !found || len(digits) == 0 || len(digits) > 2 || !each(digits, isDigit) || len(digits) == 2 && digits[0] == '0' {
			return "", 0, "", false
		}
		i, _ := strconv.Atoi(digits) // at most two digits
		return prefix, i, rest, true
	}
	return "", 0, "", false
}

// permitsSuffix ends the name of the sorted set of the permits that are taken
// of a semaphore of Redisson.
const permitsSuffix = ":timeout"

// Queue returns the key of the list of those who wait for a fair lock of
// Redisson, first come first. It is also the pattern of such keys for a pattern
// of names.
func Queue(name string) string { return queuePrefix + brace(name) }

// FenceKey returns the key of the fencing token of a lock of Redisson.
func FenceKey(name string) string { return tokenPrefix + brace(name) }

// PermitsKey returns the key of the sorted set of the permits that are taken of
// a semaphore of Redisson, by the time in milliseconds until which each is.
func PermitsKey(name string) string { return brace(name) + permitsSuffix }

// brace makes a name what Redisson uses in the names of further keys, so that a
// cluster keeps them together.
func brace(name string) string {
	if strings.Contains(name, "{") {
		return name
	}
	return "{" + name + "}"
}

// unbrace undoes brace.
func unbrace(name string) string {
	if len(name) > 2 && name[0] == '{' && name[len(name)-1] == '}' && strings.Count(name, "{") == 1 {
		return name[1 : len(name)-1]
	}
	return name
}
