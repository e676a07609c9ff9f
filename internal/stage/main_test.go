package stage

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/stage/pace"
)

// quiet keeps the client library's own remarks on nodes that these tests stop
// out of their output.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	goleak.VerifyTestMain(m)
}

// A rig is a showing that a test drives by hand, as fast as can be.
type rig struct {
	*Showing
	t *testing.T
}

func open(t *testing.T, sides ...Side) *rig {
	t.Helper()
	s, err := Open(Setup{Sides: sides})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &rig{s, t}
}

// do carries out commands.
func (r *rig) do(commands ...Command) *rig {
	r.t.Helper()
	for _, c := range commands {
		if err := r.Do(c); err != nil {
			r.t.Fatalf("%+v: %v", c, err)
		}
	}
	return r
}

// add lets clients appear whose engines know their nodes.
func (r *rig) add(policy string, names ...string) *rig {
	r.t.Helper()
	for _, name := range names {
		r.do(Command{Do: "add", Client: name, Policy: policy})
	}
	r.meet()
	return r
}

// run lets the stage go on until something is the case.
func (r *rig) run(what string, u Until) *rig {
	r.t.Helper()
	if u.Limit == 0 {
		u.Limit = defaultLimit
	}
	began := r.Clock.Elapsed()
	if u.After > 0 {
		defer r.Clock.After(u.After, func() { r.worlds[0].do(func() {}) }).Stop()
	}
	if !r.until(pace.Speed{Rate: pace.Fastest}, u.Limit, func(w *World) bool { return u.reached(w, began) }, nil) {
		r.t.Fatalf("not within %s of the stage: %s\n%s", u.Limit, what, r.picture())
	}
	return r
}

// picture is everything there is to see.
func (r *rig) picture() string {
	first, _, seq := r.Log.First()
	frames, _ := r.Log.Since(seq, 1<<20)
	for _, f := range frames {
		for key, v := range f.Set {
			first[key] = v
		}
		for _, key := range f.Del {
			delete(first, key)
		}
	}
	text := ""
	for key, v := range first {
		text += key + " " + string(v) + "\n"
	}
	return text
}

func (r *rig) outcome() Outcome { return r.Outcomes()[0] }

func TestAClientTakesWritesAndReleases(t *testing.T) {
	r := open(t).add(PolicyOurs, "alice")
	start := time.Now()
	r.do(Command{Do: "acquire", Client: "alice"}).run("alice holds the lock", Until{Is: map[string]string{"alice": stateHolding}})
	r.do(Command{Do: "write", Client: "alice"}).run("alice writes", Until{Writes: 1})
	r.do(Command{Do: "release", Client: "alice"}).run("alice is idle", Until{Is: map[string]string{"alice": stateIdle}})
	out := r.outcome()
	t.Logf("%+v, stage %s in %s", out, r.Clock.Elapsed(), time.Since(start))
	t.Log(r.picture())
}
