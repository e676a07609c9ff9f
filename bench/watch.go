package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/bench/engines"
	"github.com/lockscope/lockscope/watcher"
)

// The modes of this section.
const (
	modeOff = "events off"
	modeOn  = "events on"
	// modeFollowed reads every change, however many there are.
	modeFollowed = "all followed"
	// modeWatched is with the watcher as it is, which steps back from a node with
	// too many changes.
	modeWatched = "watched"
)

var watchModes = []string{modeOff, modeOn, modeFollowed, modeWatched}

// notifyFlags are the keyspace events that our watcher turns on.
const notifyFlags = "Kg$xeh"

const (
	watchCallers = 64
	// settled is how long the watcher needs to find that there are too many.
	settled = 3500 * time.Millisecond
	// noLimit is more than a node can send.
	noLimit = 1_000_000_000
	// loadStep is how many names are written in one go.
	loadStep = 2000
	// knownFor is longer than a run.
	knownFor = 6 * time.Hour
)

// knownNames is how many names of others there are besides, all of which the
// watcher knows.
var knownNames = []int{0, 1_000, 100_000}

// A watchCell is one line of the table.
type watchCell struct {
	names int
	mode  string
}

// watched are the samples of each line, round by round.
type watched map[watchCell][]sample

// watch measures our engine without keyspace events, with them, and with the
// watcher attached in the same process, as in the program.
func (b *bench) watch(ctx context.Context) (watched, error) {
	servers, err := startNodes(ctx, slices.Max(b.nodes))
	if err != nil {
		return nil, err
	}
	defer servers.stop()
	alone, err := engines.OpenLockscope(ctx, servers.addrs, nil)
	if err != nil {
		return nil, err
	}
	defer alone.Close()
	modes := watchModes
	rounds := b.someRounds()
	b.progress.expect(len(b.names) * len(modes) * rounds)
	out := make(watched)
	known := 0
	for _, names := range b.names {
		if err := servers.load(ctx, known, names); err != nil {
			return nil, err
		}
		known = names
		for round := range rounds {
			for turn := range modes {
				c := watchCell{names, modes[(turn+round)%len(modes)]}
				s, err := b.watchOne(ctx, servers, alone, c.mode)
				if err != nil {
					return nil, fmt.Errorf("%s, %d names: %w", c.mode, names, err)
				}
				out[c] = append(out[c], s)
				b.progress.cell("%6d names, %-10s round %d: %6.0f/s, p50 %s, p99 %s%s", names, c.mode, round+1, s.perSecond(),
					short(s.p50), short(s.p99), failures(s))
			}
		}
	}
	return out, nil
}

// watchOne measures in one mode. The watcher has read all names before.
func (b *bench) watchOne(ctx context.Context, servers *nodes, alone *engines.Lockscope, mode string) (sample, error) {
	flags, engine := "", alone
	if mode != modeOff {
		flags = notifyFlags
	}
	if err := servers.notify(ctx, flags); err != nil {
		return sample{}, err
	}
	warm := warmFor(b.seconds)
	if mode == modeWatched || mode == modeFollowed {
		cfg := watcher.Config{}
		if mode == modeFollowed {
			cfg.Events = noLimit
		} else {
			warm = settled
		}
		var err error
		if engine, err = engines.OpenLockscope(ctx, servers.addrs, &cfg); err != nil {
			return sample{}, err
		}
		defer engine.Close()
	}
	return newLoad(engine, servers, watchCallers, "lock:bench:watch").measure(ctx, warm, b.seconds)
}

// notify sets which keyspace events the nodes send.
func (n *nodes) notify(ctx context.Context, flags string) error {
	return each(len(n.clients), func(i int) error {
		return n.clients[i].ConfigSet(ctx, "notify-keyspace-events", flags).Err()
	})
}

// load makes all nodes hold the names from and up to the given ones.
func (n *nodes) load(ctx context.Context, from, to int) error {
	return each(len(n.clients), func(node int) error {
		for from := from; from < to; from += loadStep {
			_, err := n.clients[node].Pipelined(ctx, func(p redis.Pipeliner) error {
				for i := from; i < min(from+loadStep, to); i++ {
					p.Set(ctx, fmt.Sprintf("lock:known:%d", i), fmt.Sprintf("token-of-somebody-%d", i), knownFor)
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("node %s: %w", n.addrs[node], err)
			}
		}
		return nil
	})
}
