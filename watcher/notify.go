package watcher

import (
	"context"
	"errors"
	"time"
)

// How a session learns of changes: by events where the node sends them, and
// otherwise by asking again and again.

// listen subscribes to the node where that is wanted and allowed.
func (s *session) listen(ctx context.Context) error {
	if s.cfg.Notifications == ModeOff || s.feed != nil {
		return nil
	}
	f, err := openFeeds(ctx, s.servers, s.meter, s.cfg.Patterns, func() func(name, kind, pattern string) {
		var e ear
		return func(name, kind, pattern string) { s.event(&e, name, kind, pattern) }
	})
	if errors.Is(err, errFeedRefused) {
		if !s.warned {
			s.warned = true
			s.log.Warn("a node sends no events and is polled", "reason", err)
		}
		return nil
	}
	if err == nil {
		s.feed = f
		s.storm.begin()
	}
	return err
}

// event takes in a keyspace event. It runs on the goroutine of the feed with that
// ear. An event comes once for each pattern that selects the name, of which one is
// enough.
func (s *session) event(e *ear, name, kind, pattern string) {
	s.storm.heard.Add(1)
	if c := s.canary.Load(); c != nil && c.name == name {
		c.event(kind)
		return
	}
	i := s.filter.first(name)
	lock, ok := s.filter.lock(name)
	if !ok || i >= 0 && s.cfg.Patterns[i] != pattern {
		return
	}
	t := e.hears(name, kind)
	if lock != name {
		t = t&toldGone | toldChanged // of a part of the lock, or of what stands beside it
	}
	s.board.wakes.hear(s.index, lock, t)
	s.dirty.tell(lock, t)
}

// prove finds out whether events come: by the node's configuration, which it
// mends where it may, or by a canary, whose outcome comes later.
func (s *session) prove(ctx context.Context) error {
	s.lastProof = time.Now()
	if s.feed == nil {
		s.setLive(false)
		return nil
	}
	if known, err := s.configured(ctx); known || err != nil {
		return err
	}
	s.setLive(s.live)
	if s.canary.Load() != nil {
		return nil
	}
	birds, ok := s.canaries()
	if !ok {
		s.setLive(false)
		return nil
	}
	s.canary.Store(birds[0])
	s.wg.Go(func() { s.proven <- s.flyAll(ctx, birds) })
	return nil
}

// configured goes by the node's configuration, which it mends where it may, and
// reports whether that tells enough.
func (s *session) configured(ctx context.Context) (known bool, err error) {
	if s.cfg.Notifications == ModeAuto {
		err = s.ensureFlags(ctx, neededFlags+s.more)
		if err != nil && !errors.Is(err, errFlagsRefused) {
			return false, err
		}
	}
	want, err := s.checkFlags(ctx, neededFlags+s.more)
	if err != nil && !errors.Is(err, errFlagsRefused) {
		return false, err
	}
	s.board.nodeStatus(s.index, func(n *NodeStatus) { n.Flags = want })
	if err != nil {
		return false, nil
	}
	s.setLive(want == "")
	return true, nil
}

// landed takes in the outcome of a canary.
func (s *session) landed(err error) {
	s.canary.Store(nil)
	if err != nil && !s.warned {
		s.warned = true
		s.log.Warn("a node sends no events and is polled", "reason", shorten(err.Error()))
	}
	s.setLive(err == nil)
}

// setLive notes whether events tell what changes, and shows it.
func (s *session) setLive(live bool) {
	if live && !s.live {
		clear(s.fresh.suspects)
		clear(s.sought.suspects)
	}
	becamePolling := s.live && !live
	s.live = live
	shown := NotificationsPolling
	switch {
	case live:
		shown = NotificationsLive
		s.hints.Store(nil)
	case s.storm.on:
		s.hints.Store(nil) // the engine may be the storm
	default:
		s.hints.Store(s.dirty)
	}
	s.board.nodeStatus(s.index, func(n *NodeStatus) {
		if n.Notifications = shown; !s.storm.on {
			n.Storm = 0
		}
	})
	if becamePolling && s.synced && !s.storm.on {
		s.scanNow()
	}
}
