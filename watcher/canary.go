package watcher

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/glob"
)

const (
	// canaryTTL is how long a canary lives.
	canaryTTL = 50 * time.Millisecond
	// canaryPatience is how long its events may take.
	canaryPatience = 2 * time.Second
)

// errCanaryDied says that the events that a key must bring did not come.
var errCanaryDied = errors.New("events are not sent")

// A canary is a key with a short life that is set to see whether its events
// come back: on a node where CONFIG is refused there is no other way to know.
// Its name matches a pattern, so that it may be written where locks may, and
// the subscription to the pattern brings its events.
type canary struct {
	name string

	mu   sync.Mutex // guards seen
	seen map[string]bool
	all  chan struct{} // closed when every event needed has been seen
}

// canaryEvents are the kinds of events that a canary must bring: one each of
// the classes of strings, generic commands and expiry.
var canaryEvents = []string{"set", "expire", "expired"}

// newCanary returns a canary for the first of the patterns that can have one.
// A pattern without a * is the name of one lock and has none.
func newCanary(patterns []string) (*canary, bool) {
	var random [canaryDigits / 2]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	mark := canaryMark + hex.EncodeToString(random[:])
	for _, p := range patterns {
		if name, ok := glob.Instance(p, mark); ok && glob.Match(p, name) {
			return &canary{name: name, seen: make(map[string]bool), all: make(chan struct{})}, true
		}
	}
	return nil, false
}

// event notes an event of the canary's key.
func (c *canary) event(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[kind] = true
	for _, kind := range canaryEvents {
		if !c.seen[kind] {
			return
		}
	}
	select {
	case <-c.all:
	default:
		close(c.all)
	}
}

// fly sets the key and returns nil when all its events came. While it waits it
// looks at the key, because Redis tells the end of a key that nobody looks at
// only when it comes across it.
func (c *canary) fly(ctx context.Context, client *redis.Client) error {
	ctx, cancel := context.WithTimeout(ctx, canaryPatience)
	defer cancel()
	if err := client.Set(ctx, c.name, "1", canaryTTL).Err(); err != nil {
		return err
	}
	look := time.NewTicker(canaryTTL + 10*time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-c.all:
			return nil
		case <-ctx.Done():
			return errCanaryDied
		case <-look.C:
			if err := client.Get(ctx, c.name).Err(); err != nil && !errors.Is(err, redis.Nil) && !isReply(err) {
				return err
			}
		}
	}
}
