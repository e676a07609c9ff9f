package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
	"github.com/lockscope/lockscope/internal/stage/record"
	"github.com/lockscope/lockscope/lockengine"
)

// short is a scenario that a test can tell all of.
func short() *Scenario {
	return &Scenario{
		ID: "short", Title: "Short", Clients: []Member{{Name: "alice"}},
		Steps: []Step{
			{Caption: "She takes it with {alice.fence}.", Do: []Command{tell("acquire", "alice")}, Until: is("alice", stateHolding)},
			{Caption: "She writes.", Do: []Command{tell("write", "alice")}, Until: Until{Writes: 1}},
			{Caption: "She gives it back.", Do: []Command{tell("release", "alice")}, Until: is("alice", stateIdle)},
		},
		Beside: &Side{Label: "beside", Policy: PolicySingle},
		Facts:  []Fact{{Text: "she wrote", Holds: func(o Outcome) bool { return o.Accepted == 1 }}},
	}
}

// house opens stages for the length of a test.
func house(t *testing.T, limits Limits) *Stages {
	t.Helper()
	h := NewStages(limits, []*Scenario{short()}, slog.New(slog.DiscardHandler))
	t.Cleanup(h.Close)
	return h
}

// patience is how long a test waits for what has to happen.
const patience = 10 * time.Second

// await waits until something is the case, looking whenever the viewer is told to.
func (v *Viewer) await(t *testing.T, what string, holds func(Look) bool) Look {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond) // time passes without being told
	defer again.Stop()
	for {
		look, ok := v.Look()
		if ok && holds(look) {
			return look
		}
		select {
		case <-v.C:
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s; %+v", patience, what, look)
		}
	}
}

// stand is where the scenario of a look stands.
func stand(t *testing.T, look Look) ScriptView {
	t.Helper()
	return see[ScriptView](&rig{look.Showing, t}, "s")
}

// scripts are the places where the scenario of a look has stood, of those that are
// wanted.
func scripts(t *testing.T, look Look, wanted func(ScriptView) bool) (all []ScriptView) {
	t.Helper()
	_, _, seq := look.Showing.Log.First()
	frames, _ := look.Showing.Log.Since(seq, 1<<20)
	for _, f := range frames {
		var at ScriptView
		if text, there := f.Set["s"]; there {
			if err := json.Unmarshal(text, &at); err != nil {
				t.Fatal(err)
			}
			if wanted(at) {
				all = append(all, at)
			}
		}
	}
	return all
}

func openStage(t *testing.T, h *Stages, want Wanted) (*Stage, *Viewer) {
	t.Helper()
	s, err := h.Open("owner", "driver", want)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Join("driver")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Leave)
	return s, v
}

// drive carries out an order of the driver.
func drive(t *testing.T, s *Stage, o Order) {
	t.Helper()
	if err := s.Drive("driver", o); err != nil {
		t.Fatalf("%s: %v", o.Do, err)
	}
}

func order(do string) Order { return Order{Command: Command{Do: do}} }

func TestAScenarioIsPlayedStepByStep(t *testing.T) {
	t.Parallel()
	s, v := openStage(t, house(t, Limits{}), Wanted{Scenario: "short"})
	drive(t, s, Order{Command: Command{Do: OrderSpeed}}) // as fast as can be
	for step := 1; step <= 3; step++ {
		drive(t, s, order(OrderNext))
		state := PlayReady
		if step == 3 {
			state = PlayDone
		}
		look := v.await(t, fmt.Sprintf("step %d is played", step), func(l Look) bool {
			at := stand(t, l)
			return at.State == state && at.Step == step
		})
		if at := stand(t, look); step == 1 && (strings.Contains(at.Caption, "{") || !strings.Contains(at.Caption, "\u202f")) {
			t.Errorf("the caption is %q", at.Caption)
		}
	}
	look, _ := v.Look()
	if at := stand(t, look); len(at.Checks) != 1 || !at.Checks[0].OK {
		t.Errorf("at the end the checks are %+v", at.Checks)
	}
	if early := scripts(t, look, func(at ScriptView) bool { return at.Step == 1 && at.State == PlayRunning }); len(early) != 1 || early[0].Caption != "She takes it with …" {
		t.Errorf("before she has it, the caption is %+v", early)
	}
	drive(t, s, order(OrderNext)) // there is nothing more, which is no error
}

