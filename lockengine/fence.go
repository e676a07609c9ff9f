package lockengine

import (
	"context"
	"slices"
	"time"
)

// maxRaises bounds the rounds in which the nodes agree on a fence. Each is
// needed only when another attempt on the name has raised it meanwhile.
const maxRaises = 8

// candidate is a number for the next fence: microseconds of the nodes' clocks,
// so that engines whose own clocks differ agree, and above all that this
// engine has seen.
func (e *Engine) candidate() int64 {
	now := e.reference.at(e.now()).Add(time.Duration(e.offset.Load())).UnixMicro()
	for {
		last := e.lastFence.Load()
		next := max(last+1, now)
		if e.lastFence.CompareAndSwap(last, next) {
			return next
		}
	}
}

// seenFence keeps later candidates above a fence.
func (e *Engine) seenFence(fence int64) {
	for {
		last := e.lastFence.Load()
		if fence <= last || e.lastFence.CompareAndSwap(last, fence) {
			return
		}
	}
}

// agree returns the fence of an attempt that a quorum granted, 0 when the
// nodes did not agree in time.
//
// Where a quorum put the candidate above every fence before, it is the fence:
// any later quorum shares a node with this one, and only a higher candidate
// gets past that node. Otherwise the nodes that hold the token are asked to
// raise their fence above what each has seen; the highest answer of a quorum is
// above every fence given out before, and is the fence once a quorum has it.
func (e *Engine) agree(ctx context.Context, r *round) int64 {
	r.mu.Lock()
	raised := r.raised
	r.mu.Unlock()
	if raised >= e.quorum {
		return r.request.Candidate
	}
	request := Request{Kind: KindRaise, Name: r.request.Name, Token: r.request.Token, Candidate: e.candidate(), Above: true}
	for range maxRaises {
		raise := e.newRound(request)
		raise.send()
		raise.wait(ctx)
		fence, agreed := raise.fence(e.quorum)
		e.seenFence(fence)
		if fence == 0 {
			return 0 // a quorum does not hold the token, or did not say
		}
		if agreed {
			return fence
		}
		request.Candidate, request.Above = fence, false
	}
	return 0
}

// fence returns the highest fence that a quorum answered, and whether a quorum
// answered exactly that.
func (r *round) fence(quorum int) (highest int64, agreed bool) {
	granted, same := 0, 0
	r.each(func(a *Answer, vote Vote) {
		if vote != VoteGranted {
			return
		}
		granted++
		switch {
		case a.Fence > highest:
			highest, same = a.Fence, 1
		case a.Fence == highest:
			same++
		}
	})
	if granted < quorum {
		return 0, false
	}
	return highest, same >= quorum
}

// readOffset makes the candidates follow the median of the nodes' clocks.
func (e *Engine) readOffset() {
	e.offsetMu.Lock()
	defer e.offsetMu.Unlock()
	var offsets []time.Duration
	for _, m := range e.members {
		if ahead := m.ahead.Load(); ahead != nil {
			offsets = append(offsets, *ahead)
		}
	}
	if len(offsets) > 0 {
		slices.Sort(offsets)
		e.offset.Store(int64(offsets[len(offsets)/2]))
	}
}
