package lockengine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// dial connects to three nodes that run in this process. A program has
// redisnode.Dial("redis://10.0.0.1:6379") and so on here.
func dial() (nodes []lockengine.Node, stop func()) {
	servers, err := embedded.StartAll(3, embedded.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range servers {
		node, err := redisnode.Dial(s.URL())
		if err != nil {
			log.Fatal(err)
		}
		nodes = append(nodes, node)
	}
	return nodes, func() {
		for _, n := range nodes {
			_ = n.(*redisnode.Node).Close()
		}
		embedded.StopAll(servers)
	}
}

// Take a lock, work under it and give it back.
func Example() {
	nodes, stop := dial()
	defer stop()
	engine, err := lockengine.New(nodes, lockengine.Config{Fresh: true, NodeTimeout: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(context.Background())

	ctx := context.Background()
	lease, err := engine.Acquire(ctx, "invoice:42", lockengine.AcquireOptions{Owner: "billing", TTL: 30 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	// Everything that is done under the lock hangs on the lease's context: it
	// ends when the lock can no longer be relied on.
	if err := work(lease.Context()); err != nil {
		log.Fatal(err)
	}
	if err := lease.Release(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("done")
	// Output: done
}

func work(ctx context.Context) error { return ctx.Err() }

// Say who holds a lock that cannot be had.
func ExampleEngine_Acquire_held() {
	nodes, stop := dial()
	defer stop()
	engine, err := lockengine.New(nodes, lockengine.Config{Fresh: true, NodeTimeout: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(context.Background())

	ctx := context.Background()
	if _, err := engine.Acquire(ctx, "invoice:42", lockengine.AcquireOptions{Owner: "billing"}); err != nil {
		log.Fatal(err)
	}
	_, err = engine.Acquire(ctx, "invoice:42", lockengine.AcquireOptions{Owner: "reports"})
	var held *lockengine.HeldError
	if errors.As(err, &held) {
		fmt.Println("held by", held.Owner)
	}
	// Output: held by billing
}

// Wait for a lock, keep it for as long as the work takes, but not for ever.
func ExampleEngine_Acquire_wait() {
	nodes, stop := dial()
	defer stop()
	engine, err := lockengine.New(nodes, lockengine.Config{Fresh: true, NodeTimeout: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(context.Background())

	lease, err := engine.Acquire(context.Background(), "nightly report", lockengine.AcquireOptions{
		Owner:   "reports",
		Wait:    10 * time.Second,
		Renew:   true,
		MaxHold: 15 * time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer lease.Release(context.Background())
	fmt.Println("valid:", lease.Valid())
	// Output: valid: true
}

// Have the resource refuse a holder that is late: the next holder's fencing
// token is higher.
func ExampleLease_Fence() {
	nodes, stop := dial()
	defer stop()
	engine, err := lockengine.New(nodes, lockengine.Config{Fresh: true, NodeTimeout: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(context.Background())

	highest := int64(0)
	write := func(fence int64) error { // the resource: see FenceTable and redisnode.FencedSet
		if fence < highest {
			return lockengine.ErrStaleFence
		}
		highest = fence
		return nil
	}

	ctx := context.Background()
	late, err := engine.Acquire(ctx, "account:7", lockengine.AcquireOptions{TTL: 200 * time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	<-late.Context().Done() // it is paused for longer than its lease lasts
	next, err := engine.Acquire(ctx, "account:7", lockengine.AcquireOptions{Wait: 10 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the next holder:", write(next.Fence()))
	fmt.Println("the late one:", write(late.Fence()))
	// Output:
	// the next holder: <nil>
	// the late one: stale fencing token
}
