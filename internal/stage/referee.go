package stage

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/lockscope/lockscope/internal/stage/pace"
)

// keptHolds is how many stretches of time are shown.
const keptHolds = 60

// A referee sees everything and believes nobody: it notes who held the lock when,
// and whether that was alright. It is guarded by the World.
type referee struct {
	w      *World
	lastID int
	all    []*hold // the last ones, oldest first
	Outcome
	// freed is when the lock was last given back or ran out, -1 since somebody
	// has it.
	freed int64
}

// A hold is a stretch of time in which a client held the lock, as it believed
// with good reason, or waited for it.
type hold struct {
	key    string
	client *client
	view   HoldView
	end    *pace.Call // when it is over by itself
}

// An Outcome is what came of a scenario.
type Outcome struct {
	// Holders are the clients that got the lock, in order.
	Holders []string
	// Overlaps is how often a client got it while another held it.
	Overlaps int
	// Accepted and Refused count the writes to the resource, and Late those that
	// it accepted from a client whose lease was over.
	Accepted, Refused, Late int
	// Corrupt is true when a write destroyed another.
	Corrupt bool
	// Denied are the clients that asked for the lock and gave up without it.
	Denied []string
	// Quarantined are the nodes that had to sit out.
	Quarantined []string
	// Residue is on how many nodes there is a token now although nobody holds
	// the lock.
	Residue int
	// Asks counts the requests that were sent to nodes for a lock, by client.
	Asks map[string]int
	// Slowest is the longest that an attempt took that won, from its start to the
	// decision.
	Slowest time.Duration
	// Handover is the longest between the end of one hold and the start of the
	// next, while somebody waited.
	Handover time.Duration
	// Fences are the fencing tokens that were given out, in order.
	Fences []int64
}

// queue notes that a client has begun to ask for the lock.
func (r *referee) queue(c *client) {
	r.served(c)
	c.queue = r.open(c, HoldView{Client: c.name, Kind: "wait", From: c.w.now()})
}

// served ends that.
func (r *referee) served(c *client) {
	if c.queue != nil {
		r.close(c.queue, c.w.now())
		c.queue = nil
	}
}

// refused notes that a client gave up.
func (r *referee) refused(c *client) { r.Denied = append(r.Denied, c.name) }

// holds notes that a client got the lock.
func (r *referee) holds(c *client) {
	r.release(c)
	now := c.w.now()
	if waited := c.queue; r.freed >= 0 && waited != nil && waited.view.From <= r.freed && len(r.Holders) > 0 {
		r.Handover = max(r.Handover, time.Duration(now-r.freed)*time.Microsecond)
	}
	r.freed = -1
	r.Slowest = max(r.Slowest, time.Duration(now-c.askedAt)*time.Microsecond)
	view := HoldView{Client: c.name, Kind: "hold", From: now, Until: c.until, Fence: c.fence}
	for _, h := range r.all {
		if h.view.Kind == "hold" && h.view.To == 0 && h.view.Until > now {
			view.Clash, h.view.Clash = true, true
			c.w.show(h.key, h.view)
		}
	}
	if view.Clash {
		r.Overlaps++
	}
	r.Holders = append(r.Holders, c.name)
	if c.fence > 0 {
		r.Fences = append(r.Fences, c.fence)
	}
	c.hold = r.open(c, view)
	r.ends(c)
}

// extended notes that a hold lasts longer.
func (r *referee) extended(c *client) {
	if c.hold != nil {
		c.hold.view.Until = c.until
		c.w.show(c.hold.key, c.hold.view)
		r.ends(c)
	}
}

// ends plans the end of a hold by its time.
func (r *referee) ends(c *client) {
	h := c.hold
	if h.end != nil {
		h.end.Stop()
	}
	h.end = c.w.clock.Show(time.Duration(h.view.Until-c.w.now())*time.Microsecond, func() {
		c.w.do(func() {
			if c.hold == h {
				r.release(c)
			}
		})
	})
}

// release notes that a client holds the lock no more.
func (r *referee) release(c *client) {
	if c.hold == nil {
		return
	}
	r.close(c.hold, min(c.w.now(), c.hold.view.Until))
	r.freed = c.hold.view.To
	c.hold = nil
}

// asked notes that a client has sent a request for a lock.
func (r *referee) asked(c *client) {
	if r.Asks == nil {
		r.Asks = make(map[string]int)
	}
	r.Asks[c.name]++
}

// outcome is what has come of it by now.
func (r *referee) outcome() Outcome {
	out := r.Outcome
	out.Holders, out.Denied = slices.Clone(out.Holders), slices.Clone(out.Denied)
	out.Quarantined, out.Fences = slices.Clone(out.Quarantined), slices.Clone(out.Fences)
	out.Asks = maps.Clone(out.Asks)
	for _, h := range r.all {
		if h.view.Kind == "hold" && h.view.To == 0 {
			return out
		}
	}
	for _, n := range r.w.nodes {
		if n.up && n.holder != "" {
			out.Residue++
		}
	}
	return out
}

func (r *referee) open(c *client, view HoldView) *hold {
	r.lastID++
	h := &hold{key: "h/" + strconv.Itoa(r.lastID), client: c, view: view}
	r.all = append(r.all, h)
	if len(r.all) > keptHolds {
		c.w.show(r.all[0].key, nil)
		r.all = slices.Delete(r.all, 0, 1)
	}
	c.w.show(h.key, view)
	return h
}

func (r *referee) close(h *hold, at int64) {
	if h.end != nil {
		h.end.Stop()
	}
	h.view.To = max(at, h.view.From+1)
	if slices.Contains(r.all, h) {
		h.client.w.show(h.key, h.view)
	}
}

// wrote notes a write.
func (r *referee) wrote(v WriteView) {
	switch {
	case !v.OK:
		r.Refused++
	default:
		r.Accepted++
		if v.Late {
			r.Late++
		}
	}
	r.Corrupt = r.Corrupt || v.Corrupt
}

// quarantined notes that the votes of a node do not count.
func (r *referee) quarantined(node string) {
	if !slices.Contains(r.Quarantined, node) {
		r.Quarantined = append(r.Quarantined, node)
	}
}
