package redisnode

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

// What vouches for the memory of a cluster.
//
// Every slot has a marker, <history>|<marker>, which travels with the keys of the
// slot: a slot that was given to another master without its keys has none. The
// history is that of the master on which it was written. It has to be *proven*: a
// master is proven by a marker in a slot of its own that names its history, and so
// is one that has no slot and is getting none, which cannot have forgotten
// anything. A master that took over, or was restarted, is not: what it got from the
// one before names that one's history, which no master that is there has.
//
// So an answer counts when every master that had a part in it is proven, and the
// marker of the slot names the history of a proven one: of the same, or of the one
// that the slot was moved from, as long as that is there.

// maxPipeline is how many commands about markers are sent in one go.
const maxPipeline = 1024

// A proof is what is known of the server behind a shard.
type proof struct {
	mu        sync.Mutex // guards what follows
	proven    string     // the history that is
	disproved string     // one that is not, and will not be before there is a new marker
	why       string
}

// see takes note of a marker that the shard has in a slot of its own, on a
// connection to a server of a history.
func (p *proof) see(history, value string) {
	of, _, ok := cutHistory(value)
	p.mu.Lock()
	defer p.mu.Unlock()
	if ok && history != "" && of == history && history != p.disproved {
		p.proven = history
	}
}

// set takes a history for proven: a marker is being written to it.
func (p *proof) set(history string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.proven, p.disproved, p.why = history, "", ""
}

// refute says that a history is not to be believed.
func (p *proof) refute(history, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disproved, p.why = history, why
	if p.proven == history {
		p.proven = ""
	}
}

// of reports what is known of a history.
func (p *proof) of(history string) (proven bool, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if history == p.disproved {
		return false, p.why
	}
	return history != "" && history == p.proven, ""
}

// prove finds out whether the server that the link is to is proven, and says in
// words why not. An error means that it could not be asked.
func (s *shard) prove(ctx context.Context, l *link) (lost string, err error) {
	history := l.is()
	if proven, why := s.proof.of(history); proven || why != "" {
		return why, nil
	}
	nodes, err := l.client.ClusterNodes(ctx).Result()
	if err != nil {
		return "", err
	}
	history = l.is()
	if hasNoSlots(nodes) {
		s.proof.set(history)
		return "", nil
	}
	_, layout := s.cluster.present()
	var own []int
	for slot := range target.Slots {
		if layout.Masters[layout.Owner(slot)].ID == s.id {
			own = append(own, slot)
		}
	}
	for some := range slices.Chunk(own, maxPipeline) {
		values, err := readMarkers(ctx, l, some)
		if err != nil {
			return "", err
		}
		for _, value := range values {
			s.proof.see(history, value)
		}
		if proven, _ := s.proof.of(history); proven {
			return "", nil
		}
	}
	s.proof.refute(history, "master "+s.addr+" took over from another, or was restarted: it may lack the last locks")
	_, why := s.proof.of(history)
	return why, nil
}

// hasNoSlots reports whether the node that says this of the cluster has no slot,
// and is getting none.
func hasNoSlots(nodes string) bool {
	for line := range strings.Lines(nodes) {
		if fields := strings.Fields(line); len(fields) >= 8 && strings.Contains(fields[2], "myself") {
			return len(fields) == 8
		}
	}
	return false
}

// readMarkers reads what stands under the key of the marker of some slots, empty
// where nothing does or the master has not got the slot.
func readMarkers(ctx context.Context, l *link, slots []int) ([]string, error) {
	pipe := l.client.Pipeline()
	cmds := make([]*redis.StringCmd, len(slots))
	for i, slot := range slots {
		cmds[i] = pipe.Get(ctx, bornKeyOf(slot))
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	values := make([]string, len(slots))
	for i, cmd := range cmds {
		if err := cmd.Err(); err != nil && !refused(err) {
			return nil, err
		}
		values[i] = cmd.Val()
	}
	return values, nil
}

// proven returns the histories that are proven, of all masters that are there.
func (c *Cluster) proven() map[string]bool {
	shards, _ := c.present()
	histories := make(map[string]bool, len(shards))
	for _, s := range shards {
		s.proof.mu.Lock()
		histories[s.proof.proven] = true
		s.proof.mu.Unlock()
	}
	delete(histories, "")
	return histories
}

// vouches returns the marker of what stands under its key, as far as it names a
// proven history, and in words why it does not.
func vouches(value string, proven map[string]bool) (marker, lost string) {
	of, marker, ok := cutHistory(value)
	switch {
	case value == "":
		return "", ""
	case !ok:
		return "", "a memory marker does not say of which server it is"
	case !proven[of]:
		return "", "the memory marker of a slot is that of a server that is no master any more"
	}
	return marker, ""
}

// vouch completes the answers of a batch with the marker that vouches for them.
func (b *clusterBatch) vouch(ctx context.Context) {
	for _, m := range b.markers {
		if value, err := m.cmd.Text(); err == nil && !m.asked {
			m.by.proof.see(m.link.is(), value)
		}
	}
	type server struct {
		*shard
		*link
	}
	type verdict struct {
		lost string
		err  error
	}
	verdicts := make(map[server]verdict)
	judge := func(c *command) verdict {
		at := server{c.by, c.link}
		v, known := verdicts[at]
		if !known {
			v.lost, v.err = c.by.prove(ctx, c.link)
			verdicts[at] = v
		}
		return v
	}
	for _, t := range b.tasks {
		for _, c := range t.commands(b) {
			judge(c)
		}
	}
	proven := b.shard.cluster.proven()
	for _, t := range b.tasks {
		a := &t.op.Answer
		*a = t.answer()
		if a.Void || a.Vote == lockengine.VoteDown || a.Vote == lockengine.VoteTimeout {
			continue
		}
		value, err := b.markers[t.slot].cmd.Text()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
		marker, lost := vouches(value, proven)
		for _, c := range t.commands(b) {
			v := verdicts[server{c.by, c.link}]
			if err == nil {
				err = v.err
			}
			if v.lost != "" && value != "" {
				marker, lost = "", v.lost
			}
		}
		if err != nil {
			// Nothing vouches for what was done.
			*a = clusterFailure(err)
			a.Void = false
			continue
		}
		a.Born, a.Lost = marker, lost
	}
}

// commands are all that had a part in a task.
func (t *task) commands(b *clusterBatch) []*command {
	commands := []*command{t.does, b.markers[t.slot]}
	if t.raises != nil {
		commands = append(commands, t.raises)
	}
	return commands
}
