package engines

import (
	"context"

	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislock"
)

// locker is rueidislock on one node. A majority of one key is the least that it
// can do per lock (by default it takes two of three keys on the same node), and
// NOLOOP tracking is what its documentation advises for speed.
type locker struct{ rueidislock.Locker }

func openRueidislock(_ context.Context, addrs []string) (Engine, error) {
	l, err := rueidislock.NewLocker(rueidislock.LockerOption{
		ClientOption:   rueidis.ClientOption{InitAddress: addrs[:1]},
		KeyValidity:    TTL,
		KeyMajority:    1,
		NoLoopTracking: true,
	})
	if err != nil {
		return nil, err
	}
	return locker{l}, nil
}

func (l locker) Pair(ctx context.Context, name string) error {
	_, release, err := l.TryWithContext(ctx, name)
	if err != nil {
		return err
	}
	release()
	return nil
}
