package target

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

const (
	defaultPort         = "6379"
	defaultSentinelPort = "26379"
)

// Parse reads the address of a node:
//
//	redis://user:password@host:6379/0
//	unix:///run/redis.sock?db=0
//	redis+sentinel://user:password@host1:26379,host2:26379,host3:26379/mymaster/0
//	redis+cluster://user:password@host1:6379,host2:6379
//
// With rediss in place of redis all connections use TLS, also those to the
// sentinels. User and password are those of the servers that hold locks; the
// sentinels' are the options sentinel_username and sentinel_password. Of the
// sentinels all should be named, since a majority of those named has to agree; of
// a cluster some nodes, from which the others are learnt. A cluster has no
// database but 0.
//
// Errors never repeat a password.
func Parse(raw string) (*Target, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, errors.New("an empty address, want redis://host:port/db")
	}
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return nil, errors.New("no scheme, want redis://host:port/db, rediss://host:port/db, unix:///path?db=0, " +
			"redis+sentinel://host:port,.../master or redis+cluster://host:port,...")
	}
	switch scheme {
	case "redis", "rediss", "unix":
		opts, err := parseServer(raw)
		if err != nil {
			return nil, err
		}
		return Server(opts), nil
	case "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster":
		scheme, mode, _ := strings.Cut(scheme, "+")
		return parseSeveral(scheme, Mode(mode), rest)
	}
	return nil, fmt.Errorf("scheme %q, want redis, rediss, unix, redis+sentinel, rediss+sentinel, redis+cluster or rediss+cluster", scheme)
}

// errNoURL is said in place of what url.Parse says, which quotes the whole URL
// with its password.
var errNoURL = errors.New("not a URL: check for characters of the password that must be percent-encoded")

// parseServer reads the URL of one server.
func parseServer(raw string) (*redis.Options, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errNoURL
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

// parseSeveral reads what follows the scheme of a URL with several hosts, which
// the URLs of the standard library do not know.
func parseSeveral(scheme string, mode Mode, rest string) (*Target, error) {
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	user := ""
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, authority = authority[:at+1], authority[at+1:]
	}
	if strings.ContainsAny(path, "@") {
		return nil, errNoURL // a password with a slash
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return nil, errNoURL
	}
	t := &Target{Mode: mode}
	port, db := defaultPort, path
	if mode == Sentinel {
		port = defaultSentinelPort
		if t.Master, db, err = cutMaster(path); err != nil {
			return nil, err
		}
		t.sentinel = &redis.Options{
			Username: options.Get("sentinel_username"), Password: options.Get("sentinel_password"), Protocol: 2,
		}
		options.Del("sentinel_username")
		options.Del("sentinel_password")
	} else if db != "" && db != "0" {
		return nil, errors.New("a cluster has no database but 0, want redis+cluster://host:port,...")
	}
	if t.Seeds, err = hosts(authority, port); err != nil {
		return nil, err
	}
	// The options are those of the URL of one server.
	one := url.URL{Scheme: scheme, Host: "host:1", Path: db, RawQuery: options.Encode()}
	t.Options, err = parseServer(scheme + "://" + user + strings.TrimPrefix(one.String(), scheme+"://"))
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "host:1", strings.Join(t.Seeds, ",")))
	}
	t.Options.Addr = ""
	if t.Options.TLSConfig != nil {
		t.Options.TLSConfig.ServerName = "" // each server's own
		if t.sentinel != nil {
			t.sentinel.TLSConfig = t.Options.TLSConfig.Clone()
		}
	}
	return t, nil
}

// cutMaster takes the path of a sentinel's URL apart: name/db.
func cutMaster(path string) (name, db string, err error) {
	name, db, _ = strings.Cut(path, "/")
	if name, err = url.PathUnescape(name); err != nil || name == "" {
		return "", "", errors.New("no name of a master, want redis+sentinel://host:port,.../master or .../master/db")
	}
	if _, err := strconv.Atoi(db); db != "" && err != nil {
		return "", "", fmt.Errorf("the database of master %q is not a number", name)
	}
	return name, db, nil
}

// hosts reads a list of hosts, and says only which of them is wrong: what looks
// like one may be a part of a password.
func hosts(list, port string) ([]string, error) {
	var seeds []string
	seen := make(map[string]bool)
	for i, host := range strings.Split(list, ",") {
		name, number, err := net.SplitHostPort(host)
		if err != nil {
			name, number, err = net.SplitHostPort(host + ":" + port)
		}
		n, bad := strconv.ParseUint(number, 10, 16)
		if err != nil || bad != nil || n == 0 || name == "" || strings.ContainsAny(name, " %#\\\"'") {
			return nil, fmt.Errorf("host %d is not host:port", i+1)
		}
		host = net.JoinHostPort(name, number)
		if seen[host] {
			return nil, fmt.Errorf("host %d is named twice", i+1)
		}
		seen[host] = true
		seeds = append(seeds, host)
	}
	return seeds, nil
}
