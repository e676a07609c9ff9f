package stage

import "time"

// A Scenario is a story about locks: who is there, what they do and what breaks,
// step by step, and what then has to be the case. What happens in between is not
// told: it happens.
type Scenario struct {
	// ID names it in addresses, such as "pause-fence".
	ID string
	// Title says what it is about, and Watch what to look at.
	Title, Watch string
	// Teaches are three sentences to take home, and Help the part of the Help
	// page that says more.
	Teaches, Help string
	// Expected says in a sentence what comes of it.
	Expected string
	// Sides are the worlds in which it is played: one, or two to compare.
	Sides []Side
	// Beside is what one world may be compared with; nil for nothing.
	Beside *Side
	// Clients are there from the beginning.
	Clients []Member
	// Before is done before anybody looks.
	Before []Command
	Steps  []Step
	// Facts are what has to be the case at the end.
	Facts []Fact
}

// A Member is a client of a scenario.
type Member struct {
	Name string
	// Policy is how it locks; empty for the way of the side.
	Policy string
}

// A Step is one thing to explain.
type Step struct {
	// Caption is read out. {alice.fence} stands for the fencing token of alice
	// when the step has been played.
	Caption string
	// Do is done at its beginning.
	Do []Command
	// Until is when it is over.
	Until Until
}

// An Until says when a step is over: when everything that is set is the case, and
// no message that can be seen is on its way.
type Until struct {
	// After is how long the step lasts at least.
	After time.Duration
	// Is are the states that clients have to be in.
	Is map[string]string
	// Holds is how many clients hold the lock.
	Holds int
	// Writes is how many writes have reached the resource since the beginning.
	Writes int
	// Asking lets messages still be on their way.
	Asking bool
	// Limit is when the step is over in any case, a minute by default.
	Limit time.Duration
}

// defaultLimit bounds a step, in the time of the stage.
const defaultLimit = time.Minute

// A Fact is something that has to be the case at the end of a scenario.
type Fact struct {
	// Text says what, for people.
	Text string
	// Side is the world that it is about. What is said of a world that is not
	// there does not count.
	Side int
	// Holds reports whether it is the case.
	Holds func(Outcome) bool
}

// A Check is a fact and whether it is the case.
type Check struct {
	Text string `json:"text"`
	Side int    `json:"side"`
	OK   bool   `json:"ok"`
}

// Checks holds the facts against what has come of it.
func (s *Scenario) Checks(outcomes []Outcome) []Check {
	var all []Check
	for _, f := range s.Facts {
		if f.Side < len(outcomes) {
			all = append(all, Check{Text: f.Text, Side: f.Side, OK: f.Holds(outcomes[f.Side])})
		}
	}
	return all
}

// reached reports whether a step that began at a moment is over. Callers hold the
// world's lock.
func (u *Until) reached(w *World, began time.Duration) bool {
	if w.clock.Elapsed()-began < u.After || (w.flying > 0 && !u.Asking) || w.asked > 0 {
		return false
	}
	holders := 0
	for _, c := range w.clients {
		if c.hold != nil {
			holders++
		}
	}
	out := &w.referee.Outcome
	if holders < u.Holds || out.Accepted+out.Refused < u.Writes {
		return false
	}
	for name, state := range u.Is {
		c := w.clients[name]
		if c == nil || c.seems() != state {
			return false
		}
		if (state == stateIdle || state == stateHolding) && c.todo > 0 {
			return false
		}
	}
	return true
}

// Compared are the worlds of a scenario with the one beside it, or as they are
// where there is nothing to compare.
func (s *Scenario) Compared() []Side {
	if s.Beside == nil {
		return s.Sides
	}
	sides := s.Sides
	if len(sides) == 0 {
		sides = []Side{{Label: "ours"}}
	}
	return append(sides[:1:1], *s.Beside)
}
