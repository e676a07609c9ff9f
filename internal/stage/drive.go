package stage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
)

// An Order is what a viewer does on a stage: a Command, or one of the orders about
// its time, its scenario and its wheel.
type Order struct {
	Command
	// At is the moment to look at, in microseconds, and Speed how fast to go, 0
	// for as fast as can be.
	At    int64
	Speed float64
	// Wanted is what to open.
	Wanted Wanted
}

// Orders beside those of Verbs.
const (
	OrderRun     = "time.run"    // let the time go, of the present or of the replay
	OrderPause   = "time.pause"  // stop it
	OrderStep    = "time.step"   // until the next thing that can be seen
	OrderSpeed   = "time.speed"  // Speed, and On for an even pace
	OrderSeek    = "view.seek"   // look at a moment of the history
	OrderLive    = "view.live"   // look at the present
	OrderNext    = "script.next" // play the next step
	OrderBack    = "script.back" // look at the step before
	OrderAuto    = "script.auto" // On: play one step after the other
	OrderTake    = "script.take" // end the script, where it is looked at: now you
	OrderOpen    = "stage.open"  // put Wanted on the stage
	OrderRestart = "stage.restart"
	OrderAsk     = "wheel.ask"
	OrderGive    = "wheel.give" // On, or refuse
	OrderWheel   = "wheel.take"
)

// orders are the orders beside those of Verbs that only the driver may give.
var orders = map[string]func(*Stage, Order) error{
	OrderRun: func(s *Stage, _ Order) error {
		if s.looksBack() {
			s.replay(false)
		} else {
			s.current().player.free()
		}
		return nil
	},
	OrderPause: func(s *Stage, _ Order) error {
		s.current().Clock.Pause()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.view.stop()
		return nil
	},
	OrderStep: func(s *Stage, _ Order) error {
		if s.looksBack() {
			s.replay(true)
		} else {
			showing := s.current()
			showing.Clock.SetSpeed(showing.player.wantedSpeed())
			showing.Clock.Step()
		}
		return nil
	},
	OrderSpeed: (*Stage).setSpeed,
	OrderSeek: func(s *Stage, o Order) error {
		s.seek(o.At)
		return nil
	},
	OrderLive: func(s *Stage, _ Order) error {
		s.present()
		return nil
	},
	OrderNext: (*Stage).next,
	OrderBack: (*Stage).back,
	OrderAuto: func(s *Stage, o Order) error {
		s.present()
		s.current().player.setAuto(o.On)
		return nil
	},
	OrderTake: (*Stage).takeOver,
	OrderOpen: func(s *Stage, o Order) error { return s.reopen(o.Wanted) },
	OrderRestart: func(s *Stage, _ Order) error {
		s.mu.Lock()
		want := s.want
		s.mu.Unlock()
		want.Step, want.taken = 0, false
		return s.reopen(want)
	},
}

// wheelOrders are those that others than the driver may give.
var wheelOrders = map[string]func(*Stage, string, Order) error{
	OrderAsk:   func(s *Stage, key string, _ Order) error { return s.Ask(key) },
	OrderWheel: func(s *Stage, key string, _ Order) error { return s.Take(key) },
	OrderGive:  func(s *Stage, key string, o Order) error { return s.Give(key, o.On) },
}

// Orders are all orders that there are, those of Verbs included.
func Orders() []string {
	all := Verbs()
	for name := range orders {
		all = append(all, name)
	}
	for name := range wheelOrders {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Drive carries out the order of a viewer:
//
//   - *DriverError: somebody else drives.
//   - ErrGone: the stage is over.
//   - *FullError: there is no room for another world.
//   - *lockengine.ArgumentError: the order cannot be carried out.
func (s *Stage) Drive(key string, o Order) error {
	if order, ok := wheelOrders[o.Do]; ok {
		return order(s, key, o)
	}
	order, known := orders[o.Do]
	if _, isVerb := verbs[o.Do]; !known && !isVerb {
		return badInput("do", strconv.Quote(o.Do), "one of "+strings.Join(Orders(), ", "))
	}
	if err := s.drives(key); err != nil {
		return err
	}
	if known {
		return order(s, o)
	}
	// Whoever acts, acts in the present, and instead of the script.
	s.present()
	showing := s.current()
	showing.player.take()
	return showing.Do(o.Command)
}

// current is the showing that is on.
func (s *Stage) current() *Showing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.showing
}

func (s *Stage) looksBack() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.view.live
}

// The slowest speed that can be asked for; the fastest is life itself, or as fast
// as can be.
const slowest = 0.001

func (s *Stage) setSpeed(o Order) error {
	speed := pace.Speed{Rate: o.Speed, Even: o.On}
	switch {
	case o.Speed == 0:
		speed.Rate = pace.Fastest
	case !(o.Speed >= slowest && o.Speed <= 1):
		return badInput("speed", fmt.Sprint(o.Speed), fmt.Sprintf("%g to 1, or 0 for as fast as can be", slowest))
	}
	s.current().player.setSpeed(speed)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view.rate > 0 && !s.view.live {
		s.view.stop()
		s.advance(false)
	}
	return nil
}

// next plays the next step, or where the past is looked at, shows the next one of
// it again.
func (s *Stage) next(Order) error {
	if s.looksBack() {
		s.mu.Lock()
		marks := s.showing.player.marksNow()
		at := s.view.now(s.view.since)
		s.mu.Unlock()
		for _, mark := range marks {
			if mark > at {
				s.seek(mark)
				s.replay(false)
				return nil
			}
		}
		s.present()
		return nil
	}
	s.current().Next()
	return nil
}

// back looks at the beginning of the step that is looked at, or of the one before.
func (s *Stage) back(Order) error {
	s.mu.Lock()
	m := s.moment(s.view.since)
	marks := s.showing.player.marksNow()
	s.mu.Unlock()
	to := int64(0)
	for i, mark := range marks {
		if mark >= m.At && i > 0 {
			break
		}
		to = mark
	}
	s.seek(to)
	return nil
}

// takeOver ends the script. What has happened cannot be undone, so whoever takes
// over while looking back at a scenario gets it again, played as far as the step that
// is looked at. Without a scenario there is only the present to go on from.
func (s *Stage) takeOver(Order) error {
	s.mu.Lock()
	want, at, back := s.want, s.moment(time.Now()).At, !s.view.live
	marks := s.showing.player.marksNow()
	s.mu.Unlock()
	if !back || want.Scenario == "" {
		s.present()
		s.current().player.take()
		return nil
	}
	step, begun := slices.BinarySearch(marks, at)
	if begun {
		step++
	}
	want.Step, want.taken = step, true
	return s.reopen(want)
}

// reopen puts something else on the stage.
func (s *Stage) reopen(want Wanted) error {
	setup, err := s.home.setup(want)
	if err != nil {
		return err
	}
	s.mu.Lock()
	change := len(setup.Sides) - len(s.showing.worlds)
	s.mu.Unlock()
	if err := s.home.resize(change); err != nil {
		return err
	}
	if err := s.open(want, setup); err != nil {
		_ = s.home.resize(-change)
		return err
	}
	return nil
}

// resize takes room for more worlds, or gives some back.
func (h *Stages) resize(worlds int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if worlds > 0 && h.worlds+worlds > h.limits.Worlds {
		return &FullError{What: "worlds on all stages", Most: h.limits.Worlds}
	}
	h.worlds += worlds
	return nil
}
