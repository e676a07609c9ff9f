package format

import (
	"strconv"
	"strings"
	"time"
)

// waitingMark ends the value of a writer that waits for readers to leave.
const waitingMark = "_WRITERWAITING"

// fitMachine reads <machine>_<process>_<32 digits>, the value of a
// DistributedLock.
func fitMachine(name string, v *Value, m *Match) fit {
	id, waiting := strings.CutSuffix(v.Text, waitingMark)
	host, pid, ok := splitMachine(id)
	if !ok {
		return unfit
	}
	m.Host, m.PID = host, pid
	switch {
	case waiting:
		m.Mode = ModeWaiting
	case strings.HasSuffix(name, writerSuffix):
		m.Mode = ModeWrite
	}
	return fitsOnly
}

// splitMachine splits <machine>_<process>_<32 digits>. The name of a machine
// may hold the separator.
func splitMachine(id string) (host string, pid int, ok bool) {
	last := strings.LastIndexByte(id, '_')
	if last < 0 {
		return "", 0, false
	}
	if _, ok := parseHex(id[last+1:]); !ok {
		return "", 0, false
	}
	middle := strings.LastIndexByte(id[:last], '_')
	if middle < 0 || !each(id[middle+1:last], isDigit) {
		return "", 0, false
	}
	pid, err := strconv.Atoi(id[middle+1 : last])
	return id[:middle], pid, err == nil && isText(id[:middle])
}

// fitMachines reads the set of the readers of a DistributedLock, and the sorted
// set of the holders of its semaphore, by the time in milliseconds until which
// each holds it. Those whose time is over are still in the set.
func fitMachines(_ string, v *Value, m *Match) fit {
	over, last := 0, time.Time{}
	for _, member := range v.Members {
		if _, _, ok := splitMachine(member.Name); !ok {
			return unfit
		}
		until := time.UnixMilli(int64(member.Score))
		switch {
		case v.Type != "zset":
			continue
		case !plausible(until):
			return unfit
		case !until.After(v.Now):
			over++
		}
		if until.After(last) {
			last = until
		}
	}
	switch {
	case len(v.Members) == 0:
		return unfit
	case v.Type == "set":
		m.share(ModeRead, v.Size)
		return fitsOnly
	case v.Size == len(v.Members):
		m.ValidUntil = last // else the last ones were not read
	}
	m.share(ModeSemaphore, v.Size-over)
	m.Free = m.Readers == 0
	return fitsOnly
}

// fitSemaphore reads the sorted set of the holders of a redis-semaphore, by the
// time in milliseconds at which each took or renewed its permit. The set lives
// as long as its youngest member, so a member that is older than that one by
// more than the set has left is over.
func fitSemaphore(name string, v *Value, m *Match) fit {
	if !strings.HasPrefix(name, "semaphore:") || len(v.Members) == 0 {
		return unfit
	}
	youngest := 0.0
	for _, member := range v.Members {
		if !isIdentifier(member.Name) || !plausible(time.UnixMilli(int64(member.Score))) {
			return unfit
		}
		youngest = max(youngest, member.Score)
	}
	m.share(ModeSemaphore, v.Size)
	if v.TTL >= 0 && v.Size == len(v.Members) {
		for _, member := range v.Members {
			if member.Score <= youngest-float64(v.TTL.Milliseconds()) {
				m.Readers--
			}
		}
	}
	return fitsOnly
}
