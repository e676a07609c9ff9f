package watcher

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// feeds are the subscriptions to all servers of a place. They are lost when one
// of them is.
type feeds struct {
	all    []*feed
	lost   chan struct{} // closed when events may have been missed
	echoed chan struct{} // capacity 1: the last echo of all came
	silent atomic.Int32  // how many have still to send theirs
	once   sync.Once
	wg     sync.WaitGroup
}

// openFeeds subscribes on every server, see openFeed. heard returns what takes the
// events of one of them; it is called once for each.
func openFeeds(ctx context.Context, servers []*redis.Client, meter *meter, patterns []string, heard func() func(name, kind, pattern string)) (*feeds, error) {
	fs := &feeds{lost: make(chan struct{}), echoed: make(chan struct{}, 1)}
	for _, c := range servers {
		f, err := openFeed(ctx, c, meter, patterns, heard())
		if err != nil {
			fs.close()
			return nil, err
		}
		fs.all = append(fs.all, f)
		fs.wg.Go(func() { fs.follow(f) })
	}
	return fs, nil
}

// follow passes on what one feed says until it is lost.
func (fs *feeds) follow(f *feed) {
	defer fs.once.Do(func() { close(fs.lost) })
	for {
		select {
		case <-f.lost:
			return
		case <-f.echoed:
			if fs.silent.Add(-1) == 0 {
				fs.echoed <- struct{}{} // one at a time is asked for
			}
		}
	}
}

// seek asks every server for an echo, see feed.seek.
func (fs *feeds) seek(ctx context.Context) error {
	fs.silent.Store(int32(len(fs.all)))
	for _, f := range fs.all {
		if err := f.seek(ctx); err != nil {
			return err
		}
	}
	return nil
}

// close ends the subscriptions and waits for their goroutines.
func (fs *feeds) close() {
	for _, f := range fs.all {
		f.close()
	}
	fs.wg.Wait()
}
