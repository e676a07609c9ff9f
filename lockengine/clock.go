package lockengine

import "time"

// clockWindow is how many samples of a node's clock are kept. The one with the
// shortest round trip is the one believed.
const clockWindow = 8

// A clockSample is one reading of a node's clock: how far it was ahead of this
// process, give or take err, which is half of the round trip, when it was read.
type clockSample struct {
	offset, err time.Duration
	at          time.Time
}

// A clockMonitor estimates how far a node's clock is ahead of the monotonic
// clock of this process, so that a step of the local wall clock changes nothing.
type clockMonitor struct {
	samples []clockSample // the last ones, oldest first
	pace    float64       // by how much a steady clock may run faster or slower, as a share
	jumps   int
}

// add takes a reading. It returns by how much the clock jumped, 0 when it did
// not certainly do so by more than allowed: two readings whose error bars are
// further apart than that, and than what the pace makes of the time between
// them, cannot be of one steady clock.
func (c *clockMonitor) add(s clockSample, allowed time.Duration) (jump time.Duration) {
	for _, before := range c.samples {
		moved := s.offset - before.offset
		drifted := time.Duration(float64(s.at.Sub(before.at)) * c.pace)
		if moved.Abs() > before.err+s.err+allowed+drifted {
			c.jumps++
			c.samples = c.samples[:0] // what was read before says nothing any more
			jump = moved
			break
		}
	}
	if len(c.samples) == clockWindow {
		copy(c.samples, c.samples[1:])
		c.samples = c.samples[:clockWindow-1]
	}
	c.samples = append(c.samples, s)
	return jump
}

// best returns the sample with the shortest round trip.
func (c *clockMonitor) best() (clockSample, bool) {
	if len(c.samples) == 0 {
		return clockSample{}, false
	}
	best := c.samples[0]
	for _, s := range c.samples[1:] {
		if s.err <= best.err {
			best = s
		}
	}
	return best, true
}

// A reference is the clock of this process for reading others against: the
// wall clock at its start, moved on by the monotonic clock.
type reference struct{ start time.Time }

func newReference(now time.Time) reference { return reference{start: now} }

// at turns a local time into one on the reference clock that has no monotonic
// reading, so that it can be compared with times of nodes.
func (r reference) at(t time.Time) time.Time {
	return r.start.Round(0).Add(t.Sub(r.start))
}

// local turns a time on the reference clock into a local one.
func (r reference) local(t time.Time) time.Time {
	return r.start.Add(t.Sub(r.start.Round(0)))
}

// sample reads a node's clock: it was asked between sent and received, so half
// of the round trip is as far as the midpoint can be off.
func (r reference) sample(h *Health) clockSample {
	rtt := h.Received.Sub(h.Sent)
	middle := r.at(h.Sent.Add(rtt / 2))
	return clockSample{offset: h.Time.Round(0).Sub(middle), err: rtt/2 + 1, at: h.Received}
}
