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
	"github.com/lockscope/lockscope/lockengine/target"
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
	name   string
	server *redis.Client

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

// canaries returns one for each server that has slots, so that its events are
// those of that server. There is none where the patterns leave no choice.
func (s *session) canaries() ([]*canary, bool) {
	birds := make([]*canary, 0, len(s.servers))
	for i, m := range s.layout.Masters {
		for try := 0; ; try++ {
			c, ok := newCanary(s.cfg.Patterns)
			switch {
			case !ok, try == canaryTries:
				return nil, false
			case len(s.servers) > 1 && m.Slots > 0 && s.layout.Owner(target.Slot(c.name)) != i:
				continue
			case len(s.servers) == 1 || m.Slots > 0:
				c.server = s.servers[i]
				birds = append(birds, c)
			}
			break
		}
	}
	return birds, len(birds) > 0
}

// canaryTries is how many names are tried to find one of a certain server.
const canaryTries = 1000

// flyAll sends one after the other, the first of which is in flight already.
func (s *session) flyAll(ctx context.Context, birds []*canary) error {
	for _, c := range birds {
		s.canary.Store(c)
		if err := c.fly(ctx, c.server); err != nil {
			return err
		}
	}
	return nil
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
