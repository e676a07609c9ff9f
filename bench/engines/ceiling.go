package engines

import (
	"context"
	"errors"

	"github.com/lockscope/lockscope/bench/ceiling"
)

type bare struct{ *ceiling.Locks }

func openCeiling(ctx context.Context, addrs []string) (Engine, error) {
	locks, err := ceiling.Dial(ctx, addrs, TTL)
	if err != nil {
		return nil, err
	}
	return bare{locks}, nil
}

func (b bare) Pair(_ context.Context, name string) error {
	token := newToken()
	if !b.Lock(name, token) || !b.Unlock(name, token) {
		return errors.Join(errNoMajority, b.Err())
	}
	return nil
}
