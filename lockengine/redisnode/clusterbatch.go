package redisnode

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

// maxRedirects is how often a command is sent on to where a master says that its
// slot is. It certainly had no effect before.
const maxRedirects = 4

// A command is one command about one slot, and the answer to it. It is about no
// other slot, so that it is done on one master or not at all.
type command struct {
	slot int
	args []any
	cmd  *redis.Cmd
	by   *shard // that answered
	link *link  // on which it did
	// asked is true when the slot was not that shard's yet, but on its way there.
	asked bool
}

// A task is an operation and the commands that it takes.
type task struct {
	op     *lockengine.Op
	slot   int
	does   *command
	raises *command // the fence of an acquire; nil for others
}

// A clusterBatch is what a shard sends in one go.
type clusterBatch struct {
	shard   *shard
	tasks   []task
	does    []*command
	markers map[int]*command // of each slot, read after everything else
}

func bornKeyOf(slot int) string   { return bornKey + ":{" + target.Tag(slot) + "}" }
func fencesKeyOf(slot int) string { return fencesKey + ":{" + target.Tag(slot) + "}" }

// add takes an operation.
func (b *clusterBatch) add(e entry) {
	op, slot := e.op, target.Slot(e.op.Name)
	t := task{op: op, slot: slot}
	ask := func(args ...any) *command {
		c := &command{slot: slot, args: args}
		b.does = append(b.does, c)
		return c
	}
	switch op.Kind {
	case lockengine.KindAcquire:
		t.does = ask("SET", op.Name, op.Token, "NX", "GET", "PX", op.TTL.Milliseconds())
		t.raises = ask("ZADD", fencesKeyOf(slot), "GT", "CH", op.Candidate, op.Name)
		b.shard.cluster.touch(slot)
	case lockengine.KindHeal:
		t.does = ask("SET", op.Name, op.Token, "NX", "PX", op.TTL.Milliseconds())
	case lockengine.KindRaise:
		above := 0
		if op.Above {
			above = 1
		}
		t.does = ask("EVAL", raiseScript.text, 2, op.Name, fencesKeyOf(slot), op.Token, op.Candidate, above)
	case lockengine.KindRelease:
		t.does = ask("EVAL", releaseScript.text, 1, op.Name, op.Token)
	default:
		t.does = ask("EVAL", extendScript.text, 1, op.Name, op.Token, op.TTL.Milliseconds())
	}
	b.tasks = append(b.tasks, t)
	if b.markers[slot] == nil {
		b.markers[slot] = askMarkerOf(slot)
	}
}

func askMarkerOf(slot int) *command {
	return &command{slot: slot, args: []any{"GET", bornKeyOf(slot)}}
}

// ask sends everything, and what a master refused because the slot is another's
// once more there. The markers of those slots are read anew, since they have to be
// read last.
func (b *clusterBatch) ask(ctx context.Context) {
	s := b.shard
	all := append([]*command{}, b.does...)
	for _, m := range b.markers {
		all = append(all, m)
	}
	send(ctx, s, s.locks, false, all)
	elsewhere := redirected(all)
	if len(elsewhere) == 0 {
		return
	}
	s.cluster.sendOn(ctx, redirected(b.does))
	var anew []*command
	for _, c := range elsewhere {
		if m := b.markers[c.slot]; m.cmd != nil {
			b.markers[c.slot] = askMarkerOf(c.slot)
			anew = append(anew, b.markers[c.slot])
		}
	}
	s.cluster.sendToOwners(ctx, anew)
}

// send sends commands to a master and waits for the answers. asking says that it
// is to serve slots that are on their way to it.
func send(ctx context.Context, s *shard, l *link, asking bool, commands []*command) {
	if len(commands) == 0 {
		return
	}
	pipe := l.client.Pipeline()
	for _, c := range commands {
		if asking {
			pipe.Do(ctx, "ASKING")
		}
		c.cmd = pipe.Do(ctx, c.args...)
		c.by, c.link, c.asked = s, l, asking
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
}

// redirected returns the commands that a master refused because their slot is
// another's.
func redirected(commands []*command) []*command {
	var elsewhere []*command
	for _, c := range commands {
		if _, _, is := redirection(c); is {
			elsewhere = append(elsewhere, c)
		}
	}
	return elsewhere
}

// redirection reads the refusal of a master that has not got the slot: MOVED or
// ASK, the slot and where it is. ASK is about this one command.
func redirection(c *command) (addr string, asking, is bool) {
	var refusal redis.Error
	if !errors.As(c.cmd.Err(), &refusal) {
		return "", false, false
	}
	words := strings.Fields(refusal.Error())
	if len(words) < 3 || words[0] != "MOVED" && words[0] != "ASK" {
		return "", false, false
	}
	host, port, err := net.SplitHostPort(words[2])
	if err != nil {
		return "", false, false
	}
	if host == "" || host == "?" {
		host, _, _ = net.SplitHostPort(c.link.addr) // of the one that says so
	}
	return net.JoinHostPort(host, port), words[0] == "ASK", true
}

// sendOn sends commands where they were redirected to, again and again where they
// are redirected once more.
func (c *Cluster) sendOn(ctx context.Context, commands []*command) {
	for range maxRedirects {
		if len(commands) == 0 {
			return
		}
		type place struct {
			addr   string
			asking bool
		}
		places := make(map[place][]*command)
		moved := false
		for _, each := range commands {
			addr, asking, _ := redirection(each)
			places[place{addr, asking}] = append(places[place{addr, asking}], each)
			moved = moved || !asking
		}
		if moved && c.refresh(ctx) != nil {
			return
		}
		for at, there := range places {
			if s := c.at(at.addr); s != nil {
				send(ctx, s, s.side, at.asking, there)
			}
		}
		commands = redirected(commands)
	}
}

// sendToOwners sends commands to the masters of their slots.
func (c *Cluster) sendToOwners(ctx context.Context, commands []*command) {
	shards, layout := c.present()
	there := make([][]*command, len(shards))
	for _, each := range commands {
		i := layout.Owner(each.slot)
		there[i] = append(there[i], each)
	}
	for i, s := range shards {
		send(ctx, s, s.side, false, there[i])
	}
	c.sendOn(ctx, redirected(commands))
}
