package watcher

import (
	"container/list"
	"slices"
	"time"
)

const (
	// maxHolds is how many past holders of one name are remembered.
	maxHolds = 16
	// maxHistory is how many are remembered of all names together: about
	// 200 bytes each, and as much again for a name. The names whose last
	// holder is gone for longest are forgotten first.
	maxHistory = 20_000
)

// An Ending is how the time of a holder ended, in one word.
type Ending string

const (
	// EndedReleased: its holder gave the lock back.
	EndedReleased Ending = "released"
	// EndedExpired: its time ran out.
	EndedExpired Ending = "expired"
	// EndedForced: somebody else deleted it.
	EndedForced Ending = "forced"
	// EndedLost: so many nodes lost it that its quorum broke, without anybody
	// having deleted it.
	EndedLost Ending = "lost"
	// EndedOverlapped: it was lost, and another held the lock before its time
	// had run out.
	EndedOverlapped Ending = "overlapped"
	// EndedUnknown: it was not seen how it ended.
	EndedUnknown Ending = "unknown"
)

// A Hold is one holder of a lock, present or past.
type Hold struct {
	Owner       string
	Fingerprint string
	Library     string
	// Managed is true when the lease was taken through this process, and Note is
	// what was noted with it.
	Managed bool
	Note    string
	// Fence is the fencing token, 0 when it is not known.
	Fence int64
	// From is when the token had a quorum, as seen here; for one that stood
	// there already when the watcher began, when it was taken if it tells.
	From time.Time
	// To is when it ended; zero while it lasts.
	To time.Time
	// How is how it ended; empty while it lasts, and for the moment that it
	// takes to find out.
	How Ending
	// Extensions is how often the lease was seen to be made longer.
	Extensions int
}

// A history is the past holders of all names, a bounded number of them.
type history struct {
	names map[string]*pastHolds
	order *list.List // of *pastHolds: the one that changed longest ago first
	count int        // of all holds
}

// pastHolds are those of one name.
type pastHolds struct {
	name  string
	holds []*hold // oldest first
	// fence is the highest that any holder of the name had.
	fence int64
	place *list.Element
}

func newHistory() history {
	return history{names: make(map[string]*pastHolds), order: list.New()}
}

// add remembers a hold that is over.
func (h *history) add(name string, ended *hold) {
	past := h.names[name]
	if past == nil {
		past = &pastHolds{name: name}
		past.place = h.order.PushBack(past)
		h.names[name] = past
	}
	h.order.MoveToBack(past.place)
	past.fence = max(past.fence, ended.fence)
	if len(past.holds) == maxHolds {
		past.holds = slices.Delete(past.holds, 0, 1)
		h.count--
	}
	past.holds = append(past.holds, ended)
	h.count++
	for h.count > maxHistory {
		oldest := h.order.Front().Value.(*pastHolds)
		h.count -= len(oldest.holds)
		h.order.Remove(oldest.place)
		delete(h.names, oldest.name)
	}
}

// takeBack forgets a hold that is not over after all.
func (h *history) takeBack(name string, resumed *hold) {
	past := h.names[name]
	if past == nil {
		return
	}
	if at := slices.Index(past.holds, resumed); at >= 0 {
		past.holds = slices.Delete(past.holds, at, at+1)
		h.count--
	}
}

// of returns the past holds of name, oldest first.
func (h *history) of(name string) []*hold {
	if past := h.names[name]; past != nil {
		return past.holds
	}
	return nil
}

// fence returns the highest fence that a past holder of name had.
func (h *history) fence(name string) int64 {
	if past := h.names[name]; past != nil {
		return past.fence
	}
	return 0
}

// History returns the holders of name that are remembered, the present one
// first and then the last one before it.
func (b *Board) History(name string) []Hold {
	_, holds, _ := b.Look(name)
	return holds
}

// Look returns what is known of name and its history, also of a name that is on
// no node any more as long as its holders are remembered. It reports false when
// nothing is known; the lock then tells what the nodes say of any such name.
func (b *Board) Look(name string) (Lock, []Hold, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c)
	holds := b.past(name, c)
	e := b.entries[name]
	known := e != nil || holds != nil
	if e == nil {
		e = &entry{name: name, cells: make([]cell, len(b.nodes))}
		b.ballot.count(b.nodes, e)
		e.verdict = judge(&b.ballot, b.quorum, b.clockDrift, c.now)
	}
	return b.view(e, c), holds, known
}

// past returns the holders of name. The caller holds mu.
func (b *Board) past(name string, c clock) []Hold {
	var holds []Hold
	show := func(h *hold) {
		holds = append(holds, Hold{
			Owner: h.owner, Fingerprint: h.fingerprint, Library: h.library, Managed: h.managed, Note: h.note,
			Fence: h.fence, From: c.time(h.from), To: c.time(h.over), How: h.how, Extensions: h.extensions,
		})
	}
	if e := b.entries[name]; e != nil && e.hold != nil && e.hold.over == never {
		show(e.hold)
	}
	for _, h := range slices.Backward(b.history.of(name)) {
		show(h)
	}
	return holds
}
