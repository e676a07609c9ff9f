package stage

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lockscope/lockscope/internal/stage/record"
)

// Limits bound what the stages of one program may use. The zero value is the
// default.
type Limits struct {
	// Worlds is how many worlds may be open at a time, where a stage that compares
	// has two, and PerOwner how many stages one owner may have. Defaults 12 and 3.
	Worlds, PerOwner int
	// Viewers is how many may watch one stage. Default 64.
	Viewers int
	// Unwatched is how long a stage is kept that nobody watches, Idle one on which
	// nobody does anything, and Life any. Defaults a minute, half an hour, four
	// hours.
	Unwatched, Idle, Life time.Duration
	// Grace is how long a driver may be away, as by a reload, before another may
	// take the wheel, and Patience how long one may leave a question for it
	// unanswered. Defaults 5 s and 10 s.
	Grace, Patience time.Duration
	// History bounds the history of a stage.
	History record.Limit
}

func (l Limits) withDefaults() Limits {
	def(&l.Worlds, 12)
	def(&l.PerOwner, 3)
	def(&l.Viewers, 64)
	def(&l.Unwatched, time.Minute)
	def(&l.Idle, 30*time.Minute)
	def(&l.Life, 4*time.Hour)
	def(&l.Grace, 5*time.Second)
	def(&l.Patience, 10*time.Second)
	return l
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

var (
	// ErrGone says that there is no stage of that id, or no longer.
	ErrGone = errors.New("there is no such stage any more: nobody was watching it, or it had been open for too long")
	// ErrClosed says that the program is stopping.
	ErrClosed = errors.New("the stages are closed")
)

// A FullError says that no further stage, or viewer, can be had.
type FullError struct {
	// What there is too much of, such as "stages of yours".
	What string
	Most int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("there are %d %s already, which is as many as there may be; close one, or wait until it is swept", e.Most, e.What)
}

// Stages are all stages of a program.
type Stages struct {
	limits    Limits
	scenarios []*Scenario
	log       *slog.Logger

	mu     sync.Mutex // guards everything below
	byID   map[string]*Stage
	worlds int
	closed bool
}

// NewStages returns no stages yet. scenarios are what can be played on them.
func NewStages(limits Limits, scenarios []*Scenario, log *slog.Logger) *Stages {
	if log == nil {
		log = slog.Default()
	}
	return &Stages{limits: limits.withDefaults(), scenarios: scenarios, log: log, byID: make(map[string]*Stage)}
}

// Scenarios are all that can be played.
func (h *Stages) Scenarios() []*Scenario { return h.scenarios }

// Scenario returns the scenario of an id.
func (h *Stages) Scenario(id string) (*Scenario, error) {
	known := make([]string, len(h.scenarios))
	for i, sc := range h.scenarios {
		if sc.ID == id {
			return sc, nil
		}
		known[i] = sc.ID
	}
	return nil, badInput("scenario", strconv.Quote(id), "one of "+strings.Join(known, ", "))
}

// A Wanted says what is to be on a stage.
type Wanted struct {
	// Scenario is what is to be played, empty for a stage to play with, and Step
	// where to begin, from 1; 0 before the first.
	Scenario string
	Step     int
	// Compare shows two worlds side by side. With a scenario they are its own;
	// otherwise Policies, if there are any, say how clients lock in each, or what
	// our engine goes without there: see Rivals.
	Compare  bool
	Policies []string
	// taken hands the scenario over when Step has been played.
	taken bool
}

// Check reports what of it cannot be had, as an *lockengine.ArgumentError.
func (h *Stages) Check(want Wanted) error {
	_, err := h.setup(want)
	return err
}

// setup turns what is wanted into a setup, or says what cannot be had.
func (h *Stages) setup(want Wanted) (Setup, error) {
	setup := Setup{Limit: h.limits.History}
	if want.Scenario == "" {
		if want.Step != 0 {
			return setup, badInput("step", strconv.Itoa(want.Step), "none without a scenario")
		}
		policies := []string{PolicyOurs, PolicySample}
		if !want.Compare {
			policies = policies[:1]
		}
		if n := len(want.Policies); n > len(policies) {
			return setup, badInput("policies", strconv.Itoa(n)+" of them", "one for each side")
		}
		copy(policies, want.Policies)
		for _, id := range policies {
			side, err := sideOf(id)
			if err != nil {
				return setup, err
			}
			setup.Sides = append(setup.Sides, side)
		}
		return setup, nil
	}
	sc, err := h.Scenario(want.Scenario)
	if err != nil {
		return setup, err
	}
	if want.Step < 0 || want.Step > len(sc.Steps) {
		return setup, badInput("step", strconv.Itoa(want.Step), fmt.Sprintf("1 to %d", len(sc.Steps)))
	}
	if want.Compare && sc.Beside == nil && len(sc.Sides) < MaxSides {
		return setup, badInput("compare", "true", "false: there is nothing to compare "+sc.ID+" with")
	}
	setup.Scenario, setup.Sides = sc, sc.Sides
	if want.Compare {
		setup.Sides = sc.Compared()
	}
	return setup, nil
}

// Open opens a stage for an owner. Its first driver is the viewer that calls
// itself driver.
func (h *Stages) Open(owner, driver string, want Wanted) (*Stage, error) {
	setup, err := h.setup(want)
	if err != nil {
		return nil, err
	}
	cost := max(1, len(setup.Sides))
	if err := h.reserve(owner, cost); err != nil {
		return nil, err
	}
	s, err := newStage(h, owner, driver, want, setup)
	h.mu.Lock()
	if err == nil && h.closed {
		err = ErrClosed
	}
	if err != nil {
		h.worlds -= cost
		h.mu.Unlock()
		if s != nil {
			s.end()
		}
		return nil, err
	}
	h.byID[s.ID] = s
	h.mu.Unlock()
	h.log.Info("a stage was opened", "worlds", cost, "scenario", want.Scenario)
	return s, nil
}

// reserve takes room for worlds, or says why there is none.
func (h *Stages) reserve(owner string, worlds int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	if h.worlds+worlds > h.limits.Worlds {
		return &FullError{What: "worlds on all stages", Most: h.limits.Worlds}
	}
	own := 0
	for _, s := range h.byID {
		if s.owner == owner {
			own++
		}
	}
	if own >= h.limits.PerOwner {
		return &FullError{What: "stages of yours", Most: h.limits.PerOwner}
	}
	h.worlds += worlds
	return nil
}

// Find returns a stage, or ErrGone.
func (h *Stages) Find(id string) (*Stage, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.byID[id]; s != nil {
		return s, nil
	}
	return nil, ErrGone
}

// forget makes a stage unknown, and reports whether it was known.
func (h *Stages) forget(s *Stage) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.byID[s.ID] == s
	delete(h.byID, s.ID)
	return known
}

// Close ends all stages. It may be called again.
func (h *Stages) Close() {
	h.mu.Lock()
	h.closed = true
	all := make([]*Stage, 0, len(h.byID))
	for _, s := range h.byID {
		all = append(all, s)
	}
	h.mu.Unlock()
	for _, s := range all {
		s.Close()
	}
}

// newID returns 128 random bits in base64url: whoever knows it may watch.
func newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(random[:])
}
