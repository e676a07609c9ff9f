package lockengine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

func TestCloseReleasesWhatIsHeldAndTakesNoMore(t *testing.T) {
	r := newRig(t, 3, patient)
	lease := acquire(t, r.Engine, lockengine.AcquireOptions{TTL: time.Minute, Renew: true})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lease.Valid() || !r.empty(t) {
		t.Error("a lease outlived its engine")
	}
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{}); !errors.Is(err, lockengine.ErrClosed) {
		t.Errorf("acquire: %v", err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestCloseDoesNotWaitForNodesForLongerThanItsContext(t *testing.T) {
	r := newServers(t, 1)
	e := r.engine(t, lockengine.Config{Fresh: true, NodeTimeout: 20 * time.Second})
	acquire(t, e, lockengine.AcquireOptions{TTL: time.Minute})
	r.stop(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	r.resume(t, 0)
}

// The undo that is queued behind an attempt is lost with the connection when a
// node hangs for longer than an answer may take.
func TestAResidueOnANodeThatCutTheConnectionIsReaped(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, lockengine.Config{Fresh: true, NodeTimeout: 300 * time.Millisecond, RetryCount: -1})
	r.stop(t, all(3)...)
	if _, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute}); err == nil {
		t.Fatal("stopped nodes gave a lock")
	}
	eventually(t, "the connections are given up", func() bool {
		for _, s := range r.Status() {
			if s.Up {
				return false
			}
		}
		return true
	})
	r.resume(t, all(3)...)
	eventually(t, "the attempt arrives", func() bool { return r.calls(t, 0, "set") > 0 })
	eventually(t, "no residue", func() bool { return r.empty(t) })
}

func TestNamesOfEveryKindOfBytesAreLocks(t *testing.T) {
	r := newRig(t, 3, patient)
	for _, name := range []string{" ", "a\x00b", "\xff\xfe", "lock:\r\nDEL x\r\n", "{tag}:x", strings.Repeat("n", lockengine.MaxName)} {
		lease, err := r.Acquire(t.Context(), name, lockengine.AcquireOptions{})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if got := r.clients[0].Get(t.Context(), name).Val(); got != lease.Token() {
			eventually(t, "the token under exactly that name", func() bool { return r.clients[0].Get(t.Context(), name).Val() == lease.Token() })
		}
		if err := lease.Release(t.Context()); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestBadArgumentsAreNamed(t *testing.T) {
	r := newRig(t, 1, patient)
	ctx := t.Context()
	attempt := func(name string, opts lockengine.AcquireOptions) func() error {
		return func() error { _, err := r.Acquire(ctx, name, opts); return err }
	}
	build := func(nodes []lockengine.Node, cfg lockengine.Config) func() error {
		return func() error { _, err := lockengine.New(nodes, cfg); return err }
	}
	node := r.Nodes()[0]
	for what, c := range map[string]struct {
		field string
		call  func() error
	}{
		"no name":                   {"name", attempt("", lockengine.AcquireOptions{})},
		"a name of 10 MB":           {"name", attempt(strings.Repeat("n", 10<<20), lockengine.AcquireOptions{})},
		"a TTL below zero":          {"ttl", attempt(name, lockengine.AcquireOptions{TTL: -1})},
		"a TTL under twice a drift": {"ttl", attempt(name, lockengine.AcquireOptions{TTL: 2 * lockengine.DefaultClockDrift})},
		"a TTL above the longest":   {"ttl", attempt(name, lockengine.AcquireOptions{TTL: lockengine.DefaultMaxTTL + 1})},
		"an owner of control bytes": {"owner", attempt(name, lockengine.AcquireOptions{Owner: "a\x00"})},
		"an owner that is not text": {"owner", attempt(name, lockengine.AcquireOptions{Owner: "\xff"})},
		"an owner of 1 MB":          {"owner", attempt(name, lockengine.AcquireOptions{Owner: strings.Repeat("o", 1<<20)})},
		"no nodes":                  {"nodes", build(nil, lockengine.Config{})},
		"a node that is nil":        {"nodes", build([]lockengine.Node{node, nil}, lockengine.Config{})},
		"a node twice":              {"nodes", build([]lockengine.Node{node, node}, lockengine.Config{})},
		"a timeout below zero":      {"NodeTimeout", build(r.Nodes(), lockengine.Config{NodeTimeout: -1})},
		"a retry delay below zero":  {"RetryDelay", build(r.Nodes(), lockengine.Config{RetryDelay: -1})},
		"a drift below zero":        {"ClockDrift", build(r.Nodes(), lockengine.Config{ClockDrift: -1})},
		"a drift of half the TTL":   {"DriftFactor", build(r.Nodes(), lockengine.Config{DriftFactor: 0.5})},
		"a minimum over the TTL":    {"MinValidity", build(r.Nodes(), lockengine.Config{MinValidity: time.Minute, TTL: time.Second})},
		"no context":                {"ctx", func() error { _, err := r.Acquire(nil, name, lockengine.AcquireOptions{}); return err }}, //nolint:staticcheck // what is tested
		"no context to admit":       {"ctx", func() error { return r.Admit(nil, "a") }},                                                //nolint:staticcheck // what is tested
	} {
		var arg *lockengine.ArgumentError
		if err := c.call(); !errors.As(err, &arg) || arg.Field != c.field || arg.Want == "" || len(arg.Error()) > 200 {
			t.Errorf("%s: got %v", what, err)
		}
	}
	lease := acquire(t, r.engine(t, patient), lockengine.AcquireOptions{})
	var arg *lockengine.ArgumentError
	for field, call := range map[string]func() error{
		"ttl": func() error { return lease.Extend(ctx, -1) },
		"ctx": func() error { return errors.Join(lease.Extend(nil, time.Second), lease.Release(nil)) }, //nolint:staticcheck // what is tested
	} {
		if err := call(); !errors.As(err, &arg) || arg.Field != field {
			t.Errorf("%s of a lease: got %v", field, err)
		}
	}
	if !lease.Valid() {
		t.Error("a bad argument ended the lease")
	}
}
