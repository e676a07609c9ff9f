package lockengine

import "context"

// ForceRelease takes a lease of this engine from its holder: the one of name
// whose token has the fingerprint. For the holder it is lost at once, its context
// ends with ErrForced and nothing renews it any more; the token is deleted on all
// nodes as by [Lease.Release], and again in the background where a node does not
// confirm it. Whoever waits for the name in this process is next.
//
// It returns what each node said within the node timeout, granted where it deleted
// the token, whether the node's votes count or not. It reports false, having done
// nothing, when this engine holds no such lease: what others have put on the nodes
// is not the engine's to release.
func (e *Engine) ForceRelease(ctx context.Context, name, fingerprint string) (votes []NodeVote, ours bool) {
	l := e.held(name)
	if l == nil || l.Fingerprint() != fingerprint {
		return nil, false
	}
	e.hold(1)
	defer e.end()
	// From here on no extension gives the token back to a node that lost it.
	if !l.finish(ErrForced) {
		return nil, false
	}
	r := l.release()
	e.handOver(name)
	r.rest(ctx, e.cfg.NodeTimeout)
	votes = r.votes()
	for i := range votes {
		if a, answered := r.answer(i); answered {
			votes[i] = e.members[i].nodeVote(&a, a.Vote)
		}
	}
	return votes, true
}
