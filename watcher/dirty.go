package watcher

import "sync"

// A dirtySet is the names that have to be read again, each with what events
// told of it. It is a set, not a queue: any number of events for one name cost
// one read, and adding never waits.
type dirtySet struct {
	ready chan struct{} // capacity 1: there is something to take

	mu    sync.Mutex // guards names
	names map[string]told
}

func newDirtySet() *dirtySet {
	return &dirtySet{ready: make(chan struct{}, 1), names: make(map[string]told)}
}

// add puts name into the set.
func (d *dirtySet) add(name string) {
	d.mu.Lock()
	d.names[name] |= 0
	d.mu.Unlock()
	d.signal()
}

// tell puts name into the set because of an event that told t.
func (d *dirtySet) tell(name string, t told) {
	d.mu.Lock()
	d.names[name] |= t
	d.mu.Unlock()
	d.signal()
}

// take removes up to limit names and returns them with what was told of them.
// What is left is signalled again.
func (d *dirtySet) take(limit int) map[string]told {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.names) <= limit {
		names := d.names
		d.names = make(map[string]told)
		return names
	}
	names := make(map[string]told, limit)
	for name, t := range d.names {
		if len(names) == limit {
			break
		}
		names[name] = t
		delete(d.names, name)
	}
	d.signal()
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
