package lockengine

import (
	"time"
)

// Renew keeps the lease valid by extending it at a third of its TTL, with some
// jitter, until it is released or lost, or until maxHold has passed since it
// was taken; then it ends by itself. A maxHold of 0 means never. An extension
// that fails is tried again until the validity ends.
func (l *Lease) Renew(maxHold time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil {
		return
	}
	if l.renewal != nil {
		l.renewal.Stop()
	}
	var end time.Time
	if maxHold > 0 {
		end = l.acquiredAt.Add(maxHold)
	}
	l.renewal = l.engine.afterFunc(l.renewalPauseLocked(), func() { l.renewOnce(end) })
}

// renewalPauseLocked is a third of the TTL, give or take a tenth of that.
func (l *Lease) renewalPauseLocked() time.Duration {
	third := l.ttl / 3
	spread := uint64(third/5) + 1
	return third - third/10 + time.Duration(l.engine.cfg.Random()%spread)
}

// renewOnce extends the lease and plans the next time.
func (l *Lease) renewOnce(end time.Time) {
	if !end.IsZero() && !l.engine.now().Before(end) {
		return
	}
	ttl := l.TTL()
	if !end.IsZero() {
		// The last extension ends with the cap, as far as a lease can.
		left := l.engine.until(end) + l.engine.cfg.drift(ttl)
		ttl = max(min(ttl, left), l.engine.cfg.shortestTTL())
	}
	err := l.Extend(l.Context(), ttl)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil || l.renewal == nil {
		return
	}
	pause := l.renewalPauseLocked()
	if err != nil {
		pause = min(pause, l.engine.cfg.RetryDelay)
	}
	l.renewal = l.engine.afterFunc(pause, func() { l.renewOnce(end) })
}
