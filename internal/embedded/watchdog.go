package embedded

import (
	"context"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// watchdogFirst is how long a script may run unwatched: nearly all have
	// ended by then.
	watchdogFirst = 20 * time.Millisecond
	watchdogEvery = 5 * time.Millisecond
	// scriptMemory is how much the process may grow while a script runs.
	scriptMemory = 128 << 20
)

// A watchdog ends a script that runs for too long or makes too much.
type watchdog struct {
	cancel context.CancelFunc
	timer  *time.Timer

	mu      sync.Mutex // guards the rest
	running bool
	killed  bool
	ends    time.Time
	heap    uint64 // in use when it first looked, 0 before
}

func newWatchdog(cancel context.CancelFunc) *watchdog {
	w := &watchdog{cancel: cancel}
	w.timer = time.AfterFunc(time.Hour, w.look)
	return w
}

func (w *watchdog) start(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.killed, w.heap = true, false, 0
	w.ends = time.Now().Add(limit)
	w.timer.Reset(min(limit, watchdogFirst))
}

// stop ends the watch and tells whether the script was killed.
func (w *watchdog) stop() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	w.timer.Stop()
	return w.killed
}

func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.running {
		return
	}
	now := heapInUse()
	if w.heap == 0 {
		w.heap = now
	}
	if time.Now().After(w.ends) || now > w.heap+scriptMemory {
		w.killed = true
		w.cancel()
		return
	}
	w.timer.Reset(watchdogEvery)
}

// heapInUse returns the bytes of live and not yet collected objects.
func heapInUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
