package watcher

import (
	"iter"
	"slices"
	"time"
)

const (
	// resolveTime is how long it may take to find out how a token left a node.
	resolveTime = 5 * time.Second
	// releaseTime is how long a release may take to reach all nodes that are
	// well.
	releaseTime = time.Second
)

// A hold is one token that stood on a quorum: a holder of the lock, present or
// past.
type hold struct {
	fingerprint string
	owner       string
	library     string
	note        string // of a lease of this process
	managed     bool
	fence       int64
	fenceBack   bool // the fence is not above that of a holder before
	from        instant
	// until is until when the holder may believe that it holds the lock, as
	// far as that is known here.
	until instant
	// over is when it ended, never while it lasts.
	over instant
	how  Ending
	// told is true once its end stands among what happened.
	told       bool
	extensions int
	// left are the nodes that the token has left, by how it did; last is how
	// it left the last one.
	left [leavings]nodeSet
	last leaving
	// forced are the nodes on which the token is deleted by force.
	forced nodeSet
	// believed is true when the quorum is gone and yet its holder does not
	// know: the lock may be given to a second one while the first goes on.
	believed bool
}

// A nodeSet is a set of nodes by index. Those above 63 are in no set, so that
// nothing is concluded from them.
type nodeSet uint64

func bit(node int) nodeSet { return 1 << node }

// A leaving is how a token left a node.
type leaving uint8

const (
	// leftUnknown: it was not watched.
	leftUnknown leaving = iota
	// leftDeleted: it was deleted, or ended early by its holder.
	leftDeleted
	// leftExpired: its time had come.
	leftExpired
	// leftSilent: no event has told it yet. One may be on its way.
	leftSilent
	// leftLost: the node forgot it or gave it away.
	leftLost
	// leftRestarted: the node was restarted meanwhile. It may have forgotten
	// the token, or it was deleted while nobody watched.
	leftRestarted
	leavings
)

// newHold returns a hold that begins now.
func newHold(fingerprint, owner, library string, from instant) *hold {
	return &hold{fingerprint: fingerprint, owner: owner, library: library, from: from, until: from, over: never}
}

// leave notes how the token left a node.
func (h *hold) leave(node int, how leaving) {
	h.returned(node)
	if h.forced&bit(node) != 0 && how != leftExpired {
		how = leftDeleted // whether an event told it or not
	}
	h.left[how] |= bit(node)
	h.last = how
}

// returned notes that the token is, or may be, on the node.
func (h *hold) returned(node int) {
	for i := range h.left {
		h.left[i] &^= bit(node)
	}
}

// settle notes that no event about the node is on its way any more.
func (h *hold) settle(node int) {
	if h.left[leftSilent]&bit(node) != 0 {
		h.leave(node, leftLost)
	}
}

// ending is how the hold ended, given how its token left the nodes. stands is
// whether a node still has it, and age how long the hold is over; known is
// false while it may still turn out otherwise.
func (h *hold) ending(stands bool, age time.Duration) (how Ending, known bool) {
	switch {
	case h.left[leftDeleted] != 0 && (h.managed || h.forced != 0):
		return EndedForced, true // of ours by whom else, when the engine did not say
	case h.left[leftDeleted] != 0:
		return EndedReleased, true
	case h.left[leftSilent] != 0:
		return EndedLost, false
	case h.last == leftExpired:
		return EndedExpired, true
	case h.left[leftUnknown] != 0:
		return EndedUnknown, true
	case h.left[leftLost] != 0:
		return EndedLost, true
	case h.left[leftRestarted] != 0 && stands:
		// A release would have deleted it where it still stands.
		return EndedLost, age >= releaseTime
	}
	return EndedUnknown, true
}

// leaving tells how a token left the node, given its old and new cell and what
// events told in between. margin is how far clocks may be apart.
func (n *boardNode) leaving(old, now *cell, t told, margin time.Duration) leaving {
	switch {
	case t&toldGone != 0:
		return leftDeleted
	case old.deadline.sub(now.read) < margin:
		return leftExpired
	case old.scan < n.trusted && n.restarted == n.trusted:
		return leftRestarted
	case old.scan < n.told || n.status.Notifications != NotificationsLive:
		return leftUnknown
	case t&toldShortened != 0:
		return leftDeleted
	case t&toldChanged != 0 || old.ident.opaque:
		return leftUnknown // part of it changed, so it need not be another holder's
	case t&(toldExpired|toldEvicted) != 0:
		return leftLost
	}
	return leftSilent
}

