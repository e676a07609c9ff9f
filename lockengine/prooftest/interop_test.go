package prooftest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	redsyncpool "github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// A foreigner is a lock of another library on the name that every test is
// about. lock tries once and reports whether it got the lock.
type foreigner interface {
	lock(t *testing.T) bool
	unlock(t *testing.T)
}

// others are the libraries that keep a plain string under the lock's name, and
// on how many nodes they work.
var others = []struct {
	library string
	nodes   int
	start   func(t *testing.T, r *rig) foreigner
}{
	{"redsync on one node", 1, newRedsync},
	{"redsync on five nodes", 5, newRedsync},
	{"redislock", 1, newRedislock},
	{"redis-py", 1, func(t *testing.T, r *rig) foreigner { return newPython(t, r, "redispy.py") }},
	{"the sample of the source text", 1, func(t *testing.T, r *rig) foreigner { return newPython(t, r, "sample.py") }},
}

func TestOtherLibrariesExcludeUsAndAreExcludedByUs(t *testing.T) {
	for _, o := range others {
		t.Run(o.library, func(t *testing.T) {
			r := newRig(t, o.nodes)
			e := r.direct(t, patient)
			f := o.start(t, r)
			for range 3 {
				if !f.lock(t) {
					t.Fatal("it did not get a free lock")
				}
				_, err := e.Acquire(t.Context(), name, lockengine.AcquireOptions{})
				var held *lockengine.HeldError
				if !errors.As(err, &held) || held.TTL <= 0 {
					t.Fatalf("we were not excluded: %v", err)
				}
				if want := lockengine.Fingerprint(r.holders(t)[0]); held.Fingerprint != want {
					t.Errorf("told of %s, want %s", held.Fingerprint, want)
				}
				f.unlock(t)

				lease := acquire(t, e, lockengine.AcquireOptions{Wait: 10 * time.Second})
				if f.lock(t) {
					t.Fatal("it was not excluded")
				}
				if err := lease.Extend(t.Context(), 20*time.Second); err != nil {
					t.Errorf("its attempt touched our lock: %v", err)
				}
				release(t, lease)
				eventually(t, "every node is free", func() bool { return r.empty(t) })
			}
		})
	}
}

// The sample walks over its servers and ends at the first yes: on five servers
// it holds one of them, which is no majority and does not exclude anybody. While
// we hold all five it gets none.
func TestTheSampleOnFiveServersIsExcludedByUs(t *testing.T) {
	r := newRig(t, 5)
	e := r.direct(t, patient)
	sample := newPython(t, r, "sample.py")
	lease := acquire(t, e, lockengine.AcquireOptions{})
	eventually(t, "our token on every node", func() bool {
		for _, v := range r.holders(t) {
			if v != lease.Token() {
				return false
			}
		}
		return true
	})
	if sample.lock(t) {
		t.Error("it was not excluded")
	}
	release(t, lease)
	eventually(t, "every node is free", func() bool { return r.empty(t) })
	if !sample.lock(t) {
		t.Error("it did not get a free lock")
	}
	taken := 0
	for _, v := range r.holders(t) {
		if v != "" {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("it took %d of 5 servers", taken)
	}
	acquire(t, e, lockengine.AcquireOptions{})
}

type redsyncLock struct{ *redsync.Mutex }

func newRedsync(_ *testing.T, r *rig) foreigner {
	var pools []redsyncpool.Pool
	for _, c := range r.clients {
		pools = append(pools, goredis.NewPool(c))
	}
	return redsyncLock{redsync.New(pools...).NewMutex(name, redsync.WithExpiry(time.Minute), redsync.WithTries(1))}
}

func (m redsyncLock) lock(t *testing.T) bool {
	err := m.LockContext(t.Context())
	var taken *redsync.ErrTaken
	if err != nil && !errors.Is(err, redsync.ErrFailed) && !errors.As(err, &taken) {
		t.Fatal(err)
	}
	return err == nil
}

func (m redsyncLock) unlock(t *testing.T) {
	if ok, err := m.UnlockContext(t.Context()); !ok || err != nil {
		t.Fatalf("redsync could not unlock: %v", err)
	}
}

type redislockLock struct {
	client *redislock.Client
	held   *redislock.Lock
}

func newRedislock(_ *testing.T, r *rig) foreigner {
	return &redislockLock{client: redislock.New(r.clients[0])}
}

func (l *redislockLock) lock(t *testing.T) bool {
	held, err := l.client.Obtain(t.Context(), name, time.Minute, nil)
	if err != nil && !errors.Is(err, redislock.ErrNotObtained) {
		t.Fatal(err)
	}
	if err == nil {
		l.held = held
	}
	return err == nil
}

func (l *redislockLock) unlock(t *testing.T) {
	if err := l.held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A python is a script of testdata that takes and releases a lock as it is told
// line by line.
type python struct {
	orders  io.Writer
	answers *bufio.Scanner
}

func newPython(t *testing.T, r *rig, script string) foreigner {
	t.Helper()
	args := []string{"testdata/" + script, name}
	for _, s := range r.servers {
		args = append(args, s.Addr())
	}
	ctx, cancel := context.WithCancel(context.Background())
	// Not the first python3 on PATH, which may be another than the one that
	// redis-py was installed for.
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", args...)
	cmd.Stderr = os.Stderr
	orders, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("python3 with the module redis (Debian: python3-redis): %v", err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // the exit code of a killed child says nothing
	})
	return &python{orders: orders, answers: bufio.NewScanner(answers)}
}

func (p *python) lock(t *testing.T) bool { return p.ask(t, "lock") }

func (p *python) unlock(t *testing.T) {
	if !p.ask(t, "unlock") {
		t.Fatal("it could not unlock")
	}
}

func (p *python) ask(t *testing.T, order string) bool {
	t.Helper()
	if _, err := io.WriteString(p.orders, order+"\n"); err != nil {
		t.Fatal(err)
	}
	if !p.answers.Scan() {
		t.Fatalf("no answer to %s: %v", order, p.answers.Err())
	}
	answer := strings.TrimSpace(p.answers.Text())
	if answer != "yes" && answer != "no" {
		t.Fatalf("%s was answered by %q", order, answer)
	}
	return answer == "yes"
}
