package watcher

import (
	"context"
	"errors"
	"sync"
)

// A ForceResult is what became of a token on one node that was to be deleted
// there, in one word.
type ForceResult string

const (
	// ForceDeleted: it was there, and was deleted.
	ForceDeleted ForceResult = "deleted"
	// ForceAbsent: the node has no lock of that name.
	ForceAbsent ForceResult = "absent"
	// ForceChanged: it has another token, which was left alone.
	ForceChanged ForceResult = "changed"
	// ForceKept: it has the token, which was left alone because of the answers of
	// others.
	ForceKept ForceResult = "kept"
	// ForceRefused: the node does not let us.
	ForceRefused ForceResult = "refused"
	// ForceDown and ForceTimeout: it could not be asked, or did not answer. In the
	// second case the token may have been deleted all the same.
	ForceDown    ForceResult = "down"
	ForceTimeout ForceResult = "timeout"
)

// A Forced is what became of a token on one node.
type Forced struct {
	Node   string
	Result ForceResult
	// Fingerprint names what the node has, empty where it has nothing any more or
	// did not say.
	Fingerprint string
	// Reason says more in words, of what is no clear answer.
	Reason string
}

// The reasons for which nothing is released by force.
var (
	// ErrNotHeld: the nodes that answer have no lock of that name.
	ErrNotHeld = errors.New("nobody holds the lock")
	// ErrChanged: somebody else holds it by now.
	ErrChanged = errors.New("the lock changed hands")
	// ErrNotComparable: what the nodes hold does not tell one holder from another,
	// so that nothing would keep a deletion from meeting the next one.
	ErrNotComparable = errors.New("what the nodes hold does not tell one holder from another")
	// ErrUnreachable: too few nodes answer to know.
	ErrUnreachable = errors.New("too few nodes answer")
	// ErrNotAllowed: the nodes that have the token do not let us delete it.
	ErrNotAllowed = errors.New("the nodes do not allow it")
	// ErrNotWatched: the name matches no watched pattern.
	ErrNotWatched = errors.New("the name is not watched")
)

// ForceRelease deletes the token with the fingerprint wherever it is the lock of
// that name: a node deletes what was read from it a moment before, if it still
// holds exactly that, in one step. A token of anybody else is never touched, and
// nothing is when another one has a quorum.
//
// The answers are one per node in their order, also with an error, which is one of
// those above: then nothing was deleted, except by a node that did not answer. A
// lock of this process is to be released by its engine instead, which tells its
// holder. It takes three seconds at most.
func (w *Watcher) ForceRelease(ctx context.Context, name, fingerprint string) ([]Forced, error) {
	if len(w.nodes) > 0 && !w.nodes[0].filter.watched(name) {
		return nil, ErrNotWatched
	}
	ctx, cancel := context.WithTimeout(ctx, 3*commandTimeout)
	defer cancel()
	grips := make([]*grip, len(w.nodes))
	defer func() {
		for _, g := range grips {
			g.close()
		}
	}()
	w.onEach(func(i int) { grips[i] = w.nodes[i].take(ctx, name) })
	err := w.weigh(grips, fingerprint)
	if err == nil {
		w.onEach(func(i int) {
			if grips[i].fingerprint == fingerprint {
				w.board.forcing(i, name, fingerprint, true)
				grips[i].delete(ctx)
				w.board.forcing(i, name, fingerprint, grips[i].result == ForceDeleted || grips[i].result == ForceTimeout)
			}
		})
		err = outcome(grips, fingerprint)
	}
	forced := make([]Forced, len(grips))
	for i, g := range grips {
		forced[i] = Forced{Node: w.nodes[i].source.ID, Result: g.result, Fingerprint: g.fingerprint, Reason: g.reason}
		if g.result == ForceDeleted {
			w.nodes[i].hint(name)
		}
	}
	return forced, err
}

// onEach calls f for the index of every node at once, and waits for all.
func (w *Watcher) onEach(f func(i int)) {
	var wg sync.WaitGroup
	for i := range w.nodes {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// weigh says why nothing is to be deleted, given what the nodes hold.
func (w *Watcher) weigh(grips []*grip, fingerprint string) error {
	has, silent, refused := make(map[string]int), 0, 0
	opaque := ""
	for _, g := range grips {
		switch {
		case g.fingerprint != "":
			has[g.fingerprint]++
			if g.fingerprint == fingerprint && g.opaque != "" {
				opaque = g.opaque
			}
		case g.result == ForceRefused:
			refused++
		case g.result != ForceAbsent:
			silent++
		}
	}
	changed := has[fingerprint] == 0 && len(has) > 0
	for token, nodes := range has {
		changed = changed || token != fingerprint && nodes >= w.board.Quorum()
	}
	switch {
	case changed:
		return ErrChanged
	case opaque != "":
		for _, g := range grips {
			if g.fingerprint == fingerprint {
				g.reason = opaque
			}
		}
		return ErrNotComparable
	case len(has) > 0:
		return nil
	case silent >= w.board.Quorum() || silent == len(grips):
		return ErrUnreachable
	case refused > 0:
		return ErrNotAllowed
	}
	return ErrNotHeld
}

// outcome says why nothing was deleted although a node had the token.
func outcome(grips []*grip, fingerprint string) error {
	err := ErrNotHeld
	for _, g := range grips {
		switch {
		case g.result == ForceDeleted:
			return nil
		case g.result == ForceChanged:
			err = ErrChanged
		case g.result == ForceRefused && errors.Is(err, ErrNotHeld):
			err = ErrNotAllowed
		case (g.result == ForceDown || g.result == ForceTimeout) && errors.Is(err, ErrNotHeld):
			err = ErrUnreachable
		}
	}
	return err
}

// forcing notes whether the token of a holder is deleted on a node by force, so
// that the end of the holder is told as that.
func (b *Board) forcing(node int, name, fingerprint string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[name]
	if e == nil {
		return
	}
	for h := range e.holds() {
		if h.fingerprint == fingerprint {
			h.forced &^= bit(node)
			if on {
				h.forced |= bit(node)
			}
		}
	}
}
