package formattest

import (
	"context"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	redsyncpool "github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislock"
	"github.com/valkey-io/valkey-go"
	"github.com/valkey-io/valkey-go/valkeylock"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// A hold is a lock that somebody has taken, as two functions that the test
// calls in turn.
type hold struct{ take, release func() }

func lockscope(t *testing.T, r *rig, name string) hold {
	var nodes []lockengine.Node
	for i, s := range r.servers {
		opts, err := redisnode.ParseURL(s.URL())
		must(t, err)
		node := redisnode.New(string(rune('a'+i)), opts)
		t.Cleanup(func() { _ = node.Close() })
		nodes = append(nodes, node)
	}
	engine, err := lockengine.New(nodes, lockengine.Config{Fresh: true, NodeTimeout: 2 * time.Second})
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	var lease *lockengine.Lease
	return hold{
		take: func() {
			lease, err = engine.Acquire(t.Context(), name, lockengine.AcquireOptions{TTL: time.Minute, Wait: 10 * time.Second})
			must(t, err)
		},
		release: func() { must(t, lease.Release(t.Context())) },
	}
}

func redsyncMutex(t *testing.T, r *rig, name string) hold {
	var pools []redsyncpool.Pool
	for _, c := range r.clients {
		pools = append(pools, goredis.NewPool(c))
	}
	mutex := redsync.New(pools...).NewMutex(name, redsync.WithExpiry(time.Minute))
	return hold{
		take: func() { must(t, mutex.LockContext(t.Context())) },
		release: func() {
			if ok, err := mutex.UnlockContext(t.Context()); !ok || err != nil {
				t.Fatal(ok, err)
			}
		},
	}
}

func redislockLock(metadata string) func(*testing.T, *rig, string) hold {
	return func(t *testing.T, r *rig, name string) hold {
		var lock *redislock.Lock
		return hold{
			take: func() {
				var err error
				lock, err = redislock.Obtain(t.Context(), r.clients[0], name, time.Minute, &redislock.Options{Metadata: metadata})
				must(t, err)
			},
			release: func() { must(t, lock.Release(t.Context())) },
		}
	}
}

func rueidisLocker(majority int32) func(*testing.T, *rig, string) hold {
	return func(t *testing.T, r *rig, name string) hold {
		locker, err := rueidislock.NewLocker(rueidislock.LockerOption{
			ClientOption: rueidis.ClientOption{InitAddress: []string{r.servers[0].Addr()}},
			KeyMajority:  majority,
		})
		must(t, err)
		t.Cleanup(locker.Close)
		var cancel context.CancelFunc
		return hold{
			take: func() {
				_, cancel, err = locker.WithContext(t.Context(), bare(name))
				must(t, err)
			},
			release: func() { cancel() },
		}
	}
}

func valkeyLocker(t *testing.T, r *rig, name string) hold {
	locker, err := valkeylock.NewLocker(valkeylock.LockerOption{
		ClientOption: valkey.ClientOption{InitAddress: []string{r.servers[0].Addr()}},
	})
	must(t, err)
	t.Cleanup(locker.Close)
	var cancel context.CancelFunc
	return hold{
		take: func() {
			_, cancel, err = locker.WithContext(t.Context(), bare(name))
			must(t, err)
		},
		release: func() { cancel() },
	}
}