func TestAScenarioPlaysByItselfAndCanBeTakenOver(t *testing.T) {
	t.Parallel()
	s, v := openStage(t, house(t, Limits{}), Wanted{Scenario: "short", Step: 2})
	v.await(t, "it begins with the second step", func(l Look) bool { return stand(t, l).Step == 2 })
	drive(t, s, order(OrderNext)) // brings it to its end
	v.await(t, "the second step is played", func(l Look) bool { return stand(t, l).State == PlayReady })
	drive(t, s, order(OrderTake))
	v.await(t, "it is taken over", func(l Look) bool { return stand(t, l).State == PlayTaken })
	v.await(t, "the time goes on", func(l Look) bool { return !l.Moment.Paused })
	drive(t, s, order(OrderNext))
	drive(t, s, order(OrderPause))
	drive(t, s, Order{Command: Command{Do: "add", Client: "zoe"}})
	if l, _ := v.Look(); !l.Moment.Paused {
		t.Error("who has paused and acts finds the time going on")
	}
	drive(t, s, order(OrderRestart))
	v.await(t, "it begins again", func(l Look) bool { return l.Epoch == 2 && stand(t, l).Step == 0 })
	drive(t, s, Order{Command: Command{Do: OrderSpeed}})
	drive(t, s, Order{Command: Command{Do: OrderAuto, On: true}})
	v.await(t, "it is over", func(l Look) bool { return stand(t, l).State == PlayDone })
}

// Whoever presses Next again and again hurries steps that are just ending.
func TestAStepThatIsHurriedLeavesTheClockStanding(t *testing.T) {
	t.Parallel()
	s, _ := openStage(t, house(t, Limits{}), Wanted{Scenario: "short"})
	drive(t, s, Order{Command: Command{Do: OrderSpeed}})
	for round := range 12 {
		deadline := time.Now().Add(patience)
		showing := s.current()
		for state := ""; state != PlayDone; state, _ = showing.Where() {
			if time.Now().After(deadline) {
				t.Fatalf("in round %d the scenario does not end", round)
			}
			drive(t, s, order(OrderNext))
		}
		if !showing.Clock.Read().Paused {
			t.Fatalf("in round %d the clock goes on after the end", round)
		}
		drive(t, s, order(OrderRestart))
	}
}

func TestWhoTakesOverWhileLookingBackGetsTheStepThatIsLookedAt(t *testing.T) {
	t.Parallel()
	s, v := openStage(t, house(t, Limits{}), Wanted{Scenario: "short", Compare: true})
	drive(t, s, Order{Command: Command{Do: OrderSpeed}})
	for epoch, step := range []int{2, 1, 0, 3} {
		drive(t, s, order(OrderRestart))
		drive(t, s, Order{Command: Command{Do: OrderAuto, On: true}})
		over := v.await(t, "it is over", func(l Look) bool { return l.Epoch == 2*epoch+2 && stand(t, l).State == PlayDone })
		marks := append([]int64{0}, stand(t, over).Marks...)
		if len(marks) != 4 || !slices.IsSorted(marks) {
			t.Fatalf("the steps began at %v", marks)
		}
		drive(t, s, Order{Command: Command{Do: OrderSeek}, At: marks[step]})
		drive(t, s, order(OrderTake))
		look := v.await(t, fmt.Sprintf("it is handed over after step %d", step), func(l Look) bool {
			at := stand(t, l)
			return l.Epoch == 2*epoch+3 && l.Moment.Live && !l.Moment.Paused && at.Step == step && (at.State == PlayTaken || at.State == PlayDone && step == 3)
		})
		if accepted := look.Showing.Outcomes()[0].Accepted; accepted != min(1, step/2) || len(look.Showing.worlds) != 2 {
			t.Errorf("after step %d, %d writes were accepted in one of %d worlds", step, accepted, len(look.Showing.worlds))
		}
	}
	// Without a scenario, there is only the present.
	drive(t, s, Order{Command: Command{Do: OrderOpen}})
	v.await(t, "some time has passed", func(l Look) bool { return l.Epoch == 10 && l.Moment.Head > 0 })
	drive(t, s, Order{Command: Command{Do: OrderSeek}})
	drive(t, s, order(OrderTake))
	if l, _ := v.Look(); l.Epoch != 10 || !l.Moment.Live {
		t.Errorf("in free play, taking over leads to showing %d: %+v", l.Epoch, l.Moment)
	}
}

