package engines

import (
	"context"
	"errors"

	"github.com/go-redsync/redsync/v4"
	redsyncpool "github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
)

// Redsync is redsync over one go-redis client per node.
type Redsync struct {
	clients  []*redis.Client
	redsync  *redsync.Redsync
	failFast bool
}

var _ Locker = (*Redsync)(nil)

var errNotReleased = errors.New("redsync: unlocked on no majority")

// OpenRedsync returns redsync with its defaults, apart from failFast: return at
// a majority instead of waiting for all nodes.
func OpenRedsync(addrs []string, failFast bool) *Redsync {
	r := &Redsync{clients: pooled(addrs), failFast: failFast}
	var pools []redsyncpool.Pool
	for _, c := range r.clients {
		pools = append(pools, goredis.NewPool(c))
	}
	r.redsync = redsync.New(pools...)
	return r
}

// pooled returns one go-redis client per node with the default options.
func pooled(addrs []string) []*redis.Client {
	var clients []*redis.Client
	for _, addr := range addrs {
		clients = append(clients, redis.NewClient(&redis.Options{Addr: addr}))
	}
	return clients
}

func (r *Redsync) mutex(name string) *redsync.Mutex {
	return r.redsync.NewMutex(name, redsync.WithExpiry(TTL), redsync.WithFailFast(r.failFast))
}

// Pair implements Engine.
func (r *Redsync) Pair(ctx context.Context, name string) error {
	m := r.mutex(name)
	if err := m.LockContext(ctx); err != nil {
		return err
	}
	return mutex{m}.Release(ctx)
}

// Acquire implements Locker. By default redsync gives up after 32 tries, so it
// is asked again.
func (r *Redsync) Acquire(ctx context.Context, name string) (Held, error) {
	m := r.mutex(name)
	for {
		err := m.LockContext(ctx)
		var taken *redsync.ErrTaken
		switch {
		case err == nil:
			return mutex{m}, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !errors.Is(err, redsync.ErrFailed) && !errors.As(err, &taken):
			return nil, err
		}
	}
}

// Close implements Engine.
func (r *Redsync) Close() {
	for _, c := range r.clients {
		_ = c.Close()
	}
}

type mutex struct{ *redsync.Mutex }

// Extend implements Held.
func (m mutex) Extend(ctx context.Context) error {
	_, err := m.ExtendContext(ctx)
	return err
}

// Release implements Held. The error of a minority is none.
func (m mutex) Release(ctx context.Context) error {
	ok, err := m.UnlockContext(ctx)
	if !ok && err == nil {
		return errNotReleased
	}
	if ok {
		return nil
	}
	return err
}
