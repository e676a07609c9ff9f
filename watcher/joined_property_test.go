package watcher

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
)

// bareJoined works out who holds the two locks of the test below from their
// keys, without any code of the watcher: fingerprints, empty for a free lock.
func bareJoined(ctx context.Context, node *redis.Client) (spread, readWrite string, err error) {
	p := node.TxPipeline()
	keys := p.MGet(ctx, "rueidislock:0:x", "rueidislock:1:x", "rueidislock:2:x")
	writer, readers := p.Get(ctx, "x.writer"), p.SCard(ctx, "x.readers")
	if _, err := p.Exec(ctx); err != nil && err != redis.Nil {
		return "", "", err
	}
	votes, highest := map[any]int{}, 0
	for i, value := range keys.Val() {
		if value != nil {
			votes[value]++
			highest = i
		}
	}
	for value, n := range votes {
		if n >= []int{1, 2, 2}[highest] {
			spread = lockengine.Fingerprint(value.(string))
		}
	}
	switch {
	case writer.Val() != "":
		readWrite = lockengine.Fingerprint(writer.Val())
	case readers.Val() > 0:
		readWrite = fmt.Sprint("read by ", readers.Val())
	}
	return spread, readWrite, nil
}

// shownJoined reads the same from the Board.
func shownJoined(b *Board) (spread, readWrite string) {
	if l, _ := b.Lock("rueidislock:0:x"); l.State == StateHeld {
		spread = l.Holder.Fingerprint
	}
	switch l, _ := b.Lock("x.writer"); {
	case l.State == StateHeld && l.Holder.Mode == "read":
		readWrite = fmt.Sprint("read by ", l.Holder.Readers)
	case l.State == StateHeld:
		readWrite = l.Holder.Fingerprint
	}
	return spread, readWrite
}

// Whatever is written to the keys of a lock that is spread over several, with
// events told or lost, the Board ends with who holds it.
func TestAfterQuietJoinedLocksAreWhatTheirKeysSay(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	b := watch(t, []*spawnServer{server}, Config{Patterns: []string{"*"}, Resync: 300 * time.Millisecond}, NotificationsLive).Board()
	values := []string{"\x00\xc8aaaaaaaaaaaaaaaaaaaaaa", "\x00\xc9bbbbbbbbbbbbbbbbbbbbbb"}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			key := fmt.Sprint("rueidislock:", rapid.IntRange(0, 2).Draw(rt, "key"), ":x")
			i := rapid.IntRange(0, 1).Draw(rt, "value")
			holder := fmt.Sprint("web-", i, machine[5:])
			var err error
			switch rapid.IntRange(0, 8).Draw(rt, "op") {
			case 0, 1, 2:
				err = node.Set(ctx, key, values[i], time.Minute).Err()
			case 3:
				err = node.Del(ctx, key).Err()
			case 4:
				err = node.SAdd(ctx, "x.readers", holder).Err()
			case 5:
				err = node.SRem(ctx, "x.readers", holder).Err()
			case 6:
				err = node.Set(ctx, "x.writer", holder, time.Minute).Err()
			case 7:
				err = node.Del(ctx, "x.writer").Err()
			case 8:
				err = node.ConfigSet(ctx, notifySetting, rapid.SampledFrom([]string{"", "Kx", "KA"}).Draw(rt, "flags")).Err()
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		eventually(t, b, "the view is what the keys say", func() bool {
			spread, readWrite, err := bareJoined(ctx, node)
			must(t, err)
			s, r := shownJoined(b)
			return s == spread && r == readWrite
		})
	})
	if got := names(b); len(got) > 2 {
		t.Errorf("shown %q", got)
	}
}
