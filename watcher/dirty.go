package watcher

import "sync"

// A dirtySet is the names that have to be read again. It is a set, not a
// queue: any number of events for one name cost one read, and adding never
// waits.
type dirtySet struct {
	ready chan struct{} // capacity 1: there is something to take

	mu    sync.Mutex // guards names
	names map[string]struct{}
}

func newDirtySet() *dirtySet {
	return &dirtySet{ready: make(chan struct{}, 1), names: make(map[string]struct{})}
}

// add puts name into the set.
func (d *dirtySet) add(name string) {
	d.mu.Lock()
	d.names[name] = struct{}{}
	d.mu.Unlock()
	d.signal()
}

// take removes up to limit names and returns them. What is left is signalled
// again.
func (d *dirtySet) take(limit int) []string {
	d.mu.Lock()
	names := make([]string, 0, min(limit, len(d.names)))
	for name := range d.names {
		if len(names) == limit {
			break
		}
		names = append(names, name)
		delete(d.names, name)
	}
	left := len(d.names)
	d.mu.Unlock()
	if left > 0 {
		d.signal()
	}
	return names
}

// has reports whether name waits to be read.
func (d *dirtySet) has(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.names[name]
	return ok
}

func (d *dirtySet) signal() {
	select {
	case d.ready <- struct{}{}:
	default:
	}
}
