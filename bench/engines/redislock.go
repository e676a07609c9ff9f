package engines

import (
	"context"

	"github.com/bsm/redislock"
	"github.com/redis/go-redis/v9"
)

// bsmRedislock is bsm/redislock over a go-redis client with default options.
type bsmRedislock struct {
	client *redis.Client
	locks  *redislock.Client
}

func openRedislock(_ context.Context, addrs []string) (Engine, error) {
	client := pooled(addrs[:1])[0]
	return &bsmRedislock{client, redislock.New(client)}, nil
}

func (r *bsmRedislock) Pair(ctx context.Context, name string) error {
	lock, err := r.locks.Obtain(ctx, name, TTL, nil)
	if err != nil {
		return err
	}
	return lock.Release(ctx)
}

func (r *bsmRedislock) Close() { _ = r.client.Close() }
