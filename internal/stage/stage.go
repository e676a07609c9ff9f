package stage

import (
	"sync"
	"time"
)

// A Stage is a showing that people watch together: one drives, the others follow.
type Stage struct {
	ID    string
	owner string
	home  *Stages

	// opening is held while a showing is replaced by another.
	opening sync.Mutex

	mu      sync.Mutex // guards everything below
	want    Wanted
	showing *Showing
	epoch   int // of the showing, from 1
	view    view
	viewers map[*Viewer]struct{}
	count   int // of those that ever came
	wheel   wheel
	opened  time.Time
	used    time.Time // when somebody last did something
	left    time.Time // since when nobody watches
	sweeper *time.Timer
	ended   bool
	// rests is how the showing went when the last viewer left, to go on so when
	// one comes back: whoever reloads the page wants nothing else.
	rests struct{ running, auto bool }
}

// A Viewer is somebody who watches a stage.
type Viewer struct {
	stage *Stage
	// Key is what the viewer calls itself, and Number what the others call it.
	Key    string
	Number int
	// C receives when there may be something new to see, or the stage has ended.
	C chan struct{}
}

// newStage opens a stage with its first showing.
func newStage(home *Stages, owner, driver string, want Wanted, setup Setup) (*Stage, error) {
	now := time.Now()
	s := &Stage{
		ID: newID(), owner: owner, home: home, viewers: make(map[*Viewer]struct{}),
		opened: now, used: now, left: now, wheel: wheel{driver: driver, absent: now},
	}
	if err := s.open(want, setup); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.sweeper = time.AfterFunc(home.limits.Unwatched, s.sweep)
	s.mu.Unlock()
	return s, nil
}

// open puts a new showing on the stage, in the place of the one that was there.
func (s *Stage) open(want Wanted, setup Setup) error {
	s.opening.Lock()
	defer s.opening.Unlock()
	setup.Changed = s.nudge
	showing, err := Open(setup)
	if err != nil {
		return err
	}
	if before := s.current(); before != nil { // whoever chose a speed wants it for what comes next, too
		showing.player.setSpeed(before.player.wantedSpeed())
	}
	if want.Step > 0 && !want.taken {
		showing.Begin(want.Step)
	}
	if setup.Scenario == nil {
		for _, name := range freeCast {
			if err := showing.Do(Command{Do: "add", Client: name}); err != nil {
				showing.Close()
				return err
			}
		}
		showing.meet()
	}
	s.mu.Lock()
	old, ended := s.showing, s.ended
	// What has no script begins at once, or when somebody watches.
	begins := setup.Scenario == nil && len(s.viewers) > 0
	if !ended {
		s.showing, s.want, s.epoch, s.view = showing, want, s.epoch+1, view{live: true}
		s.rests.running, s.rests.auto = setup.Scenario == nil && !begins, false
	}
	s.mu.Unlock()
	s.nudge()
	if ended {
		showing.Close()
		return ErrGone
	}
	if begins {
		showing.player.free()
	}
	if want.taken {
		showing.player.beginTaken(want.Step)
	}
	if old != nil {
		old.Close()
	}
	return nil
}

// freeCast are the clients of a stage to play with.
var freeCast = []string{"alice", "bob", "carol"}

// nudge tells all viewers to look.
func (s *Stage) nudge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		v.nudge()
	}
}

func (v *Viewer) nudge() {
	select {
	case v.C <- struct{}{}:
	default:
	}
}

// Join lets somebody watch. The viewer has to leave.
func (s *Stage) Join(key string) (*Viewer, error) {
	v, first, err := s.join(key)
	if first {
		s.wake()
	}
	return v, err
}

// rest lets the showing stand, since nobody watches it, and wake lets it go on.
func (s *Stage) rest() {
	showing := s.current()
	running, auto := !showing.Clock.Read().Paused, showing.player.setAuto(false)
	showing.Clock.Pause()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rests.running, s.rests.auto = running, auto
}

func (s *Stage) wake() {
	s.mu.Lock()
	rests := s.rests
	s.rests.running, s.rests.auto = false, false
	s.mu.Unlock()
	showing := s.current()
	if rests.auto {
		showing.player.setAuto(true)
	}
	if rests.running {
		showing.player.free()
	}
}

