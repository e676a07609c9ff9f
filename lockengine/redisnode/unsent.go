package redisnode

import (
	"context"
	"errors"
	"net"
)

// An unsent error says that nothing was sent to the server, so that nothing had
// any effect.
type unsent struct{ error }

func (e unsent) Unwrap() error { return e.error }

func isUnsent(err error) bool { return errors.As(err, new(unsent)) }

// unsentDialer makes the errors of a dialer unsent.
func unsentDialer(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, unsent{err}
		}
		return conn, nil
	}
}
