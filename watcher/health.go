package watcher

import (
	"context"
	"strconv"
	"strings"
	"time"
)

const (
	// healthInterval is how often a node is asked whether it is well.
	healthInterval = time.Second
	// infoInterval is how often it is asked who it is.
	infoInterval = 10 * time.Second
	// suspectPatience is how long the event of a change that a scan found may
	// still be on its way.
	suspectPatience = 2 * time.Second
)

// check asks the node whether it is well and notes what it says.
func (s *session) check(ctx context.Context) error {
	if err := failure(s.client.Ping(ctx).Err()); err != nil {
		return err
	}
	s.board.nodeUp(s.index, time.Duration(s.meter.took.Load()))
	cost := s.meter.cost(s.cfg.Budget)
	s.board.nodeStatus(s.index, func(n *NodeStatus) { n.Cost, n.Missing = cost, s.meter.refused.list() })
	if time.Since(s.lastInfo) > infoInterval {
		s.lastInfo = time.Now()
		if err := s.identify(ctx); err != nil {
			return err
		}
	}
	if !s.synced {
		return nil
	}
	if err := s.checkEmptied(ctx); err != nil {
		return err
	}
	s.checkSuspects()
	if !s.live && time.Since(s.lastProof) > s.cfg.Resync {
		hadFeed := s.feed != nil
		if err := s.listen(ctx); err != nil {
			return err
		}
		if err := s.prove(ctx); err != nil {
			return err
		}
		if s.live || s.feed != nil && !hadFeed {
			s.scanTimer.Reset(0) // what changed before the first event
		}
	}
	return nil
}

// checkEmptied reads everything again if the node has lost most of its keys: a
// FLUSHALL sends no events. A few keys less may be on their way here as events.
func (s *session) checkEmptied(ctx context.Context) error {
	have := s.board.nodeKeys(s.index)
	size, err := s.client.DBSize(ctx).Result()
	if err != nil {
		return failure(err)
	}
	if 2*size < int64(have) {
		s.dirtyAll()
	}
	return nil
}

// dirtyAll marks every name that the node was last seen with.
func (s *session) dirtyAll() {
	for _, name := range s.board.keysOf(s.index) {
		name, _ = s.filter.lock(name)
		s.dirty.add(name)
	}
}

// checkSuspects turns to polling when a change that a scan found was never told
// by an event.
func (s *session) checkSuspects() {
	missed := uint64(0)
	for name, since := range s.suspect {
		if time.Since(since) > suspectPatience {
			delete(s.suspect, name)
			missed++
		}
	}
	if missed == 0 {
		return
	}
	s.board.nodeStatus(s.index, func(n *NodeStatus) { n.Missed += missed })
	if s.live {
		s.log.Warn("a node changed without sending events and is polled", "changes", missed)
		s.setLive(false)
		s.lastProof = time.Now() // show it for a while, whatever the settings say
	}
}

// identify asks the node who it is. A node that refuses stays nameless.
func (s *session) identify(ctx context.Context) error {
	server, err := s.client.Info(ctx, "server").Result()
	if err := failure(err); err != nil {
		return err
	}
	replication, err := s.client.Info(ctx, "replication").Result()
	if err := failure(err); err != nil {
		return err
	}
	info := parseInfo(server + "\n" + replication)
	s.board.nodeStatus(s.index, func(n *NodeStatus) {
		if v := info["valkey_version"]; v != "" {
			n.Version = v
		} else {
			n.Version = info["redis_version"]
		}
		n.Mode = info["redis_mode"]
		n.Role = info["role"]
		uptime, err := strconv.ParseInt(info["uptime_in_seconds"], 10, 64)
		if err == nil && (n.RunID != info["run_id"] || n.StartedAt.IsZero()) {
			n.StartedAt = s.board.now().Add(-time.Duration(uptime) * time.Second)
		}
		n.RunID = info["run_id"]
	})
	return nil
}

// parseInfo reads the lines of the form key:value, each value cut to a length
// that fits on a page.
func parseInfo(text string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[key] = shorten(value)
		}
	}
	return fields
}