// join is Join, and reports whether nobody else watches.
func (s *Stage) join(key string) (v *Viewer, first bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, false, ErrGone
	}
	if len(s.viewers) >= s.home.limits.Viewers {
		return nil, false, &FullError{What: "viewers of this stage", Most: s.home.limits.Viewers}
	}
	number := 0
	for other := range s.viewers {
		if other.Key == key {
			number = other.Number // the same tab, on a new connection
		}
	}
	if number == 0 {
		s.count++
		number = s.count
	}
	v = &Viewer{stage: s, Key: key, Number: number, C: make(chan struct{}, 1)}
	s.viewers[v] = struct{}{}
	s.left = time.Time{}
	if key == s.wheel.driver {
		s.wheel.absent = time.Time{}
	}
	s.nudgeLocked()
	return v, len(s.viewers) == 1, nil
}

func (s *Stage) nudgeLocked() {
	for v := range s.viewers {
		v.nudge()
	}
}

// Leave ends the watching. A stage that nobody watches stands still.
func (v *Viewer) Leave() {
	if v.leave() {
		v.stage.rest()
	}
}

// leave is Leave, and reports whether nobody watches any more.
func (v *Viewer) leave() (last bool) {
	s := v.stage
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.viewers[v]; !there {
		return false
	}
	delete(s.viewers, v)
	if v.Key == s.wheel.driver && !s.watchedBy(v.Key) {
		s.wheel.absent = time.Now()
	}
	if v.Key == s.wheel.asking && !s.watchedBy(v.Key) {
		s.wheel.asking = ""
	}
	s.nudgeLocked()
	if len(s.viewers) > 0 || s.ended {
		return false
	}
	s.left = time.Now()
	s.sweeper.Reset(s.home.limits.Unwatched)
	return true
}

// watchedBy reports whether somebody of a key watches. Callers hold mu.
func (s *Stage) watchedBy(key string) bool {
	for v := range s.viewers {
		if v.Key == key {
			return true
		}
	}
	return false
}

// sweep ends the stage if its time has come, and looks again later otherwise.
func (s *Stage) sweep() {
	limits := s.home.limits
	s.mu.Lock()
	now := time.Now()
	ends := s.opened.Add(limits.Life)
	if idle := s.used.Add(limits.Idle); idle.Before(ends) {
		ends = idle
	}
	if left := s.left.Add(limits.Unwatched); !s.left.IsZero() && left.Before(ends) {
		ends = left
	}
	if wait := ends.Sub(now); wait > 0 && !s.ended {
		s.sweeper.Reset(wait)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.home.log.Info("a stage was swept")
	s.Close()
}

// Close ends the stage. It may be called again.
func (s *Stage) Close() {
	known := s.home.forget(s)
	worlds := s.end()
	if known {
		_ = s.home.resize(-worlds)
	}
}

// end closes the showing and tells the viewers. It returns of how many worlds
// the stage was.
func (s *Stage) end() int {
	s.mu.Lock()
	already := s.ended
	s.ended = true
	if s.sweeper != nil {
		s.sweeper.Stop()
	}
	showing := s.showing
	s.view.stop()
	s.nudgeLocked()
	s.mu.Unlock()
	s.opening.Lock() // whoever is opening another sees that it has ended
	defer s.opening.Unlock()
	if !already {
		showing.Close()
	}
	return len(showing.worlds)
}

// A Look is what a viewer is told: what it has not seen yet, and what is looked
// at.
type Look struct {
	// Epoch is the showing that is on. Whoever has seen another begins anew.
	Epoch int
	// Showing is what is on, and Want what was asked for.
	Showing *Showing
	Want    Wanted
	// Moment is what is looked at, Wheel who drives.
	Moment Moment
	Wheel  Wheel
}

// Look tells a viewer what is on. It reports false when the stage is over.
func (v *Viewer) Look() (Look, bool) {
	wheel := v.Wheel()
	s := v.stage
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return Look{}, false
	}
	return Look{Epoch: s.epoch, Moment: s.moment(time.Now()), Wheel: wheel, Want: s.want, Showing: s.showing}, true
}
