package format

import (
	"strconv"
	"strings"

	"github.com/lockscope/lockscope/lockengine"
)

// fitRedisson reads the hash of a lock of Redisson: one field <uuid>:<thread>
// with the hold count. A read-write lock has a field "mode" as well, and
// <uuid>:<thread>:write for its writer.
func fitRedisson(_ string, v *Value, m *Match) fit {
	mode, readWrite := v.Fields["mode"]
	readers, holder, holds := 0, "", 0
	for field, count := range v.Fields {
		if readWrite && field == "mode" {
			continue
		}
		id, writes := strings.CutSuffix(field, ":write")
		_, _, ok := splitClient(id)
		n, err := strconv.Atoi(count)
		switch {
		case !ok || err != nil || n < 1 || writes && !readWrite:
			return unfit
		case writes || !readWrite:
			if holder != "" {
				return unfit
			}
			holder, holds = field, n
		default:
			readers++
		}
	}
	switch {
	case readWrite && mode == "read" && holder == "" && readers > 0:
		m.share(ModeRead, readers)
		return fitsOnly
	case readWrite && mode == "write" && holder != "":
		m.Mode = ModeWrite
		m.hold(strings.TrimSuffix(holder, ":write"), holds)
		return fitsOnly
	case !readWrite && holder != "":
		m.hold(holder, holds)
		return fitsOnly
	}
	return unfit
}

// fitPermits is a semaphore of Redisson, which keeps nothing but the number of
// free permits: a number like any other unless the name is pinned.
func fitPermits(_ string, v *Value, m *Match) fit {
	if !isInteger(v.Text) {
		return unfit
	}
	n, _ := strconv.ParseInt(v.Text, 10, 64) // too large is not zero
	m.share(ModeSemaphore, 0)
	m.Free = n > 0
	return fitsPinned
}

// fitTaken is the sorted set of the permits of such a semaphore that are taken,
// each 16 random bytes. It stands beside the semaphore and is no lock.
func fitTaken(name string, v *Value, m *Match) fit {
	rest, ok := strings.CutSuffix(name, permitsSuffix)
	if !ok || !strings.Contains(rest, "{") || len(v.Members) == 0 {
		return unfit
	}
	for _, member := range v.Members {
		if len(member.Name) != len(uuid{}) {
			return unfit
		}
	}
	m.share(ModeSemaphore, 0)
	m.Free = true
	return fitsOnly
}

// Permits returns the match of a number beside which there are permits that are
// taken: a semaphore of Redisson that taken of them hold.
func Permits(taken int) Match {
	m := Match{Library: Redisson, Confidence: Certain, Free: taken == 0}
	m.share(ModeSemaphore, taken)
	return m
}

// hold says that a thread of a client holds the lock.
func (m *Match) hold(holder string, holds int) {
	m.Owner, m.Holds, m.Holder = Client(holder), holds, holder
}

// share says that several share the lock, who are one holder together.
func (m *Match) share(mode Mode, holders int) {
	m.Mode, m.Readers, m.Holder = mode, holders, "\x00"+string(mode)
}

// Client returns a name to show for <uuid>:<thread>, which is how Redisson
// names a holder or a waiter: the fingerprint of the client, and the thread.
// The UUID itself is what proves the hold. It is empty for any other text.
func Client(id string) string {
	client, thread, ok := splitClient(id)
	if !ok {
		return ""
	}
	return "client " + lockengine.Fingerprint(client) + " thread " + thread
}

// splitClient splits <uuid>:<thread>.
func splitClient(id string) (client, thread string, ok bool) {
	client, thread, ok = strings.Cut(id, ":")
	if !ok || len(thread) == 0 || len(thread) > 20 || !each(thread, isDigit) {
		return "", "", false
	}
	_, ok = parseUUID(client)
	return client, thread, ok
}
