package stage

import (
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
	"github.com/lockscope/lockscope/internal/stage/record"
)

// Player states.
const (
	// PlayReady waits for somebody to go on.
	PlayReady = "ready"
	// PlayRunning is playing a step.
	PlayRunning = "running"
	// PlayDone has played the last.
	PlayDone = "done"
	// PlayTaken was ended by somebody who took over, or never had a script.
	PlayTaken = "taken"
)

// DefaultSpeed is how fast a showing is, unless somebody wants it otherwise.
var DefaultSpeed = pace.Speed{Rate: 0.01}

// A ScriptView is where a scenario stands: key "s".
type ScriptView struct {
	Scenario string `json:"scenario"`
	Title    string `json:"title"`
	Watch    string `json:"watch"`
	// Step is the step that is or was played, from 1; 0 before the first.
	Step    int    `json:"step"`
	Steps   int    `json:"steps"`
	Caption string `json:"caption"`
	State   string `json:"state"`
	Auto    bool   `json:"auto"`
	// Marks are the moments at which steps began, the first one first.
	Marks  []int64 `json:"marks"`
	Checks []Check `json:"checks"`
}

// A player plays a scenario, step by step, on a goroutine of its own.
type player struct {
	s        *Showing
	scenario *Scenario
	wake     chan struct{} // capacity 1
	hurry    chan struct{} // capacity 1: the step under way is to end at once
	stop     chan struct{} // closed when the showing ends
	ended    chan struct{} // closed when the goroutine has
	// off is closed when nothing more is to be played.
	off     chan struct{}
	offOnce sync.Once
	// playing is held while a step is played.
	playing sync.Mutex

	mu    sync.Mutex // guards everything below
	speed pace.Speed
	state string
	step  int // steps played or begun
	goal  int // steps to be played
	fast  int // steps to be played as fast as can be
	auto  bool
	hand  bool // hand it over when goal is reached
	check []Check
	marks []int64 // when steps began, in microseconds of the stage
	ours  bool    // somebody has taken over
}

func newPlayer(s *Showing, scenario *Scenario) *player {
	p := &player{s: s, scenario: scenario, state: PlayTaken, speed: DefaultSpeed,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}), off: make(chan struct{})}
	if scenario != nil {
		p.state = PlayReady
	}
	p.ours = scenario == nil
	p.show()
	go p.run()
	return p
}

// close ends the player.
func (p *player) close() {
	p.offOnce.Do(func() { close(p.off) })
	close(p.stop)
	<-p.ended
}

// run plays what is asked for.
func (p *player) run() {
	defer close(p.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		p.mu.Lock()
		more := p.state == PlayReady && p.step < p.goal
		reading := p.state == PlayReady && p.auto && !more
		fast := p.step < p.fast
		pause := time.Hour
		if reading {
			pause = p.readingTime()
		}
		p.mu.Unlock()
		if more {
			p.play(fast)
			if p.handsOver() {
				p.take()
			}
			continue
		}
		timer.Reset(pause)
		select {
		case <-p.stop:
			return
		case <-p.wake:
		case <-timer.C:
			if reading {
				p.change(func() { p.goal = p.step + 1 })
			}
		}
	}
}

// readingTime is how long people get for a caption that was played. Callers hold
// mu.
func (p *player) readingTime() time.Duration {
	if p.step == 0 || p.speed.Rate >= pace.Fastest {
		return 0
	}
	letters := time.Duration(len(p.scenario.Steps[p.step-1].Caption))
	return min(max(letters*25*time.Millisecond, 1500*time.Millisecond), 4*time.Second)
}

