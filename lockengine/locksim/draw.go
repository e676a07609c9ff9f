package locksim

import "time"

// A dice gives the draws for one purpose. It is a hash of the seed and of what
// it is for, moved on by each draw.
type dice struct{ state uint64 }

// newDice returns the dice for what the parts name.
func newDice(seed uint64, parts ...uint64) *dice {
	d := &dice{state: seed}
	for _, part := range parts {
		d.state = mix(d.bits() ^ part)
	}
	return d
}

// bits is a draw of 64 bits, after splitmix64.
func (d *dice) bits() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mix(d.state)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// chance is true with probability p.
func (d *dice) chance(p float64) bool {
	return float64(d.bits()>>11)/(1<<53) < p
}

// pick is a number from 0 to below n.
func (d *dice) pick(n int) int { return int(d.bits() % uint64(n)) }

// between is a duration from lo to below hi, in whole microseconds.
func (d *dice) between(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return (lo + time.Duration(d.bits()%uint64(hi-lo))).Truncate(time.Microsecond)
}

// share is a number from lo to below hi.
func (d *dice) share(lo, hi float64) float64 {
	return lo + (hi-lo)*float64(d.bits()>>11)/(1<<53)
}

// Purposes of draws, the first part of every hash.
const (
	forPlan uint64 = iota + 1
	forFaults
	forClient
	forEngine
	forMessage
)
