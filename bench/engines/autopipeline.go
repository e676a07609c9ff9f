package engines

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

const compareAndDelete = `if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0`

var errNoMajority = errors.New("no majority of the nodes")

// autopipeline is what go-redis' own pipelining gives without any lock logic:
// SET NX PX and a script that compares and deletes, handed to the asynchronous
// face with its defaults (one ordered stream of batches per node).
type autopipeline struct {
	clients []*redis.Client
	nodes   []*redis.AutoPipeliner
	script  string
	turn    atomic.Uint32
}

func openAutopipeline(ctx context.Context, addrs []string) (Engine, error) {
	a := &autopipeline{clients: pooled(addrs)}
	for _, c := range a.clients {
		node, err := c.AsyncAutoPipeline()
		if err == nil {
			a.script, err = c.ScriptLoad(ctx, compareAndDelete).Result()
		}
		if err != nil {
			a.Close()
			return nil, fmt.Errorf("autopipeline: %w", err)
		}
		a.nodes = append(a.nodes, node)
	}
	return a, nil
}

func (a *autopipeline) Pair(ctx context.Context, name string) error {
	token := newToken()
	var room [8]*redis.BoolCmd
	locked := room[:0]
	for _, node := range a.nodes {
		locked = append(locked, node.SetNX(ctx, name, token, TTL))
	}
	if err := a.majority(func(i int) (bool, error) { return locked[i].Result() }); err != nil {
		return err
	}
	keys := []string{name}
	var more [8]*redis.Cmd
	unlocked := more[:0]
	for _, node := range a.nodes {
		unlocked = append(unlocked, node.EvalSha(ctx, a.script, keys, token))
	}
	return a.majority(func(i int) (bool, error) { return unlocked[i].Bool() })
}

// majority waits for the answers one by one until a majority said yes, since
// the pipeliner can wait for one answer only. Each call begins with another
// node, so that none is waited for more than the others.
func (a *autopipeline) majority(answer func(i int) (bool, error)) error {
	n, yes := len(a.nodes), 0
	first := int(a.turn.Add(1))
	var failed error
	for i := range n {
		ok, err := answer((first + i) % n)
		if err != nil && !errors.Is(err, redis.Nil) {
			failed = err
		}
		if ok {
			yes++
		}
		if yes > n/2 {
			return nil
		}
	}
	if failed != nil {
		return failed
	}
	return errNoMajority
}

func (a *autopipeline) Close() {
	for _, node := range a.nodes {
		_ = node.Close()
	}
	for _, c := range a.clients {
		_ = c.Close()
	}
}
