package watcher

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/watcher/format"
)

const (
	// livePing is how often a subscription is asked whether it is alive.
	livePing = time.Second
	// liveSilence is after how long without any sign of life, an answer to
	// livePing included, a subscription is given up.
	liveSilence = 3 * time.Second
)

var (
	// errGap says that events may have been missed.
	errGap = errors.New("the subscription was interrupted")
	// errFeedRefused says that the node does not let us subscribe.
	errFeedRefused = errors.New("the node refuses the subscription")
)

// A feed is a subscription to the keyspace events of one node. It hands over
// the names and never waits for whoever takes them, so nothing is dropped on
// the way. It receives from the connection itself rather than through a
// channel of the client library, which does not show the answers to pings and
// drops messages when it is full.
//
// A feed is not mended: when lost is closed there was a gap, and a new one has
// to be opened and followed by a scan.
type feed struct {
	pubsub *redis.PubSub
	meter  *meter
	prefix string
	event  func(name, kind, pattern string)
	lost   chan struct{} // closed when events may have been missed
	echoed chan struct{} // capacity 1: the last echo came
	heard  atomic.Int64  // when the last sign of life came, since start
	start  time.Time
	wg     sync.WaitGroup
	once   sync.Once
}

// openFeed subscribes to the names that the patterns select, and returns when
// the node has confirmed it. event is called for every event, on one goroutine;
// it must not wait. errFeedRefused means that the node said no.
func openFeed(ctx context.Context, client *redis.Client, meter *meter, patterns []string, event func(name, kind, pattern string)) (*feed, error) {
	f := &feed{
		pubsub: client.PSubscribe(ctx),
		meter:  meter,
		prefix: fmt.Sprintf("__keyspace@%d__:", client.Options().DB),
		event:  event,
		lost:   make(chan struct{}),
		echoed: make(chan struct{}, 1),
		start:  time.Now(),
	}
	channels := make([]string, len(patterns))
	for i, p := range patterns {
		channels[i] = f.prefix + p
	}
	err := f.confirm(ctx, channels)
	if err == nil {
		// The queues beside the locks, too; a node that refuses them is scanned.
		for i, p := range patterns {
			channels[i] = f.prefix + format.Queue(p)
		}
		if err = f.confirm(ctx, channels); errors.Is(err, errFeedRefused) {
			err = nil
		}
	}
	if err != nil {
		_ = f.pubsub.Close() // the error that counts is the first
		return nil, err
	}
	f.wg.Go(func() { f.receive(ctx) })
	f.wg.Go(func() { f.watch(ctx) })
	return f, nil
}

// confirm subscribes and waits until the node has said so.
func (f *feed) confirm(ctx context.Context, channels []string) error {
	if err := f.meter.spend(ctx, 1); err != nil {
		return err
	}
	if err := f.pubsub.PSubscribe(ctx, channels...); err != nil {
		return err
	}
	for confirmed := 0; confirmed < len(channels); {
		message, err := f.pubsub.ReceiveTimeout(ctx, commandTimeout)
		if replyIs(err, "NOPERM") {
			f.meter.refused.set(refusedWhat("psubscribe", err), true)
		}
		if err != nil {
			if isReply(err) && !isUnfit(err) {
				return fmt.Errorf("%w: %s", errFeedRefused, shorten(err.Error()))
			}
			return err
		}
		if m, ok := message.(*redis.Subscription); ok && m.Kind == "psubscribe" {
			confirmed++
		} else {
			f.hand(message) // an event of a pattern that is confirmed already
		}
	}
	f.hear()
	return nil
}

// receive hands over events until the subscription ends.
func (f *feed) receive(ctx context.Context) {
	defer f.lose()
	for {
		message, err := f.pubsub.Receive(ctx)
		if err != nil {
			return
		}
		if _, again := message.(*redis.Subscription); again {
			return // the client library connected anew, so there was a gap
		}
		f.hear()
		f.hand(message)
	}
}

// hand passes on an event. A keymiss is none: it is our own reads that miss,
// and reading again because of it would never end.
func (f *feed) hand(message any) {
	if pong, ok := message.(*redis.Pong); ok && pong.Payload == echo {
		f.echoed <- struct{}{} // one at a time is asked for
		return
	}
	m, ok := message.(*redis.Message)
	if !ok || m.Payload == "keymiss" {
		return
	}
	if name, ok := strings.CutPrefix(m.Channel, f.prefix); ok {
		f.event(name, m.Payload, strings.TrimPrefix(m.Pattern, f.prefix))
	}
}

// watch asks for signs of life until the subscription ends, and ends it when
// none come.
func (f *feed) watch(ctx context.Context) {
	ticker := time.NewTicker(livePing)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			f.hangUp()
			return
		case <-f.lost:
			return
		case <-ticker.C:
		}
		silence := time.Since(f.start) - time.Duration(f.heard.Load())
		if silence > liveSilence || f.ping(ctx) != nil {
			f.hangUp()
			return
		}
	}
}

// echo is what a node is asked to say when all events before it have been sent.
const echo = "echo"

// seek asks for an echo: once it comes, so have the events of everything that
// the node did before the call. The one before has to have come.
func (f *feed) seek(ctx context.Context) error { return f.ping(ctx, echo) }

// ping asks the node to answer, with a text where one is given.
func (f *feed) ping(ctx context.Context, text ...string) error {
	if err := f.meter.spend(ctx, 1); err != nil {
		return err
	}
	return f.pubsub.Ping(ctx, text...)
}

// hear notes a sign of life.
func (f *feed) hear() { f.heard.Store(int64(time.Since(f.start))) }

// lose says that events may have been missed from now on.
func (f *feed) lose() { f.once.Do(func() { close(f.lost) }) }

// hangUp closes the connection, which ends receive.
func (f *feed) hangUp() {
	_ = f.pubsub.Close() // closing twice is all that can go wrong
	f.lose()
}

// close ends the subscription and waits for its goroutines.
func (f *feed) close() {
	f.hangUp()
	f.wg.Wait()
}