func TestTheHistoryCanBeLookedAtAgain(t *testing.T) {
	t.Parallel()
	s, v := openStage(t, house(t, Limits{}), Wanted{Scenario: "short"})
	drive(t, s, Order{Command: Command{Do: OrderSpeed}})
	drive(t, s, Order{Command: Command{Do: OrderAuto, On: true}})
	v.await(t, "it is over", func(l Look) bool { return stand(t, l).State == PlayDone })
	head := v.await(t, "the present", func(l Look) bool { return l.Moment.Live && l.Moment.Paused }).Moment.Head

	drive(t, s, Order{Command: Command{Do: OrderSeek}, At: 21_000})
	if l, _ := v.Look(); l.Moment.Live || l.Moment.At != 21_000 || l.Moment.Rate != 0 || l.Moment.Head != head {
		t.Errorf("after a seek: %+v", l.Moment)
	}
	drive(t, s, Order{Command: Command{Do: OrderSeek}, At: 1 << 50})
	if l, _ := v.Look(); l.Moment.At != head {
		t.Errorf("after a seek beyond the end: %+v", l.Moment)
	}
	drive(t, s, order(OrderBack))
	first, _ := v.Look()
	drive(t, s, order(OrderBack))
	second, _ := v.Look()
	if first.Moment.At >= head || second.Moment.At >= first.Moment.At || first.Moment.Live {
		t.Errorf("back leads to %d, then to %d of %d", first.Moment.At, second.Moment.At, head)
	}
	drive(t, s, order(OrderStep))
	v.await(t, "a step forward", func(l Look) bool { return l.Moment.At > second.Moment.At && l.Moment.Rate == 0 })
	drive(t, s, order(OrderNext))
	v.await(t, "the replay comes to the present", func(l Look) bool { return l.Moment.Live })
	drive(t, s, Order{Command: Command{Do: OrderSeek}, At: 0})
	drive(t, s, Order{Command: Command{Do: OrderSpeed}, Speed: 1})
	drive(t, s, order(OrderRun))
	v.await(t, "it moves", func(l Look) bool { return l.Moment.Rate > 0 || l.Moment.Live })
	drive(t, s, order(OrderPause))
	drive(t, s, order(OrderLive))
	if l, _ := v.Look(); !l.Moment.Live || l.Moment.At != head || !l.Moment.Paused {
		t.Errorf("back in the present: %+v", l.Moment)
	}
}

func TestOneDrivesAndTheOthersFollow(t *testing.T) {
	t.Parallel()
	s, v := openStage(t, house(t, Limits{Grace: 50 * time.Millisecond, Patience: 50 * time.Millisecond}), Wanted{})
	other, err := s.Join("other")
	if err != nil {
		t.Fatal(err)
	}
	if w := other.Wheel(); w.Mine || w.Driver != 1 || w.You != 2 || w.Viewers != 2 || w.Free {
		t.Errorf("the other sees %+v", w)
	}
	var refused *DriverError
	if err := s.Drive("other", order(OrderRun)); !errors.As(err, &refused) || refused.Driver != 1 || !strings.Contains(err.Error(), "viewer 1") {
		t.Errorf("a second driver is told %v", err)
	}
	if err := s.Drive("other", order(OrderWheel)); !errors.As(err, &refused) {
		t.Errorf("who takes the wheel without asking is told %v", err)
	}
	if err := s.Drive("stranger", order(OrderAsk)); err == nil {
		t.Error("somebody who does not watch may ask")
	}

	// Asked, and refused.
	if err := s.Drive("other", order(OrderAsk)); err != nil {
		t.Fatal(err)
	}
	v.await(t, "the driver is asked", func(l Look) bool { return l.Wheel.Asking == 2 && l.Wheel.Mine })
	drive(t, s, order(OrderGive))
	if w := v.Wheel(); w.Asking != 0 || !w.Mine {
		t.Errorf("after a refusal: %+v", w)
	}
	// Asked, and not answered.
	if err := s.Drive("other", order(OrderAsk)); err != nil {
		t.Fatal(err)
	}
	other.await(t, "the wheel is free", func(l Look) bool { return l.Wheel.Free })
	if err := s.Drive("other", order(OrderWheel)); err != nil {
		t.Fatal(err)
	}
	if err := s.Drive("driver", order(OrderRun)); !errors.As(err, &refused) || refused.Driver != 2 {
		t.Errorf("who was the driver is told %v", err)
	}
	// Asked, and given.
	if err := s.Drive("driver", order(OrderAsk)); err != nil {
		t.Fatal(err)
	}
	if err := s.Drive("other", Order{Command: Command{Do: OrderGive, On: true}}); err != nil {
		t.Fatal(err)
	}
	drive(t, s, order(OrderPause))
	// Left.
	v.Leave()
	v.Leave()
	other.await(t, "the wheel is free", func(l Look) bool { return l.Wheel.Free && l.Wheel.Driver == 0 })
	if err := s.Drive("other", order(OrderWheel)); err != nil {
		t.Error(err)
	}
	other.Leave()
}

