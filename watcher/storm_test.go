package watcher

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
)

// blow changes one name on the node so often a second until stop is called.
func blow(t *testing.T, node *redis.Client, rate int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		beat := time.NewTicker(20 * time.Millisecond)
		defer beat.Stop()
		began, sent := time.Now(), 0
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
			}
			due := int(time.Since(began).Seconds()*float64(rate)) - sent
			sent += due
			_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
				for i := range due {
					p.Set(ctx, "lock:storm", i, time.Minute)
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				t.Errorf("the storm: %v", err)
				return
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

func TestANodeThatChangesTooFastIsScannedUntilItDoesNot(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	const most = 1000
	w := watch(t, []*spawnServer{server}, Config{Events: most, Resync: 2 * time.Second}, NotificationsLive)
	b := w.Board()
	calm := func() bool { return b.Nodes()[0].Storm == 0 }

	stop := blow(t, node, 3*most)
	eventually(t, b, "the node is scanned because of the storm", func() bool {
		n := b.Nodes()[0]
		return n.Notifications == NotificationsPolling && n.Storm > most
	})
	// A subscription for a moment at a time, to hear whether it is over, is all.
	subscribed := func() int64 {
		n, err := node.PubSubNumPat(t.Context()).Result()
		must(t, err)
		return n
	}
	eventually(t, b, "nothing is sent to the watcher", func() bool { return subscribed() == 0 })
	must(t, node.Set(t.Context(), "lock:other", "v", time.Minute).Err())
	awaitState(t, b, "lock:other", StateHeld)
	must(t, node.Del(t.Context(), "lock:other").Err())
	awaitState(t, b, "lock:other", StateFree)
	eventually(t, b, "it is listened whether it is over", func() bool { return subscribed() > 0 })
	eventually(t, b, "it is not", func() bool { return subscribed() == 0 })
	if calm() {
		t.Error("the storm is said to be over while it goes on")
	}

	stop()
	eventually(t, b, "the node is followed again", func() bool {
		return calm() && b.Nodes()[0].Notifications == NotificationsLive
	})
	held, err := bareScan(t.Context(), node)
	must(t, err)
	eventually(t, b, "the view is that of the node", func() bool { return equal(held, shown(b, 0)) })
	must(t, node.Set(t.Context(), "lock:new", "v", time.Minute).Err())
	awaitState(t, b, "lock:new", StateHeld)
}

func TestABurstIsNoStorm(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Events: 1000, Resync: time.Hour}, NotificationsLive).Board()
	for burst := range 2 {
		_, err := node.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			for i := range 1500 {
				p.Set(t.Context(), fmt.Sprint("lock:", i), burst, time.Minute)
			}
			return nil
		})
		must(t, err)
		// Until two looks have come and gone without another.
		for range 2 {
			before := served(t, node, "dbsize")
			eventually(t, b, "a look", func() bool { return served(t, node, "dbsize") > before })
		}
	}
	n := b.Nodes()[0]
	if n.Notifications != NotificationsLive || n.Storm != 0 {
		t.Errorf("after bursts the node is %s, storm %d", n.Notifications, n.Storm)
	}
}

func TestAStormIsOverWithTheConnection(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{Events: 1000, Resync: time.Hour}, NotificationsLive).Board()
	stop := blow(t, node, 3000)
	eventually(t, b, "the node is scanned because of the storm", func() bool { return b.Nodes()[0].Storm > 0 })
	stop()
	must(t, node.ClientKillByFilter(t.Context(), "TYPE", "normal", "SKIPME", "yes").Err())
	eventually(t, b, "the node is followed, and no storm is told of", func() bool {
		n := b.Nodes()[0]
		return n.Notifications == NotificationsLive && n.Storm == 0
	})
}
