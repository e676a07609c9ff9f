package redisnode

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ParseURL reads the address of a node: redis://, rediss:// (TLS) or unix://,
// as in redis://user:password@host:6379/0 and unix:///run/redis.sock?db=0.
// Errors never repeat the password.
func ParseURL(raw string) (*redis.Options, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, errors.New("an empty address, want redis://host:port/db")
	}
	scheme, _, found := strings.Cut(raw, "://")
	if !found {
		return nil, errors.New("no scheme, want redis://host:port/db, rediss://host:port/db or unix:///path?db=0")
	}
	switch scheme {
	case "redis", "rediss", "unix":
	default:
		return nil, fmt.Errorf("scheme %q, want redis, rediss or unix", scheme)
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The error of url.Parse quotes the whole URL with its password.
		return nil, errors.New("not a URL: check for characters of the password that must be percent-encoded")
	}
	opts, err := redis.ParseURL(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", u.Redacted(), strings.ReplaceAll(err.Error(), raw, u.Redacted()))
	}
	if opts.TLSConfig != nil {
		opts.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return opts, nil
}

// Address is where the node is, for people: host:port or the path of a socket,
// with the database where it is not 0, and without credentials.
func Address(opts *redis.Options) string {
	if opts.DB != 0 {
		return fmt.Sprintf("%s/%d", opts.Addr, opts.DB)
	}
	return opts.Addr
}