func TestAStageThatNobodyWatchesStandsAndIsSwept(t *testing.T) {
	t.Parallel()
	h := house(t, Limits{Unwatched: 300 * time.Millisecond})
	s, v := openStage(t, h, Wanted{})
	drive(t, s, order(OrderRun))
	showing := s.current()
	v.Leave()
	if !showing.Clock.Read().Paused {
		t.Error("its clock goes on")
	}
	back, err := s.Join("driver")
	if err != nil {
		t.Fatal(err)
	}
	if showing.Clock.Read().Paused {
		t.Error("its clock does not go on when the viewer is back")
	}
	if w := back.Wheel(); !w.Mine {
		t.Errorf("the driver comes back as %+v", w)
	}
	back.Leave()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for found := true; found; {
		select {
		case <-again.C:
			_, err := h.Find(s.ID)
			found = !errors.Is(err, ErrGone)
		case <-deadline.C:
			t.Fatal("it was never swept")
		}
	}
	if _, err := s.Join("late"); !errors.Is(err, ErrGone) {
		t.Errorf("joining it gives %v", err)
	}
	if err := s.Drive("driver", order(OrderRun)); !errors.Is(err, ErrGone) {
		t.Errorf("driving it gives %v", err)
	}
	if _, ok := back.Look(); ok {
		t.Error("there is still something to see")
	}
}

func TestAStageEndsWhenNothingIsDoneOnItForLong(t *testing.T) {
	t.Parallel()
	h := house(t, Limits{Idle: 200 * time.Millisecond, Unwatched: 50 * time.Millisecond})
	_, v := openStage(t, h, Wanted{})
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for on := true; on; _, on = v.Look() {
		select {
		case <-v.C:
		case <-deadline.C:
			t.Fatal("it was never swept")
		}
	}
}

