package formattest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/watcher/format"
)

// by is how a library takes its lock in these tests.
type by string

const (
	byLibrary by = "the library itself"
	byLayout  by = "its documented layout"
)

var (
	certain = []format.Confidence{format.Certain}
	likely  = []format.Confidence{format.Likely}
	// Of a random value it depends on its digits.
	random    = []format.Confidence{format.Likely, format.Ambiguous}
	ambiguous = []format.Confidence{format.Ambiguous}
)

// recognised are all libraries, and the forms of their locks.
var recognised = []struct {
	library string
	what    string
	by      by
	nodes   int
	name    string // under which it is shown
	sure    []format.Confidence
	start   func(*testing.T, *rig, string) hold
	is      func(watcher.Lock) bool // nil when there is nothing more to see
}{
	{format.Lockscope, "lock", byLibrary, 3, "lock:x", certain, lockscope, func(l watcher.Lock) bool { return !l.Holder.Since.IsZero() }},
	{format.Redsync, "mutex", byLibrary, 1, "lock:x", likely, redsyncMutex, nil},
	{format.Redsync, "mutex on three nodes", byLibrary, 3, "lock:x", likely, redsyncMutex, nil},
	{format.Redislock, "lock", byLibrary, 1, "lock:x", random, redislockLock(""), nil},
	{format.Redislock, "lock with metadata", byLibrary, 1, "lock:x", ambiguous, redislockLock(` {"job":7}`), nil},
	{format.Rueidislock, "lock", byLibrary, 1, "rueidislock:0:x", certain, rueidisLocker(2), nil},
	{format.Rueidislock, "lock on one key", byLibrary, 1, "rueidislock:0:x", certain, rueidisLocker(1), nil},
	{format.Rueidislock, "lock on five keys", byLibrary, 1, "rueidislock:0:x", certain, rueidisLocker(3), nil},
	{format.Valkeylock, "lock", byLibrary, 1, "valkeylock:0:x", certain, valkeyLocker, nil},
	{format.Redisson, "lock", byLayout, 1, "lock:x", certain, redissonLock, func(l watcher.Lock) bool {
		return l.Holder.Owner == format.Client(client+":1") && l.Holder.Holds == 1
	}},
	{format.Redisson, "fenced lock", byLayout, 1, "lock:x", certain, redissonFenced, func(l watcher.Lock) bool { return l.Fence > 0 }},
	{format.Redisson, "fair lock", byLayout, 1, "lock:x", certain, redissonFair, func(l watcher.Lock) bool {
		return l.Waiters.Visible && slices.Equal(l.Waiters.Who, []string{format.Client(another + ":7")})
	}},
	{format.Redisson, "read lock", byLayout, 1, "lock:x", certain, redissonReaders, func(l watcher.Lock) bool {
		return l.Holder.Mode == "read" && l.Holder.Readers == 2
	}},
	{format.Redisson, "write lock", byLayout, 1, "lock:x", certain, redissonWriter, func(l watcher.Lock) bool { return l.Holder.Mode == "write" }},
	{format.Redisson, "semaphore with expiry", byLayout, 1, "lock:x", certain, redissonPermits, func(l watcher.Lock) bool { return l.Holder.Readers == 1 }},
	{format.Spring, "lock", byLayout, 1, "registry:x", ambiguous, value(client), func(l watcher.Lock) bool {
		return slices.Equal(l.Holder.Also, []string{format.RedLockNet, format.RedlockRB})
	}},
	{format.ShedLock, "job", byLayout, 1, "job-lock:default:x", certain, value("ADDED:2024-05-06T07:08:09.123Z@web-1:" + client), func(l watcher.Lock) bool {
		return l.Holder.Host == "web-1" && l.Holder.Since.Equal(time.Date(2024, 5, 6, 7, 8, 9, 123_000_000, time.UTC))
	}},
	{format.NodeRedlock, "lock", byLibrary, 1, "lock:x", random, node("node-redlock"), nil},
	{format.NodeRedlock, "lock on three nodes", byLibrary, 3, "lock:x", random, node("node-redlock"), nil},
	{format.RedisSemaphore, "mutex", byLibrary, 1, "mutex:x", likely, node("mutex"), nil},
	{format.RedisSemaphore, "semaphore", byLibrary, 1, "semaphore:x", certain, node("semaphore"), func(l watcher.Lock) bool {
		return l.Holder.Mode == "semaphore" && l.Holder.Readers == 1
	}},
	{format.RedisPy, "lock", byLibrary, 1, "lock:x", likely, python, func(l watcher.Lock) bool {
		age := time.Since(l.Holder.Since)
		return len(l.Holder.Host) == len("02:42:ac:11:00:02") && -time.Second < age && age < time.Minute
	}},
	{format.RedLockNet, "lock", byLayout, 3, "redlock:x", ambiguous, value(client), func(l watcher.Lock) bool {
		return slices.Equal(l.Holder.Also, []string{format.Pottery})
	}},
	{format.Pottery, "lock", byLayout, 3, "redlock:x", ambiguous, value(client), nil},
	{format.RedlockPy, "lock", byLayout, 3, "lock:x", likely, value("q83vEjRWeJCrze8SNFZ4kz"), nil},
	{format.PythonRedisLock, "lock", byLayout, 1, "lock:x", likely, value("q83vEjRWeJCrze8SNFZ4kBBB"), nil},
	{format.DistributedLock, "lock", byLayout, 3, "lock:x", certain, value(machine), func(l watcher.Lock) bool {
		return l.Holder.Host == "web-1" && l.Holder.PID == 4711
	}},
	{format.DistributedLock, "write lock", byLayout, 1, "lock:x.writer", certain, value(machine), func(l watcher.Lock) bool { return l.Holder.Mode == "write" }},
	{format.DistributedLock, "read lock", byLayout, 1, "lock:rw.writer", certain, machineReaders, func(l watcher.Lock) bool {
		return l.Holder.Mode == "read" && l.Holder.Readers == 1
	}},
	{format.DistributedLock, "semaphore", byLayout, 1, "lock:x", certain, machineSemaphore, func(l watcher.Lock) bool { return l.Holder.Readers == 1 }},
	{format.RedlockRB, "lock", byLayout, 3, "x", ambiguous, value(client), nil},
	{format.Sample, "lock", byLayout, 1, "lock:x", likely, value(client + ":NOW"), func(l watcher.Lock) bool {
		return time.Since(l.Holder.ValidUntil).Abs() < time.Minute
	}},
}

