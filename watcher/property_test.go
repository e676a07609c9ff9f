package watcher

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

// bareScan reads what a node holds without any code of the watcher: name ->
// type, fingerprint of a string or a hash of one field, and whether it has an
// expiry.
func bareScan(ctx context.Context, node *redis.Client) (map[string]string, error) {
	keys, err := node.Keys(ctx, "lock:*").Result()
	if err != nil {
		return nil, err
	}
	held := make(map[string]string)
	for _, key := range keys {
		typ, err := node.Type(ctx, key).Result()
		if err != nil {
			return nil, err
		}
		ttl, err := node.PTTL(ctx, key).Result()
		if err != nil {
			return nil, err
		}
		fingerprint := ""
		switch typ {
		case "string":
			value, err := node.Get(ctx, key).Result()
			if err != nil && !errors.Is(err, redis.Nil) {
				return nil, err
			}
			fingerprint = lockengine.Fingerprint(value)
		case "hash":
			fields, err := node.HGetAll(ctx, key).Result()
			if err != nil {
				return nil, err
			}
			fingerprint = hashFingerprint(fields)
		}
		if typ != "none" && ttl != noKey {
			held[key] = fmt.Sprint(typ, " ", fingerprint, " expires ", ttl >= 0)
		}
	}
	return held, nil
}

// shown reads the same from the Board, for one node.
func shown(b *Board, node int) map[string]string {
	held := make(map[string]string)
	for _, l := range b.Window(Query{}).Locks {
		if v := l.Votes[node]; v.Fingerprint != "" {
			held[l.Name] = fmt.Sprint(v.Type, " ", v.Fingerprint, " expires ", !v.ExpiresAt.IsZero())
		}
	}
	return held
}

// equal reports whether two nodes' contents are the same.
func equal(x, y map[string]string) bool {
	if len(x) != len(y) {
		return false
	}
	for name, value := range x {
		if y[name] != value {
			return false
		}
	}
	return true
}

// Whatever is written in whatever order, while events are told, lost because
// they are turned off, or cut off with the subscription: after a while without
// writes the Board shows what a scan of the nodes finds.
func TestAfterQuietTheViewEqualsAScanWhateverWasLost(t *testing.T) {
	t.Parallel()
	servers := redistest.StartAll(t, 2)
	nodes := clientsOf(t, servers)
	ctx := t.Context()
	b := watch(t, servers, Config{Resync: 300 * time.Millisecond}, NotificationsLive).Board()
	const names = 6
	rapid.Check(t, func(rt *rapid.T) {
		ops := rapid.SliceOfN(rapid.IntRange(0, 11), 1, 80).Draw(rt, "ops")
		for i, op := range ops {
			node := nodes[rapid.IntRange(0, len(nodes)-1).Draw(rt, "node")]
			name := fmt.Sprint("lock:", rapid.IntRange(0, names-1).Draw(rt, "name"))
			other := fmt.Sprint("lock:", rapid.IntRange(0, names-1).Draw(rt, "other"))
			value := fmt.Sprint("v", i%3)
			var err error
			switch op {
			case 0, 1, 2:
				err = node.SetNX(ctx, name, value, time.Minute).Err()
			case 3:
				err = node.Set(ctx, name, value, 0).Err()
			case 4, 5:
				err = node.Del(ctx, name).Err()
			case 6:
				err = node.PExpire(ctx, name, time.Duration(1+i)*time.Millisecond).Err()
			case 7:
				err = node.Persist(ctx, name).Err()
			case 8:
				_, err = node.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.Del(ctx, name)
					p.HSet(ctx, name, value, "1")
					return nil
				})
			case 9:
				if err = node.Rename(ctx, name, other).Err(); err != nil && contains(err.Error(), "no such key") {
					err = nil
				}
			case 10:
				flags := rapid.SampledFrom([]string{"", "Kx", "KA"}).Draw(rt, "flags")
				err = node.ConfigSet(ctx, notifySetting, flags).Err()
			case 11:
				err = node.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub").Err()
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		eventually(t, b, "the view equals a scan", func() bool {
			for i, node := range nodes {
				held, err := bareScan(ctx, node)
				must(t, err)
				if !equal(held, shown(b, i)) {
					return false
				}
			}
			return true
		})
	})
}

// Many writers at once on few names, with every event told: reads must not
// overtake each other, and nothing but events may be needed.
func TestAStormOnFewNamesEndsWithWhatTheNodeHolds(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	b := watch(t, []*spawnServer{server}, Config{Resync: time.Hour}, NotificationsLive).Board()
	for round := range 20 {
		_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range 1000 {
				name := fmt.Sprint("lock:", i%7)
				switch (i*31 + round) % 6 {
				case 0:
					p.Del(ctx, name)
				case 1:
					p.PExpire(ctx, name, time.Hour)
				case 2: // of another type, while its reader has asked for the type
					p.Del(ctx, name)
					p.HSet(ctx, name, "field", "value")
				default:
					p.Set(ctx, name, i, time.Minute)
				}
			}
			return nil
		})
		must(t, err)
		eventually(t, b, "the view equals a scan", func() bool {
			held, err := bareScan(ctx, node)
			must(t, err)
			return equal(held, shown(b, 0))
		})
	}
}
