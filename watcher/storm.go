package watcher

import (
	"context"
	"sync/atomic"
	"time"
)

// A node may change faster than anybody can look at: an engine at full speed, a job
// that writes all keys anew. To follow every change of that costs the node, and the
// engine that may work in the same process, more than the view is worth. Then the
// watcher steps back: it ends its subscription, so that the node has nothing to
// send, and scans within an audit's share of the budget. Now and then it listens for
// a moment whether the storm is over.

// A storm counts the events of a node. It belongs to the goroutine of the session
// but for heard.
type storm struct {
	heard   atomic.Uint64 // events
	before  uint64        // as many were heard at the last look, at
	at      time.Time
	inARow  int  // looks at which there were too many
	on      bool // the node is scanned because of them
	listens bool // to hear whether that is over
}

const (
	// stormLooks is at how many looks in a row, healthInterval apart, there must be
	// too many events: a burst is none.
	stormLooks = 2
	// leastLook is how long the time between two looks must be for a rate.
	leastLook = healthInterval / 2
)

// begin forgets what was heard before.
func (w *storm) begin() { w.before, w.at, w.inARow = w.heard.Load(), time.Now(), 0 }

// look returns how many events a second there were since the last look, and false
// where that was a moment ago.
func (w *storm) look() (rate int, ok bool) {
	now, heard := time.Now(), w.heard.Load()
	passed := now.Sub(w.at)
	if passed < leastLook {
		return 0, false
	}
	rate = int(float64(heard-w.before) / passed.Seconds())
	w.before, w.at = heard, now
	return rate, true
}

// weather steps back from a node whose events are too many, and ends that when they
// no longer are.
func (s *session) weather(ctx context.Context) error {
	w := &s.storm
	if s.feed == nil || s.canary.Load() != nil {
		return nil
	}
	rate, ok := w.look()
	switch {
	case !ok:
	case rate > s.cfg.Events:
		if w.inARow++; w.listens || w.inARow >= stormLooks {
			s.stepBack(rate)
		}
	case w.listens:
		w.on, w.listens = false, false
		s.log.Info("a node is followed again", "eventsPerSecond", rate)
		if err := s.prove(ctx); err != nil {
			return err
		}
		s.scanNow() // what changed before the first event
	default:
		w.inARow = 0
	}
	return nil
}

// stepBack ends the subscription for the time being.
func (s *session) stepBack(rate int) {
	w := &s.storm
	if !w.on {
		s.log.Warn("a node changes too fast to be followed and is scanned", "eventsPerSecond", rate, "most", s.cfg.Events)
	}
	w.on, w.listens = true, false
	s.feed.close()
	s.feed = nil
	s.fresh, s.sought = newQuestions(), newQuestions() // no echo will come
	s.lastProof = time.Now()
	s.board.nodeStatus(s.index, func(n *NodeStatus) { n.Storm = rate })
	s.setLive(false)
	s.scanTimer.Reset(pollInterval)
}
