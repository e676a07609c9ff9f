// Package pace is the time of a stage: a clock that can be slowed down, stopped
// and stepped while everything that lives by it goes on working.
//
// # Why
//
// A lock attempt lasts a few milliseconds, a lease ten seconds. To show the one,
// messages have to be held back a hundred times longer than in life; with the
// machine's clock the lease would be over before the second message had arrived,
// and what is shown would be a lie. So nodes, clients and links of a stage all
// live by one Clock: at 1/100 of life a message takes a hundred times longer, and
// so do the lease, the timeouts, the pauses between two attempts and the drift of
// the clocks. Everything keeps its proportion to everything else at every speed,
// and while the clock stands, nothing runs out.
//
// # How it goes
//
// The clock goes from one call that is due to the next. Work on a real
// connection takes no time at all on the stage: whoever does it holds the clock
// with [Clock.Hold]. Between two calls the clock gives the goroutines that were
// woken by the first a moment to plan what they want next, the longer the longer
// the way to the next call is; so it may run as fast as the machine can and still
// not run past somebody who was about to act.
//
// At a finite speed there is a choice. An even pace is the speed as it is said. A
// lingering pace is that speed only while something happens that can be seen:
// the longer nothing does, the faster the clock goes, so that one showing has
// both the millisecond of a message and the ten seconds of a lease. [Reading.Rate]
// says at any moment how fast it really is.
package pace
