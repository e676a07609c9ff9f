package stage

// A waker tells an engine that the lock may be free, from what the nodes tell
// those who have subscribed to it. It is guarded by the World.
type waker struct {
	w    *World
	wait *interest
}

// An interest is one caller that waits.
type interest struct {
	free chan struct{}
	told map[string]bool // nodes that told the lock is free
}

// Free is asked for by the engine, see lockengine.Waker.
func (k *waker) Free(string) (free <-chan struct{}, live func() bool, stop func()) {
	mine := &interest{free: make(chan struct{}, 1), told: make(map[string]bool)}
	k.w.do(func() { k.wait = mine })
	return mine.free, func() bool { return true }, func() {
		k.w.do(func() {
			if k.wait == mine {
				k.wait = nil
			}
		})
	}
}

// wanted reports whether anybody waits. Callers hold the world's lock.
func (k *waker) wanted() bool { return k.wait != nil }

// free notes that a node has told, and wakes the caller when a quorum has.
func (k *waker) free(node string) {
	k.w.do(func() {
		if k.wait == nil {
			return
		}
		k.wait.told[node] = true
		if len(k.wait.told) < quorum {
			return
		}
		clear(k.wait.told)
		select {
		case k.wait.free <- struct{}{}:
		default:
		}
	})
}
