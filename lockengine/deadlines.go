package lockengine

import (
	"sync"
	"time"
)

// deadlines wakes the rounds whose time is up. All wait equally long, so the
// oldest is the next, and one timer serves them all.
type deadlines struct {
	engine   *Engine
	patience time.Duration

	mu      sync.Mutex // guards everything below
	waiting []*round   // oldest first
	timer   Timer
	armed   bool
}

// watch has a round woken when its time is up. Rounds that are over by then
// cost nothing: those before the new one are let go on the way.
func (d *deadlines) watch(r *round) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.letGoLocked()
	d.waiting = append(d.waiting, r)
	if !d.armed {
		d.armLocked(d.patience - d.engine.since(r.start))
	}
}

// letGoLocked forgets the oldest rounds as far as they are over.
func (d *deadlines) letGoLocked() {
	done := 0
	for done < len(d.waiting) && d.waiting[done].over.Load() {
		d.waiting[done] = nil
		done++
	}
	if d.waiting = d.waiting[done:]; len(d.waiting) == 0 {
		d.waiting = nil
	}
}

func (d *deadlines) armLocked(pause time.Duration) {
	d.armed = true
	if d.timer == nil {
		d.timer = d.engine.afterFunc(pause, d.fire)
		return
	}
	d.timer.Reset(pause)
}

// fire wakes the rounds whose time is up.
func (d *deadlines) fire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = false
	for {
		d.letGoLocked()
		if len(d.waiting) == 0 {
			return
		}
		left := d.patience - d.engine.since(d.waiting[0].start)
		if left > 0 {
			d.armLocked(left)
			return
		}
		d.waiting[0].timeUp()
		d.waiting = d.waiting[1:]
	}
}
