package redisnode

import (
	"errors"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

// A Cluster is a Redis Cluster that votes as one node.
type Cluster struct{ id string }

// NewCluster returns the node called id that is a Redis Cluster.
func NewCluster(id string, _ *target.Target) *Cluster { return &Cluster{id: id} }

// ID names the node.
func (c *Cluster) ID() string { return c.id }

// Submit hands over an operation, see [lockengine.Node].
func (c *Cluster) Submit(op *lockengine.Op) {
	entry{op: op}.refuse(errors.New("not sent: a cluster cannot vote yet"))
}

// Close implements [Voter].
func (c *Cluster) Close() error { return nil }