// change changes the player, shows it and wakes it.
func (p *player) change(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	p.show()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// play plays the next step to its end.
func (p *player) play(fast bool) {
	p.playing.Lock()
	defer p.playing.Unlock()
	var step Step
	var speed pace.Speed
	taken := false
	p.change(func() {
		if taken = p.state != PlayReady; taken {
			return
		}
		step = p.scenario.Steps[p.step]
		p.step++
		select {
		case <-p.hurry: // it was about the step before
		default:
		}
		p.state, speed = PlayRunning, p.speed
		p.marks = append(p.marks, p.s.Clock.Elapsed().Microseconds())
	})
	if taken {
		return // somebody was quicker
	}
	if fast {
		speed.Rate = pace.Fastest
	}
	began := p.s.Clock.Elapsed()
	for _, c := range step.Do {
		_ = p.s.Do(c) // a scenario is tested: what it does can be done
	}
	limit := step.Until.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	if step.Until.After > 0 {
		// Something has to happen then for anybody to look.
		tick := p.s.Clock.Show(step.Until.After, func() {
			for _, w := range p.s.worlds {
				w.do(func() {})
			}
		})
		defer tick.Stop()
	}
	p.s.until(speed, limit, func(w *World) bool { return step.Until.reached(w, began) }, p.hurry, p.off)
	p.change(func() {
		if p.state != PlayRunning {
			return
		}
		p.state = PlayReady
		if p.step == len(p.scenario.Steps) {
			p.state = PlayDone
			p.check = p.scenario.Checks(p.s.Outcomes())
		}
	})
}

// next plays the next step, or brings the one under way to its end at once.
func (p *player) next() {
	p.change(func() {
		p.auto = false
		switch p.state {
		case PlayReady:
			p.goal = max(p.goal, p.step+1)
		case PlayRunning:
			select {
			case p.hurry <- struct{}{}:
			default:
			}
		}
	})
}

// setAuto plays step after step, with time to read in between, or stops that. It
// returns what was the case before.
func (p *player) setAuto(on bool) (before bool) {
	p.change(func() { before, p.auto = p.auto, on })
	return before
}

// begin plays a step, and before it all others as fast as can be.
func (p *player) begin(step int) {
	p.change(func() {
		p.fast = step - 1
		p.goal = max(p.goal, min(step, len(p.scenario.Steps)))
	})
}

// beginTaken plays all steps up to one as fast as can be, and then hands it over.
func (p *player) beginTaken(step int) {
	if step == 0 {
		p.take()
		return
	}
	p.change(func() { p.fast, p.goal, p.hand = step, step, true })
}

// handsOver reports whether the step has been played at which somebody wants to
// take over.
func (p *player) handsOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hand && p.step == p.goal
}

// take ends the script: from now on, what happens is up to people, and the time
// goes on. Whoever has it already keeps the time as it is.
func (p *player) take() {
	again := false
	p.change(func() {
		again, p.ours = p.ours, true
		if p.state != PlayDone {
			p.state = PlayTaken
		}
		p.auto = false
	})
	if again {
		return
	}
	p.offOnce.Do(func() { close(p.off) })
	p.playing.Lock() // the step under way has stopped the time when it ends
	defer p.playing.Unlock()
	p.free()
}

// setSpeed says how fast steps are played from now on.
func (p *player) setSpeed(speed pace.Speed) {
	running := false
	p.change(func() { p.speed, running = speed, p.state == PlayRunning })
	if !running {
		speed = p.freeSpeed()
	}
	p.s.Clock.SetSpeed(speed)
}

// freeRate is how fast the time goes at most where no step has an end: as fast as
// can be would be only that, for the processor as well.
const freeRate = 4

// freeSpeed is how fast the time goes outside of steps.
func (p *player) freeSpeed() pace.Speed {
	speed := p.wantedSpeed()
	if speed.Rate > freeRate {
		speed = pace.Speed{Rate: freeRate, Even: true}
	}
	return speed
}

// free lets the time go, as it does without a script.
func (p *player) free() {
	if state, _ := p.where(); state != PlayRunning {
		p.s.Clock.SetSpeed(p.freeSpeed())
	}
	p.s.Clock.Resume()
}

// wantedSpeed is how fast people want the showing to go.
func (p *player) wantedSpeed() pace.Speed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.speed
}

// marksNow are the moments at which steps began, in microseconds.
func (p *player) marksNow() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.marks)
}

// where says how far the scenario is.
func (p *player) where() (state string, step int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.step
}

// show records where the scenario stands.
func (p *player) show() {
	p.mu.Lock()
	view := ScriptView{Step: p.step, State: p.state, Auto: p.auto, Checks: p.check, Marks: append([]int64{}, p.marks...)}
	if sc := p.scenario; sc != nil {
		view.Scenario, view.Title, view.Watch, view.Steps = sc.ID, sc.Title, sc.Watch, len(sc.Steps)
		if p.step > 0 {
			view.Caption = sc.Steps[p.step-1].Caption
		}
	}
	p.mu.Unlock()
	if view.Checks == nil {
		view.Checks = []Check{}
	}
	view.Caption = p.s.fill(view.Caption)
	p.s.Log.Put(record.Changes{"s": view})
}

// place is something in a caption that is known only when it has happened, and the
// full stop after it, if there is one.
var place = regexp.MustCompile(`\{([a-z]+)\.fence\}(\.?)`)

// fill puts the fencing tokens of clients into a caption. One that is not known yet
// leaves the sentence open.
func (s *Showing) fill(caption string) string {
	return place.ReplaceAllStringFunc(caption, func(found string) string {
		parts := place.FindStringSubmatch(found)
		name, stop := parts[1], parts[2]
		w := s.worlds[0]
		w.mu.Lock()
		defer w.mu.Unlock()
		if c := w.clients[name]; c != nil && c.lastFence > 0 {
			return grouped(c.lastFence) + stop
		}
		return "…"
	})
}

// grouped writes a number in groups of three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}
