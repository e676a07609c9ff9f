package redisnode

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"
)

// ParseURL reads the address of one server, see [target.Parse]. Errors never
// repeat the password.
func ParseURL(raw string) (*redis.Options, error) {
	t, err := target.Parse(raw)
	if err != nil {
		return nil, err
	}
	if t.Mode != target.Standalone {
		return nil, fmt.Errorf("%s is not one server but a %s", t.Address(), t.Mode)
	}
	return t.Options, nil
}