// margin is by how much two times on the Board must differ to prove anything.
func (b *Board) margin() time.Duration { return b.clockDrift + networkAllowance }

// departed notes that the token left the node.
func (e *entry) departed(node int, token *ident, how leaving) {
	for h := range e.holds() {
		if h.fingerprint == token.fingerprint {
			h.leave(node, how)
		}
	}
}

// arrived notes that the token is on the node.
func (e *entry) arrived(node int, token *ident) {
	for h := range e.holds() {
		if h.fingerprint == token.fingerprint {
			h.returned(node)
		}
	}
}

// holds are the present hold and those that are not done with.
func (e *entry) holds() iter.Seq[*hold] {
	return func(yield func(*hold) bool) {
		for _, h := range e.claims {
			if !yield(h) {
				return
			}
		}
		if e.hold != nil {
			yield(e.hold)
		}
	}
}

// toldLate notes an event about a token that had left the node already when it
// came.
func (e *entry) toldLate(node int, t told) {
	if t&(toldGone|toldShortened) == 0 {
		return
	}
	for h := range e.holds() {
		if h.left[leftSilent]&bit(node) != 0 {
			h.leave(node, leftDeleted)
		}
	}
}

// doubted reports whether it has still to be told how a token left the node.
func (e *entry) doubted(node int) bool {
	for h := range e.holds() {
		if h.left[leftSilent]&bit(node) != 0 {
			return true
		}
	}
	return false
}

// track follows who holds the lock, given the new verdict on its votes. The
// caller holds mu.
func (b *Board) track(e *entry, v verdict, votes *ballot, c clock) {
	var on *ident // the token with a quorum
	if v.state == StateHeld || v.state == StateExpiring {
		on = v.leader
	}
	if h := e.hold; h != nil && (on == nil || on.fingerprint != h.fingerprint) {
		if on != nil || h.until <= c.now || !votes.mayHold(h.fingerprint, b.quorum) {
			e.hold = nil
			b.ends(e, h, votes, c)
		}
	}
	if on != nil && e.hold == nil {
		e.hold = b.begins(e, on, c)
	}
	if h := e.hold; h != nil && on != nil && !h.managed {
		if h.until != h.from && v.ends.sub(h.until) > b.margin() {
			h.extensions++
		}
		h.until = v.ends
	}
	e.claims = slices.DeleteFunc(e.claims, func(h *hold) bool { return b.resolve(e, h, votes, c) })
}

// begins returns the hold of a token that came to have a quorum.
func (b *Board) begins(e *entry, on *ident, c clock) *hold {
	for i, h := range e.claims {
		if h.fingerprint == on.fingerprint && h.how != EndedOverlapped {
			e.claims = slices.Delete(e.claims, i, i+1)
			if fence := e.fenceOf(on); fence != 0 && fence != h.fence && !h.managed {
				// The same holder took the lock again, and gave it back before.
				if !h.told {
					b.over(e.name, h, EndedReleased, c)
				}
				break
			}
			// It was not over after all: nodes that lost it got it back.
			b.history.takeBack(e.name, h)
			h.over, h.how, h.told, h.believed = never, "", false, false
			return h
		}
	}
	if lease, ok := b.managed.leases[leaseKey{e.name, on.fingerprint}]; ok {
		return lease.hold // the engine told of it already
	}
	h := newHold(on.fingerprint, on.owner, on.library, c.now)
	h.fence = e.fenceOf(on)
	h.fenceBack = h.fence != 0 && h.fence <= b.history.fence(e.name)
	if b.everSynced < b.quorum {
		h.from = min(c.now, c.instant(on.since(c))) // it was there before us
	}
	if b.everSynced >= b.quorum { // else it was found, not taken
		b.took(e.name, h, c)
	}
	return h
}

// fenceOf returns the fence that nodes tell of a token, 0 for none.
func (e *entry) fenceOf(token *ident) (fence int64) {
	for i := range e.cells {
		if c := &e.cells[i]; c.ident != nil && c.ident.fingerprint == token.fingerprint && c.detail != nil {
			fence = max(fence, c.detail.fence)
		}
	}
	return fence
}

