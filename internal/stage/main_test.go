package stage

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

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
	// The client library tries a stopped node for up to a second after its pool was
	// closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
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
	if !r.until(pace.Speed{Rate: pace.Fastest}, u.Limit, func(w *World) bool { return u.reached(w, began) }, nil, nil) {
		r.t.Fatalf("not within %s of the stage: %s\n%s", u.Limit, what, r.picture())
	}
	return r
}

// A thing is something to be seen.
type thing struct {
	key  string
	text json.RawMessage
}

// now is everything there is to see, by key.
func (r *rig) now() (all []thing) {
	picture, _, seq := r.Log.First()
	frames, _ := r.Log.Since(seq, 1<<20)
	for _, f := range frames {
		for key, v := range f.Set {
			picture[key] = v
		}
		for _, key := range f.Del {
			delete(picture, key)
		}
	}
	for key, v := range picture {
		all = append(all, thing{key, v})
	}
	slices.SortFunc(all, func(a, b thing) int { return strings.Compare(a.key, b.key) })
	return all
}

// picture is everything there is to see, as text.
func (r *rig) picture() string {
	text := ""
	for _, t := range r.now() {
		text += t.key + " " + string(t.text) + "\n"
	}
	return text
}

func (r *rig) outcome() Outcome { return r.Outcomes()[0] }

// see reads how something looks now.
func see[T any](r *rig, key string) T {
	r.t.Helper()
	var v T
	for _, line := range r.now() {
		if line.key == key {
			if err := json.Unmarshal(line.text, &v); err != nil {
				r.t.Fatal(err)
			}
			return v
		}
	}
	r.t.Fatalf("there is no %s to be seen", key)
	return v
}

func onNode(do, id string) Command { return Command{Do: do, Node: id} }
func tell(do, name string) Command { return Command{Do: do, Client: name} }
func is(name, state string) Until  { return Until{Is: map[string]string{name: state}} }
