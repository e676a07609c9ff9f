package stage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// A recipe is a lock as people write it by hand.
type recipe struct {
	// nodes is how many of the nodes are asked, 0 for all.
	nodes int
	// need is how many have to say yes.
	need int
	// inTurn asks one node after the other, and stops when need is reached.
	inTurn bool
	// undo takes back what a failed attempt left.
	undo bool
	// tries is how often it asks when it does not want to wait.
	tries  int
	unlock unlock
}

// An unlock is how a lock is given back.
type unlock uint8

const (
	// unlockOwn deletes the key if it holds the own token.
	unlockOwn unlock = iota
	// unlockPlain deletes the key, whoever's it is.
	unlockPlain
	// unlockExpired deletes the key if its time is over, and so never one that
	// is worth deleting.
	unlockExpired
)

// pollPause is how long a recipe waits before it asks again.
const pollPause = 100 * time.Millisecond

// deleteOwn deletes KEYS[1] if it holds ARGV[1].
var deleteOwn = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// homemade locks by a recipe.
type homemade struct {
	c      *client
	recipe recipe
}

func newHomemade(c *client, r recipe) *homemade { return &homemade{c: c, recipe: r} }

func (h *homemade) close() {}

var (
	errTaken  = errors.New("somebody else holds it")
	errSilent = errors.New("too few nodes answer")
)

// acquire asks until it has the lock, or has asked often and long enough.
func (h *homemade) acquire(ctx context.Context, wait time.Duration) (grant, error) {
	c := h.c
	until := c.w.clock.Now().Add(wait)
	for try := 1; ; try++ {
		g, err := h.attempt(ctx)
		if err == nil {
			return g, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		pause := pollPause
		c.w.do(func() {
			pause += c.store.draw(uint64(pollPause/4), "poll")
			if c.wants {
				c.hear("asks again", false)
				c.become(stateWaiting)
			}
		})
		if try >= h.recipe.tries && !c.w.clock.Now().Add(pause).Before(until) {
			return nil, err
		}
		if err := c.sleep(ctx, pause, nil); err != nil {
			return nil, err
		}
	}
}

// attempt asks the nodes once, with a fresh token.
func (h *homemade) attempt(ctx context.Context) (grant, error) {
	c := h.c
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	start := c.w.clock.Now()
	g := &homeGrant{h: h, token: hex.EncodeToString(random[:]) + ":" + strconv.FormatInt(start.Add(leaseTTL).UnixMilli(), 10)}
	var nodes []*node
	c.w.do(func() {
		c.w.tokens.add(g.token, c.name)
		c.attempted(lockengine.Fingerprint(g.token))
		nodes = c.w.nodes
	})
	if h.recipe.nodes > 0 {
		nodes = nodes[:h.recipe.nodes]
	}
	yes, taken := 0, false
	set := func(n *node) outcome { return setNX(c.w.ctx, n, g.token) }
	vote := func(n *node, out outcome) {
		if out.vote == lockengine.VoteGranted {
			yes++
		}
		taken = taken || out.vote == lockengine.VoteOther
		c.w.do(func() { c.voted(n.id, out.vote) })
	}
	if h.recipe.inTurn {
		for _, n := range nodes {
			h.askAll(ctx, []*node{n}, "SET NX PX", set, vote)
			if yes >= h.recipe.need {
				break
			}
		}
	} else {
		h.askAll(ctx, nodes, "SET NX PX", set, vote)
	}
	g.until = start.Add(leaseTTL)
	if ctx.Err() == nil && yes >= h.recipe.need && c.w.clock.Now().Before(g.until) {
		c.w.do(func() { c.got(g.until, 0) })
		return g, nil
	}
	if h.recipe.undo {
		_ = h.giveBack(context.WithoutCancel(ctx), g, "undo")
	}
	if !taken {
		return nil, errSilent
	}
	return nil, errTaken
}

// askAll has nodes carry out something and waits for each at most as long as the
// engine would. An answer that comes later goes unheard.
func (h *homemade) askAll(ctx context.Context, nodes []*node, text string, work func(*node) outcome, heard func(*node, outcome)) {
	c := h.c
	type answer struct {
		n   *node
		out outcome
	}
	answers := make(chan answer, len(nodes))
	c.w.do(func() {
		for _, n := range nodes {
			x := &exchange{link: c.links[n.id], text: text,
				work: func() outcome { return work(n) },
				done: func(out outcome) {
					answers <- answer{n, out}
					c.w.do(c.grip)
				},
			}
			x.send()
		}
	})
	late := make(chan struct{})
	timeout := clientTime{c}.AfterFunc(nodeTimeout, func() { close(late) })
	defer timeout.Stop()
	silent := make(map[*node]bool, len(nodes))
	for _, n := range nodes {
		silent[n] = true
	}
	for len(silent) > 0 {
		c.waits()
		select {
		case a := <-answers:
			delete(silent, a.n)
			if heard != nil {
				heard(a.n, a.out)
			}
			continue
		case <-late:
		case <-ctx.Done():
		}
		break
	}
	for n := range silent {
		if heard != nil {
			heard(n, outcome{vote: lockengine.VoteTimeout})
		}
	}
}

// setNX is SET NX PX on a node.
func setNX(ctx context.Context, n *node, token string) outcome {
	ctx, cancel := context.WithTimeout(ctx, wireTimeout)
	defer cancel()
	ok, err := n.eye.SetNX(ctx, LockName, token, leaseTTL).Result()
	switch {
	case err != nil:
		return down(err)
	case ok:
		return outcome{vote: lockengine.VoteGranted, text: lockengine.VoteGranted.String()}
	}
	return outcome{vote: lockengine.VoteOther, text: lockengine.VoteOther.String()}
}

func down(err error) outcome {
	return outcome{vote: lockengine.VoteDown, text: lockengine.VoteDown.String(), err: err}
}

// giveBack unlocks by the recipe.
func (h *homemade) giveBack(ctx context.Context, g *homeGrant, text string) error {
	nodes := h.c.w.nodes
	if h.recipe.nodes > 0 {
		nodes = nodes[:h.recipe.nodes]
	}
	if h.recipe.unlock == unlockPlain && text != "undo" {
		text = "DEL"
	}
	h.askAll(ctx, nodes, text, func(n *node) outcome {
		ctx, cancel := context.WithTimeout(h.c.w.ctx, wireTimeout)
		defer cancel()
		var gone int64
		var err error
		if h.recipe.unlock == unlockPlain && text == "DEL" {
			gone, err = n.eye.Del(ctx, LockName).Result()
		} else {
			gone, err = deleteOwn.Run(ctx, n.eye, []string{LockName}, g.token).Int64()
		}
		switch {
		case err != nil:
			return down(err)
		case gone > 0:
			return outcome{vote: lockengine.VoteGranted, text: "deleted"}
		}
		return outcome{vote: lockengine.VoteFree, text: "not there"}
	}, nil)
	return nil
}

// homeGrant is a lock that was taken by a recipe.
type homeGrant struct {
	h     *homemade
	token string
	until time.Time
}

func (g *homeGrant) valid() bool { return g.h.c.w.clock.Now().Before(g.until) }

func (g *homeGrant) extend(context.Context) error { return errors.New("cannot be extended") }

func (g *homeGrant) release(ctx context.Context) error {
	if g.h.recipe.unlock == unlockExpired && g.valid() {
		return errors.New("refuses: not over yet")
	}
	return g.h.giveBack(ctx, g, "release")
}