// took notes that a hold began.
func (b *Board) took(name string, h *hold, c clock) {
	b.contention.of(name, c.now, func(f *fight) { f.holds++ })
	b.happened(Activity{
		At: c.time(h.from), Kind: ActivityAcquired, Name: name, Owner: h.owner,
		Fingerprint: h.fingerprint, Library: h.library, Fence: h.fence, Managed: h.managed,
	})
}

// ends notes that a hold has lost its quorum.
func (b *Board) ends(e *entry, h *hold, votes *ballot, c clock) {
	if h.over != never {
		return // the engine has said so
	}
	h.over = c.now
	if h.until <= c.now {
		h.over, h.last = h.until, leftExpired
	}
	b.history.add(e.name, h)
	if !b.resolve(e, h, votes, c) {
		e.claims = append(e.claims, h)
	}
}

// resolve finds out how a hold ended that has lost its quorum, and reports
// whether nothing is to be expected of it any more.
func (b *Board) resolve(e *entry, h *hold, votes *ballot, c clock) (done bool) {
	if c.now >= h.over.add(resolveTime) {
		h.left[leftUnknown] |= h.left[leftSilent]
		h.left[leftSilent] = 0
	}
	how, known := h.ending(votes.stands(h.fingerprint), c.now.sub(h.over))
	if !known {
		return false
	}
	if !h.told {
		b.over(e.name, h, how, c)
	}
	h.believed = how == EndedLost || h.managed && b.managed.believes(e.name, h.fingerprint)
	return !h.believed || h.until <= c.now
}

// over notes how a hold ended.
func (b *Board) over(name string, h *hold, how Ending, c clock) {
	h.how, h.told = how, true
	b.contention.of(name, c.now, func(f *fight) { f.hold.add(h.over.sub(h.from)) })
	kind := ActivityEnded
	if how != EndedUnknown {
		kind = ActivityKind(how)
	}
	b.happened(Activity{
		At: c.time(h.over), Kind: kind, Name: name, Owner: h.owner,
		Fingerprint: h.fingerprint, Library: h.library, Fence: h.fence, Managed: h.managed,
		Held: h.over.sub(h.from),
	})
}

// looks returns when to look at a hold again that has lost its quorum.
func (h *hold) looks() instant {
	if !h.told {
		if h.left[leftSilent] == 0 && h.left[leftRestarted] != 0 {
			return h.over.add(releaseTime)
		}
		return h.over.add(resolveTime)
	}
	return h.until
}

// alarms are the warnings that are about holders rather than votes.
func (e *entry) alarms(c clock) (flags flagSet) {
	if c.now < e.flagged {
		flags |= flagOverlap
	}
	if e.hold != nil && e.hold.fenceBack {
		flags |= flagFenceBack
	}
	return flags
}

// abandon notes the end of holds that nobody will look at any more.
func (b *Board) abandon(e *entry, c clock) {
	for h := range e.holds() {
		if h.over == never {
			h.over = c.now
			b.history.add(e.name, h)
		}
		if !h.told {
			b.over(e.name, h, EndedUnknown, c)
		}
	}
	e.hold, e.claims = nil, nil
}

// splitTime is how long rivals have to split the votes for it to be told:
// longer than it takes to undo attempts that met.
const splitTime = 250 * time.Millisecond

// splits tells of rivals that split the votes and do not undo it.
func (b *Board) splits(e *entry, v verdict, c clock) {
	switch {
	case v.state != StateContested:
		e.contested = never
	case e.state != StateContested:
		e.contested = c.now
	case e.contested != never && c.now >= e.contested.add(splitTime):
		e.contested = never
		b.happened(Activity{At: c.wall, Kind: ActivityContested, Name: e.name, Fingerprint: v.leader.fingerprint,
			Owner: v.leader.owner, Library: v.leader.library, Text: "rivals split the votes"})
	}
}

// mayHold reports whether the token may be on a quorum of nodes, those that do
// not say included.
func (b *ballot) mayHold(fingerprint string, quorum int) bool {
	votes := b.unknown
	for i := range b.tokens {
		if b.tokens[i].ident.fingerprint == fingerprint {
			votes += len(b.tokens[i].deadlines)
		}
	}
	return votes >= quorum
}

// stands reports whether a node says that it has the token.
func (b *ballot) stands(fingerprint string) bool {
	return slices.ContainsFunc(b.tokens, func(t tally) bool { return t.ident.fingerprint == fingerprint })
}
