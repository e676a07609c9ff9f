package watcher

import "github.com/lockscope/lockscope/lockengine"

var _ lockengine.Waker = (*Board)(nil)

// Free implements lockengine.Waker: the channel receives whenever a quorum of
// nodes has come to report name free. live is true while a quorum of nodes
// tells its changes by events, so that this happens at once.
func (b *Board) Free(name string) (free <-chan struct{}, live func() bool, stop func()) {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wakers[name] == nil {
		b.wakers[name] = make(map[chan struct{}]struct{})
	}
	b.wakers[name][ch] = struct{}{}
	return ch, b.live, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.wakers[name], ch)
		if len(b.wakers[name]) == 0 {
			delete(b.wakers, name)
		}
	}
}

// live reports whether a quorum of nodes tells its changes by events.
func (b *Board) live() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	live := 0
	for i := range b.nodes {
		if b.nodes[i].status.Notifications == NotificationsLive {
			live++
		}
	}
	return live >= b.quorum
}

// wakeWaiters tells those who wait that name is free. The caller holds mu.
func (b *Board) wakeWaiters(name string) {
	for ch := range b.wakers[name] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}
