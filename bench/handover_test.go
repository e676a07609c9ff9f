package main

import (
	"slices"
	"testing"
	"time"
)

// Two processes with two callers each. The callers of the first have the lock
// at 10 and 20, one of the second at 30 and again at 40, then the first at 50.
func TestAContestIsJudged(t *testing.T) {
	c := judge([]*part{
		{Holds: []hold{{0, 50, 53, 60}, {0, 5, 10, 15}, {1, 10, 20, 28}}, Waits: []time.Duration{99}},
		{Holds: []hold{{1, 12, 30, 35}, {1, 35, 40, 50}}},
	}, 2, time.Second)
	if c.holds != 5 || c.perSecond() != 5 {
		t.Errorf("holds: got %d and %g/s, want 5", c.holds, c.perSecond())
	}
	if want := []time.Duration{2, 3, 5}; !slices.Equal(c.handover, want) {
		t.Errorf("hand-overs: got %v, want %v", c.handover, want)
	}
	if want := []time.Duration{2, 3}; !slices.Equal(c.across, want) {
		t.Errorf("to the other process: got %v, want %v", c.across, want)
	}
	if want := []time.Duration{3, 5, 5, 10, 18, 99}; !slices.Equal(c.waits, want) {
		t.Errorf("waits: got %v, want %v", c.waits, want)
	}
	if c.again != 1 || c.share(c.again) != 0.25 {
		t.Errorf("same again: got %d, %g of all", c.again, c.share(c.again))
	}
	if c.streak != 2 || c.together != 0 {
		t.Errorf("got a streak of %d and %d at once, want 2 and 0", c.streak, c.together)
	}
	if want := []int{3, 2}; !slices.Equal(c.processes, want) {
		t.Errorf("processes: got %v, want %v", c.processes, want)
	}
	if want := []int{2, 1, 0, 2}; !slices.Equal(c.callers, want) {
		t.Errorf("callers: got %v, want %v", c.callers, want)
	}
	if least, most := spread(c.callers); least != 0 || most != 1.6 {
		t.Errorf("spread: got %g to %g, want 0 to 1.6", least, most)
	}
	c.trip = 2
	if got := c.trips(c.p50()); got != 1.5 {
		t.Errorf("trips: got %g, want 1.5", got)
	}
}

func TestTwoHoldersAtOnceAreNoticed(t *testing.T) {
	c := judge([]*part{{Holds: []hold{{0, 0, 10, 20}}}, {Holds: []hold{{0, 0, 19, 30}}}}, 1, time.Second)
	if c.together != 1 {
		t.Errorf("got %d, want 1", c.together)
	}
}

func TestALockThatNobodyGotIsNoReasonToPanic(t *testing.T) {
	c := judge([]*part{{}, {}}, 3, time.Second)
	if least, most := spread(c.callers); least != 0 || most != 0 || c.p99() != 0 || c.perSecond() != 0 {
		t.Errorf("got %g to %g, %s, %g/s", least, most, c.p99(), c.perSecond())
	}
}

func TestAGoalIsReachedWithinItsLimitOrMissed(t *testing.T) {
	for _, c := range []struct {
		goal goalRow
		want string
	}{
		{goalRow{Measured: 7, Goal: 7, Limit: 6}, "reached"},
		{goalRow{Measured: 6.5, Goal: 7, Limit: 6}, "within the limit"},
		{goalRow{Measured: 5.9, Goal: 7, Limit: 6}, "MISSED"},
		{goalRow{Measured: 0.4, Goal: 0.5, Limit: 0.55, AtMost: true}, "reached"},
		{goalRow{Measured: 0.55, Goal: 0.5, Limit: 0.55, AtMost: true}, "within the limit"},
		{goalRow{Measured: 0.6, Goal: 0.5, Limit: 0.55, AtMost: true}, "MISSED"},
	} {
		if got := c.goal.verdict(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.goal, got, c.want)
		}
	}
}
