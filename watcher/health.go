package watcher

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

const (
	// healthInterval is how often a node is asked whether it is well.
	healthInterval = time.Second
	// infoInterval is how often it is asked who it is.
	infoInterval = 10 * time.Second
)

// check asks the node whether it is well and notes what it says.
func (s *session) check(ctx context.Context) error {
	if err := s.relocate(ctx); err != nil {
		return err
	}
	took, err := s.pingAll(ctx)
	if err != nil {
		return err
	}
	if err := s.checkRole(ctx); err != nil {
		return err
	}
	s.board.nodeUp(s.index, took)
	cost := s.meter.cost()
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
	if err := s.weather(ctx); err != nil {
		return err
	}
	if !s.live && time.Since(s.lastProof) > s.cfg.Resync {
		hadFeed := s.feed != nil
		if err := s.listen(ctx); err != nil {
			return err
		}
		if s.storm.on {
			s.storm.listens = s.feed != nil
			s.lastProof = time.Now()
			return nil
		}
		if err := s.prove(ctx); err != nil {
			return err
		}
		if s.live || s.feed != nil && !hadFeed {
			s.scanNow() // what changed before the first event
		}
	}
	return nil
}

// checkEmptied reads everything again if the node has lost most of its keys: a
// FLUSHALL sends no events. A few keys less may be on their way here as events.
func (s *session) checkEmptied(ctx context.Context) error {
	all, fell := int64(0), false
	for i, c := range s.servers {
		size, err := c.DBSize(ctx).Result()
		if err != nil {
			return failure(err)
		}
		fell = fell || 2*size < s.sizes[i]
		s.sizes[i] = size
		all += size
	}
	if fell || 2*all < int64(s.board.nodeKeys(s.index)) {
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

// checkRole ends the session with a server that sentinels name and that is no
// master.
func (s *session) checkRole(ctx context.Context) error {
	if s.source.Target.Mode != target.Sentinel {
		return nil
	}
	role, err := s.servers[0].Do(ctx, "ROLE").Slice()
	if err != nil {
		return failure(err)
	}
	if len(role) > 0 && role[0] == "slave" {
		return fmt.Errorf("%w: %s", errReplica, s.layout.Masters[0].Addr)
	}
	return nil
}

// identify asks the node who it is and how it keeps what it is told. A node
// that refuses stays nameless.
func (s *session) identify(ctx context.Context) error {
	all := make([]map[string]string, len(s.servers))
	fsync := ""
	for i, c := range s.servers {
		text, err := c.Info(ctx).Result()
		if err := failure(err); err != nil {
			return err
		}
		all[i] = parseInfo(text)
		if all[i]["aof_enabled"] != "1" {
			continue
		}
		setting, err := c.ConfigGet(ctx, "appendfsync").Result()
		if err := failure(err); err != nil {
			return err
		}
		fsync = shorten(setting["appendfsync"])
	}
	s.board.nodeStatus(s.index, func(n *NodeStatus) { n.identify(all, fsync, s.board.now()) })
	return nil
}

// identify takes in what the servers said of themselves.
func (n *NodeStatus) identify(servers []map[string]string, fsync string, now time.Time) {
	first := servers[0]
	n.Version = cmp.Or(first["valkey_version"], first["redis_version"])
	if n.Mode == "" || n.Mode == string(target.Standalone) {
		n.Mode = first["redis_mode"]
	}
	n.Role = first["role"]
	n.Append, n.Fsync = first["aof_enabled"] == "1", fsync
	n.Eviction = first["maxmemory_policy"]
	n.MaxMemory, _ = strconv.ParseInt(first["maxmemory"], 10, 64) // 0 where it is not told
	runs := make([]string, len(servers))
	youngest := int64(math.MaxInt64)
	for i, info := range servers {
		runs[i] = info["run_id"]
		if uptime, err := strconv.ParseInt(info["uptime_in_seconds"], 10, 64); err == nil {
			youngest = min(youngest, uptime)
		}
	}
	run := runs[0]
	if len(runs) > 1 {
		slices.Sort(runs)
		run = lockengine.Fingerprint(strings.Join(runs, " "))
	}
	if youngest < math.MaxInt64 && (n.RunID != run || n.StartedAt.IsZero()) {
		n.StartedAt = now.Add(-time.Duration(youngest) * time.Second)
	}
	n.RunID = run
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
