package loadtest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

const (
	// teams are groups of locks; every client looks at those of one team.
	teams = 20
	// teamLocks is how many locks a team has.
	teamLocks = 50
	// writeEvery is the time between two writes of a pace, and probeEvery the
	// least between two changes of a team that clients look out for.
	writeEvery = 10 * time.Millisecond
	probeEvery = 200 * time.Millisecond
)

func lockName(team, lock int) string { return fmt.Sprintf("lock:team-%02d:%02d", team, lock) }

// A probe is a change that the clients of a team look out for.
type probe struct {
	fingerprint []byte // of the new holder, as it stands in frames
	at          time.Time
}

// A board is the last probe of each team.
type board [teams]atomic.Pointer[probe]

// A pace is how changes are spread over the teams.
type pace int

const (
	// apart: the changes of a team come together, five times a second, so that
	// each finds streams that may send at once.
	apart pace = iota
	// storm: every team changes all the time, and every stream has to wait
	// until it may send again.
	storm
)

// write hands locks over, so many a second, until stop is closed, and returns how
// many there were.
func (r *rig) write(how pace, perSecond int, probes *board, stop <-chan struct{}) (changes int, err error) {
	batch := max(1, perSecond*int(writeEvery)/int(time.Second))
	again := time.NewTicker(writeEvery)
	defer again.Stop()
	for tick := 0; ; tick++ {
		select {
		case <-stop:
			return changes, nil
		case <-again.C:
		}
		pipe := r.redis.Pipeline()
		now := time.Now()
		for i := range batch {
			n := tick*batch + i
			team, lock := tick%teams, (tick/teams*batch+i)%teamLocks
			if how == storm {
				team, lock = n%teams, n/teams%teamLocks
			}
			value := fmt.Sprintf("holder-%d-%d", now.UnixNano(), n)
			name := lockName(team, lock)
			pipe.Del(r.t.Context(), name) // or there would be two holders
			pipe.Set(r.t.Context(), name, value, time.Minute)
			if last := probes[team].Load(); last == nil || now.Sub(last.at) > probeEvery*9/10 {
				probes[team].Store(&probe{[]byte(lockengine.Fingerprint(value)), now})
			}
		}
		if _, err := pipe.Exec(r.t.Context()); err != nil {
			return changes, err
		}
		changes += batch
	}
}

// fill takes all locks and waits until the program shows them.
func (r *rig) fill() {
	r.t.Helper()
	pipe := r.redis.Pipeline()
	for team := range teams {
		for lock := range teamLocks {
			pipe.Set(r.t.Context(), lockName(team, lock), "first", 10*time.Minute)
		}
	}
	_, err := pipe.Exec(r.t.Context())
	must(r.t, err)
	eventually(r.t, "all locks are seen", func() bool {
		var answer struct{ Total int }
		r.ask("/api/v1/locks?limit=1&state=held", &answer)
		return answer.Total == teams*teamLocks
	})
}

// underLoad runs what while locks change.
func (r *rig) underLoad(how pace, perSecond int, probes *board, what func()) (changes int) {
	r.t.Helper()
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		n, err := r.write(how, perSecond, probes, stop)
		changes = n
		done <- err
	}()
	what()
	close(stop)
	must(r.t, <-done)
	return changes
}

// lasts waits for a time to pass in which something is measured.
func lasts(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
