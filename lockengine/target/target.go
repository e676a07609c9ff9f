package target

import (
	"fmt"

	"github.com/redis/go-redis/v9"
)

// A Mode is what stands behind a node.
type Mode string

const (
	// Standalone is one server.
	Standalone Mode = "standalone"
	// Sentinel is the master that sentinels name, one server at a time.
	Sentinel Mode = "sentinel"
	// Cluster is all masters of a Redis Cluster together.
	Cluster Mode = "cluster"
)

// A Target is where a node is. It is not changed once it was made.
type Target struct {
	Mode Mode
	// Options say how to connect to a server that holds locks. Only with
	// Standalone they say where it is.
	Options *redis.Options
	// Seeds are the sentinels, or some nodes of the cluster, as host:port.
	Seeds []string
	// Master is the name under which the sentinels know the master.
	Master string
	// sentinel says how to connect to a sentinel.
	sentinel *redis.Options
}

// Server returns the target of one server.
func Server(opts *redis.Options) *Target { return &Target{Mode: Standalone, Options: opts} }

// Address is where the node is, for people and without credentials: host:port or
// the path of a socket, with the database where it is not 0; for a master under
// sentinels its name, and for a cluster the first of its nodes that was named.
func (t *Target) Address() string {
	place := ""
	switch t.Mode {
	case Sentinel:
		place = t.Master
	case Cluster:
		return t.Seeds[0]
	default:
		place = t.Options.Addr
	}
	if t.Options.DB != 0 {
		return fmt.Sprintf("%s/%d", place, t.Options.DB)
	}
	return place
}

// At returns the options of the server at an address, which are the caller's.
func (t *Target) At(addr string) *redis.Options {
	o := *t.Options
	o.Addr = addr
	return &o
}

// Places are what two targets have in common when they are the same place: the
// server, the sentinels with the name of the master, or nodes of the cluster.
func (t *Target) Places() []string {
	switch t.Mode {
	case Sentinel:
		places := make([]string, len(t.Seeds))
		for i, seed := range t.Seeds {
			places[i] = seed + "/" + t.Master
		}
		return places
	case Cluster:
		return t.Seeds
	}
	return []string{t.Options.Addr}
}
