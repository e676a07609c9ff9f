package redisnode_test

import (
	"testing"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// emptied returns the node at an emptied cluster.
func emptied(t *testing.T, c *redistest.Cluster) *redisnode.Cluster {
	t.Helper()
	for _, s := range c.Servers {
		redistest.Client(t, s).FlushAll(t.Context()) // replicas refuse
	}
	n, err := redisnode.Dial(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n.(*redisnode.Cluster)
}

func TestAClusterIsOneNode(t *testing.T) {
	c := redistest.StartCluster(t)
	t.Run("it conforms", func(t *testing.T) {
		nodetest.Run(t, func(t *testing.T) lockengine.Node { return emptied(t, c) })
	})
}
