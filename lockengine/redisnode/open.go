package redisnode

import (
	"fmt"
	"io"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

// A Voter is a node of this package, whatever stands behind it.
type Voter interface {
	lockengine.Node
	// Close answers what waits, gives up what is on its way and closes the
	// connections. It may be called again.
	io.Closer
}

var _, _ Voter = (*Node)(nil), (*Cluster)(nil)

// Open returns the node called id at the target, see [New] and [NewCluster].
func Open(id string, at *target.Target) Voter {
	if at.Mode == target.Cluster {
		return NewCluster(id, at)
	}
	return newNode(id, at)
}

// Dial returns a node at the given URL, see [target.Parse], with the address as
// its ID. It does not wait for the connection.
func Dial(url string) (Voter, error) {
	at, err := target.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	return Open(at.Address(), at), nil
}