func TestStagesAreBounded(t *testing.T) {
	t.Parallel()
	h := house(t, Limits{Worlds: 3, PerOwner: 2, Viewers: 1})
	s, _ := openStage(t, h, Wanted{})
	var full *FullError
	if _, err := s.Join("second"); !errors.As(err, &full) || full.Most != 1 {
		t.Errorf("a viewer too many: %v", err)
	}
	if _, err := h.Open("owner", "driver", Wanted{Compare: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Open("owner", "driver", Wanted{}); !errors.As(err, &full) || full.Most != 3 {
		t.Errorf("a world too many: %v", err)
	}
	if err := s.Drive("driver", Order{Command: Command{Do: OrderOpen}, Wanted: Wanted{Compare: true}}); !errors.As(err, &full) {
		t.Errorf("a world too many on a stage: %v", err)
	}
	s.Close()
	s.Close()
	if _, err := h.Open("owner", "driver", Wanted{}); err != nil {
		t.Errorf("after one was closed: %v", err)
	}
	if _, err := h.Open("owner", "driver", Wanted{}); err == nil {
		t.Error("a third stage of one owner")
	}
	h.Close()
	if _, err := h.Open("owner", "driver", Wanted{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after all were closed: %v", err)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	h := house(t, Limits{})
	for _, c := range []struct {
		want  Wanted
		field string
	}{
		{Wanted{Scenario: "nothing"}, "scenario"},
		{Wanted{Scenario: "short", Step: 4}, "step"},
		{Wanted{Scenario: "short", Step: -1}, "step"},
		{Wanted{Step: 1}, "step"},
		{Wanted{Policies: []string{"hope"}}, "policies"},
		{Wanted{Policies: []string{PolicyOurs, PolicyOurs}}, "policies"},
	} {
		_, err := h.Open("owner", "driver", c.want)
		var bad *lockengine.ArgumentError
		if !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("%+v: got %v, want an error of %s", c.want, err, c.field)
		}
	}
	s, _ := openStage(t, h, Wanted{})
	command := func(c Command) Order { return Order{Command: c} }
	for _, c := range []struct {
		order Order
		field string
	}{
		{order("dance"), "do"},
		{order(""), "do"},
		{command(Command{Do: "stop", Node: "z"}), "node"},
		{command(Command{Do: "stop"}), "node"},
		{command(Command{Do: "write", Client: "nobody"}), "client"},
		{command(Command{Do: "add", Client: "alice"}), "client"},
		{command(Command{Do: "add", Client: "Ünicode <b>"}), "client"},
		{command(Command{Do: "add", Client: "resource"}), "client"},
		{command(Command{Do: "add", Client: "a"}), "client"},
		{command(Command{Do: "add", Client: strings.Repeat("x", 4000)}), "client"},
		{command(Command{Do: "add", Client: "zoe", Policy: "hope"}), "policy"},
		{command(Command{Do: "cut", Node: "a", Way: "sideways"}), "way"},
		{command(Command{Do: "jump", Node: "a"}), "for"},
		{command(Command{Do: "jump", Node: "a", For: 400 * time.Hour}), "for"},
		{command(Command{Do: "slow", Node: "a", For: -time.Second}), "for"},
		{command(Command{Do: "skew", Node: "a", Rate: 100}), "rate"},
		{command(Command{Do: "skew", Node: "a"}), "rate"},
		{command(Command{Do: "acquire", Client: "alice", Wait: -1}), "wait"},
		{Order{Command: Command{Do: OrderSpeed}, Speed: 2}, "speed"},
		{Order{Command: Command{Do: OrderSpeed}, Speed: 1e-9}, "speed"},
		{Order{Command: Command{Do: OrderOpen}, Wanted: Wanted{Scenario: "?"}}, "scenario"},
		{order(OrderGive), "do"},
	} {
		err := s.Drive("driver", c.order)
		var bad *lockengine.ArgumentError
		if !errors.As(err, &bad) || bad.Field != c.field || len(err.Error()) > 900 {
			t.Errorf("%.80v: got %v, want an error of %s", c.order, err, c.field)
		}
	}
}

func TestAThousandClientsAreRefused(t *testing.T) {
	t.Parallel()
	r := open(t)
	refused := 0
	for i := range 1000 {
		if err := r.Do(Command{Do: "add", Client: fmt.Sprintf("client-%d", i), Policy: PolicySingle}); err != nil {
			refused++
			if !strings.Contains(err.Error(), "at most 12") {
				t.Fatal(err)
			}
		}
	}
	if refused != 1000-MaxClients {
		t.Errorf("%d were refused", refused)
	}
	// And a client cannot be told more than it can do.
	r.do(tell("pause", "client-0"))
	full := 0
	for range 50 {
		if r.Do(tell("acquire", "client-0")) != nil {
			full++
		}
	}
	if full == 0 || full > 50-maxJobs {
		t.Errorf("%d of 50 jobs were refused", full)
	}
	for i := range MaxClients {
		r.do(tell("remove", fmt.Sprintf("client-%d", i)))
	}
	if slices.ContainsFunc(r.now(), func(x thing) bool { return strings.HasPrefix(x.key, "0/c/") }) {
		t.Error("there are clients left to be seen")
	}
}

func TestTheHistoryOfABusyStageIsBounded(t *testing.T) {
	t.Parallel()
	s, err := Open(Setup{Limit: record.Limit{Frames: 200, Bytes: 100_000}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := &rig{s, t}
	for _, name := range []string{"alice", "bob", "carol"} {
		r.add(PolicyOurs, name).do(Command{Do: "loop", Client: name, On: true})
	}
	s.until(pace.Speed{Rate: pace.Fastest}, 20*time.Second, func(*World) bool { return false }, nil, nil)
	frames, bytes := s.Log.Size()
	_, _, first := s.Log.First()
	if frames > 200 || bytes > 100_000 || first == 0 {
		t.Errorf("%d frames of %d bytes after %d that are gone", frames, bytes, first)
	}
	holds := 0
	for _, x := range r.now() {
		if strings.HasPrefix(x.key, "0/h/") {
			holds++
		}
	}
	if holds > keptHolds {
		t.Errorf("%d stretches of time are kept", holds)
	}
}

func TestWhoActsTakesOver(t *testing.T) {
	t.Parallel()
	s, v := openStage(t, house(t, Limits{}), Wanted{Scenario: "short"})
	drive(t, s, order(OrderNext))
	drive(t, s, Order{Command: Command{Do: "stop", Node: "e"}})
	look := v.await(t, "the script has ended, and the time goes on", func(l Look) bool {
		return stand(t, l).State == PlayTaken && !l.Moment.Paused
	})
	if n := see[NodeView](&rig{look.Showing, t}, "0/n/e"); n.Up || n.Words != "stopped" || n.Trouble != "down" {
		t.Errorf("node e is %+v", n)
	}
}
