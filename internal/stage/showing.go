package stage

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
	"github.com/lockscope/lockscope/internal/stage/record"
)

// A Showing is one world, or two side by side to which the same happens, from
// their beginning to their end.
type Showing struct {
	Clock *pace.Clock
	Log   *record.Log

	commands sync.Mutex // held while a command is carried out
	worlds   []*World
	player   *player
}

// A Setup says what a showing begins with.
type Setup struct {
	// Sides are the worlds: one, or two to compare.
	Sides []Side
	// Scenario is what is played; nil for a stage to play with.
	Scenario *Scenario
	// Limit bounds the history.
	Limit record.Limit
	// Changed is called whenever there is something new to tell, and must not
	// block.
	Changed func()
}

// The start of the stage's clock: early enough for a fencing token, which is
// microseconds since 1970, to be a number that people can read out.
var origin = time.Unix(1, 0).UTC()

// MaxSides is how many worlds are shown side by side.
const MaxSides = 2

// Open starts a showing. Its clock stands.
func Open(setup Setup) (*Showing, error) {
	if len(setup.Sides) == 0 {
		setup.Sides = []Side{{}}
	}
	if n := len(setup.Sides); n > MaxSides {
		return nil, badInput("sides", strconv.Itoa(n), "one, or two to compare")
	}
	s := &Showing{Clock: pace.New(origin, setup.Changed)}
	s.Log = record.New(setup.Limit, s.Clock.Elapsed, setup.Changed)
	for i, side := range setup.Sides {
		w, err := newWorld(side, s.Clock, s.Log, strconv.Itoa(i)+"/")
		if err != nil {
			s.Close()
			return nil, err
		}
		s.worlds = append(s.worlds, w)
	}
	s.player = newPlayer(s, setup.Scenario)
	if setup.Scenario != nil {
		for _, m := range setup.Scenario.Clients {
			if err := s.Do(Command{Do: "add", Client: m.Name, Policy: m.Policy}); err != nil {
				s.Close()
				return nil, fmt.Errorf("stage: scenario %s: %w", setup.Scenario.ID, err)
			}
		}
		for _, c := range setup.Scenario.Before {
			if err := s.Do(c); err != nil {
				s.Close()
				return nil, fmt.Errorf("stage: scenario %s: %w", setup.Scenario.ID, err)
			}
		}
	}
	s.meet()
	return s, nil
}

// Close ends the showing and returns when nothing of it is left.
func (s *Showing) Close() {
	if s.player != nil {
		s.player.close()
	}
	s.Clock.Pause()
	for _, w := range s.worlds {
		w.Close()
	}
	s.Clock.Close()
}

// Do carries out a command on all sides.
func (s *Showing) Do(c Command) error {
	s.commands.Lock()
	defer s.commands.Unlock()
	for _, w := range s.worlds {
		if err := w.apply(c); err != nil {
			return err
		}
	}
	return nil
}

// Outcomes are what has come of it by now, one for each side.
func (s *Showing) Outcomes() []Outcome {
	all := make([]Outcome, len(s.worlds))
	for i, w := range s.worlds {
		w.mu.Lock()
		all[i] = w.referee.outcome()
		w.mu.Unlock()
	}
	return all
}

const (
	// meetStep is how long, in the time of the stage, engines are given to meet
	// their nodes before they are asked whether they have, and meetSteps how
	// often.
	meetStep  = 20 * time.Millisecond
	meetSteps = 100
)

// meet lets the engines of all clients get to know their nodes, before anybody
// looks. The clock stands before and after it.
func (s *Showing) meet() {
	for range meetSteps {
		if s.met() {
			return
		}
		s.until(pace.Speed{Rate: pace.Fastest}, meetStep, func(*World) bool { return false }, nil, nil)
	}
}

// met asks the engines themselves, and so without the lock of a world.
func (s *Showing) met() bool {
	for _, w := range s.worlds {
		w.mu.Lock()
		clients := slices.Collect(maps.Values(w.clients))
		w.mu.Unlock()
		for _, c := range clients {
			if o, ok := c.locker.(*ours); ok && !o.met() {
				return false
			}
		}
	}
	return true
}

// until lets the clock go until something is the case on all sides, or the limit,
// in time of the stage, has passed, or stop is closed, and stops the clock then.
// Whatever comes from hurry makes it go as fast as can be. It reports whether it came
// to be the case. met is called under the lock of the world.
func (s *Showing) until(speed pace.Speed, limit time.Duration, met func(*World) bool, hurry, stop <-chan struct{}) bool {
	all := make(chan struct{})
	var left atomic.Int32
	left.Store(int32(len(s.worlds)))
	for _, w := range s.worlds {
		w.aim(&goal{met: func() bool { return met(w) }, reached: func() {
			if left.Add(-1) == 0 {
				// At once, so that no more happens than was waited for.
				s.Clock.Pause()
				close(all)
			}
		}})
	}
	defer func() {
		for _, w := range s.worlds {
			w.aim(nil)
		}
		s.Clock.Pause()
	}()
	over := make(chan struct{})
	end := s.Clock.After(limit, func() { s.Clock.Pause(); close(over) })
	defer end.Stop()
	s.Clock.SetSpeed(speed)
	select {
	case <-all:
		return true // there was nothing to wait for
	default:
		s.Clock.Resume()
	}
	for {
		select {
		case <-all:
			return true
		case <-over:
			return false
		case <-stop:
			return false
		case <-hurry: // here, so that it cannot set off a clock that has come to its end
			s.Clock.SetSpeed(pace.Speed{Rate: pace.Fastest})
			s.Clock.Resume()
		}
	}
}

// Begin plays a step of the scenario, counted from 1, and before it all others as
// fast as can be. After the last there is nothing but those.
func (s *Showing) Begin(step int) { s.player.begin(step) }

// Where says how far the scenario is: its state, and the steps that were begun.
func (s *Showing) Where() (state string, step int) { return s.player.where() }

// Next plays the next step of the scenario, or brings the one that is being played
// to its end at once.
func (s *Showing) Next() { s.player.next() }

// Sides is how many worlds there are.
func (s *Showing) Sides() int { return len(s.worlds) }

// Frame and Picture are how a showing is recorded, see [record.Log].
type (
	Frame   = record.Frame
	Picture = record.Picture
)