func TestLocksAreRecognisedWhileTheirLibrariesHoldThem(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "library\twhat\ttaken by\tshown as\tconfidence\tor else")
	for _, c := range recognised {
		t.Run(c.library+" "+c.what+" by "+string(c.by), func(t *testing.T) {
			r := newRig(t, c.nodes)
			h := c.start(t, r, c.name)
			before := ""
			for range 2 {
				h.take()
				l := r.await(t, c.name, "is held", func(l watcher.Lock) bool {
					return l.State == watcher.StateHeld && (c.is == nil || c.is(l)) && votes(l) == c.nodes
				})
				candidates := append([]string{l.Holder.Library}, l.Holder.Also...)
				if !slices.Contains(candidates, c.library) || !slices.Contains(c.sure, format.Confidence(l.Holder.Confidence)) {
					t.Errorf("recognised as %+v", l.Holder)
				}
				r.scanned(t)
				if held, _ := r.board.Lock(c.name); held.State != watcher.StateHeld || held.Holder.Fingerprint != l.Holder.Fingerprint {
					t.Errorf("while it is held it became %+v", held)
				}
				if shown := r.shown(); !slices.Equal(shown, []string{c.name}) {
					t.Errorf("shown are %q", shown)
				}
				if before == "" {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.library, c.what, c.by, l.Holder.Library, l.Holder.Confidence, strings.Join(l.Holder.Also, ", "))
				}
				before = l.Holder.Fingerprint
				h.release()
				r.await(t, c.name, "is free", func(l watcher.Lock) bool { return l.State == watcher.StateFree })
			}
			for _, n := range r.board.Nodes() {
				if n.Missed != 0 || n.Notifications != watcher.NotificationsLive {
					t.Errorf("changes were not told by events: %+v", n)
				}
			}
		})
	}
	must(t, w.Flush())
	fmt.Print(table.String())
}

// votes is how many nodes have the holder's token.
func votes(l watcher.Lock) int {
	n := 0
	for _, v := range l.Votes {
		if v.Vote == lockengine.VoteGranted {
			n++
		}
	}
	return n
}

func TestEveryLibraryIsTestedAndItsPageSaysHow(t *testing.T) {
	page, err := os.ReadFile("../../docs/LIBRARIES.md")
	must(t, err)
	for _, library := range format.Libraries() {
		var how []string
		for _, c := range recognised {
			if c.library == library.Name && !slices.Contains(how, string(c.by)) {
				how = append(how, string(c.by))
			}
		}
		if len(how) != 1 {
			t.Errorf("%s is tested by %q, want one way", library.Name, how)
			continue
		}
		row := fmt.Sprintf("| %s | %s | %s | %s | %s |\n", library.Name, library.Language, escaped(library.Keys), escaped(library.Value), how[0])
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/LIBRARIES.md lacks the row\n%s", row)
		}
	}
}

// escaped keeps a < from beginning an HTML tag.
func escaped(s string) string { return strings.ReplaceAll(s, "<", `\<`) }
