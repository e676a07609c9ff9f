package stage

import (
	"fmt"
	"time"
)

// A wheel says who drives a stage. It is guarded by the Stage.
type wheel struct {
	driver string    // the key of the viewer that does
	absent time.Time // since when the driver does not watch; zero while it does
	asking string    // the key of the viewer that would like to
	asked  time.Time // since when
}

// A DriverError says that somebody else drives the stage.
type DriverError struct {
	// Driver is the number of the viewer that does, 0 when it is not there.
	Driver int
}

func (e *DriverError) Error() string {
	if e.Driver == 0 {
		return "somebody else drives this stage and has just left; take the wheel in a moment, or open a stage of your own"
	}
	return fmt.Sprintf("viewer %d drives this stage; ask for the wheel, or open a stage of your own", e.Driver)
}

// A Wheel is who drives, for one viewer to see.
type Wheel struct {
	// Mine is true for the driver. Driver is its number, 0 when it is away.
	Mine   bool `json:"mine"`
	Driver int  `json:"driver"`
	// Asking is the number of the viewer that would like to drive, 0 for none.
	Asking int `json:"asking"`
	// Free is true when the wheel can be taken.
	Free bool `json:"free"`
	// You is the viewer's own number, and Viewers how many watch.
	You     int `json:"you"`
	Viewers int `json:"viewers"`
}

// numberOf returns the number of a viewer, 0 when it does not watch. Callers hold
// mu.
func (s *Stage) numberOf(key string) int {
	for v := range s.viewers {
		if v.Key == key {
			return v.Number
		}
	}
	return 0
}

// free reports whether the wheel can be taken by somebody. Callers hold mu.
func (s *Stage) free(key string, now time.Time) bool {
	w := &s.wheel
	return !w.absent.IsZero() && now.Sub(w.absent) >= s.home.limits.Grace ||
		w.asking == key && key != "" && now.Sub(w.asked) >= s.home.limits.Patience
}

// Wheel is who drives, for a viewer to see.
func (v *Viewer) Wheel() Wheel {
	s := v.stage
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make(map[string]bool)
	for other := range s.viewers {
		keys[other.Key] = true
	}
	return Wheel{
		Mine: v.Key == s.wheel.driver, Driver: s.numberOf(s.wheel.driver), Asking: s.numberOf(s.wheel.asking),
		Free: s.free(v.Key, time.Now()), You: v.Number, Viewers: len(keys),
	}
}

// drives returns nil for the driver, and for the others why they may not do what
// they want.
func (s *Stage) drives(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return ErrGone
	}
	if key != s.wheel.driver {
		return &DriverError{Driver: s.numberOf(s.wheel.driver)}
	}
	s.used = time.Now()
	return nil
}

// Ask tells the driver that a viewer would like to drive.
func (s *Stage) Ask(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return ErrGone
	case !s.watchedBy(key):
		return badInput("tab", "one that does not watch", "a viewer of this stage")
	}
	if key != s.wheel.driver && s.wheel.asking != key {
		s.wheel.asking, s.wheel.asked = key, time.Now()
	}
	s.nudgeLocked()
	return nil
}

// Take gives the wheel to a viewer if the driver has left it, or does not answer.
func (s *Stage) Take(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return ErrGone
	case key == s.wheel.driver:
		return nil
	case !s.watchedBy(key):
		return badInput("tab", "one that does not watch", "a viewer of this stage")
	case !s.free(key, time.Now()):
		return &DriverError{Driver: s.numberOf(s.wheel.driver)}
	}
	s.wheel = wheel{driver: key}
	s.used = time.Now()
	s.nudgeLocked()
	return nil
}

// Give gives the wheel to the viewer that asked for it, or refuses that.
func (s *Stage) Give(key string, yes bool) error {
	if err := s.drives(key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wheel.asking == "" {
		return badInput("do", "wheel.give", "somebody who asks for it")
	}
	if yes {
		s.wheel = wheel{driver: s.wheel.asking}
	} else {
		s.wheel.asking = ""
	}
	s.nudgeLocked()
	return nil
}
