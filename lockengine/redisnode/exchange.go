package redisnode

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// Keys of ours on every node.
const (
	// fencesKey is a sorted set: the fence of each lock name.
	fencesKey = "lockscope:fences"
	// bornKey is the marker by which a node is known to have its memory.
	bornKey = "lockscope:born"
)

// firstNative is the first version of Redis with SET NX GET.
const firstNative = 7

// onConnect asks a new connection who the server is, and makes it know the
// scripts before the first is used. What it refuses is done without.
func (n *Node) onConnect(ctx context.Context, conn *redis.Conn) error {
	if err := n.whoIsThere(ctx, conn); err != nil {
		return err
	}
	for _, s := range scripts {
		if err := conn.ScriptLoad(ctx, s.text).Err(); err != nil {
			if refused(err) {
				return nil
			}
			return err
		}
	}
	return nil
}

// whoIsThere asks a new connection which server process it is to, and how old
// its version is. Both connections ask: a restart shows although no lock is
// taken.
func (n *Node) whoIsThere(ctx context.Context, conn *redis.Conn) error {
	info, err := conn.Info(ctx, "server").Result()
	if err != nil && !refused(err) {
		return err
	}
	fields := parseInfo(info)
	n.run.Store(new(fields["run_id"]))
	if major, _, found := cutVersion(fields["redis_version"]); found {
		n.legacy.Store(major < firstNative)
	}
	return nil
}

func refused(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// A pending is an operation of a batch with its commands. The second is the
// fence of a native acquire.
type pending struct {
	entry
	cmd, fence *redis.Cmd
}

// exchange writes the operations in one go, reads the answers and completes
// the operations. The marker is read last, so that it vouches for everything
// before it. Scripts that the server had forgotten did not run, and are sent
// again in full.
func (n *Node) exchange(batch []entry) {
	sent := make([]pending, len(batch))
	for i, e := range batch {
		sent[i].entry = e
	}
	forgotten := n.roundTrip(sent, false)
	if len(forgotten) > 0 {
		n.roundTrip(forgotten, true)
	}
}

// roundTrip completes all operations but those whose script the server did not
// know. full sends the scripts' text instead of their digest.
func (n *Node) roundTrip(batch []pending, full bool) (forgotten []pending) {
	ctx := n.ctx
	legacy := n.legacy.Load()
	pipe := n.client.Pipeline()
	for i := range batch {
		batch[i].command(ctx, legacy, full)
		_ = pipe.Process(ctx, batch[i].cmd)
		if batch[i].fence != nil {
			_ = pipe.Process(ctx, batch[i].fence)
		}
	}
	marker := redis.NewCmd(ctx, "GET", bornKey)
	_ = pipe.Process(ctx, marker)
	_, err := pipe.Exec(ctx)

	unsent := neverSent(err)
	born, markerErr := marker.Text()
	if errors.Is(markerErr, redis.Nil) {
		markerErr = nil
	}
	run := n.runID()
	for i := range batch {
		p := &batch[i]
		if !full && isNoScript(p.cmd.Err()) {
			forgotten = append(forgotten, *p)
			continue
		}
		p.op.Answer = p.read()
		a := &p.op.Answer
		a.Born, a.Run = born, run
		switch {
		case unsent:
			a.Void = true
		case a.Vote == lockengine.VoteDown || a.Vote == lockengine.VoteTimeout:
		case markerErr != nil:
			// Whatever the node said, nothing vouches for its memory. It may
			// have had its effect all the same.
			*a = failure(markerErr)
			a.Void = false
		default:
			a.RTT = time.Since(p.at)
		}
		p.op.To.Complete(p.op)
	}
	return forgotten
}

// command is what an operation is on the wire.
func (p *pending) command(ctx context.Context, legacy, full bool) {
	op := p.op
	eval := func(s script, args ...any) *redis.Cmd {
		verb, text := "EVALSHA", s.sha
		if full {
			verb, text = "EVAL", s.text
		}
		return redis.NewCmd(ctx, append([]any{verb, text}, args...)...)
	}
	switch op.Kind {
	case lockengine.KindAcquire:
		if legacy {
			p.cmd = eval(acquireScript, 2, op.Name, fencesKey, op.Token, op.TTL.Milliseconds(), op.Candidate)
			return
		}
		p.cmd = redis.NewCmd(ctx, "SET", op.Name, op.Token, "NX", "GET", "PX", op.TTL.Milliseconds())
		p.fence = redis.NewCmd(ctx, "ZADD", fencesKey, "GT", "CH", op.Candidate, op.Name)
	case lockengine.KindHeal:
		p.cmd = redis.NewCmd(ctx, "SET", op.Name, op.Token, "NX", "PX", op.TTL.Milliseconds())
	case lockengine.KindRaise:
		above := 0
		if op.Above {
			above = 1
		}
		p.cmd = eval(raiseScript, 2, op.Name, fencesKey, op.Token, op.Candidate, above)
	case lockengine.KindExtend:
		p.cmd = eval(extendScript, 1, op.Name, op.Token, op.TTL.Milliseconds())
	default:
		p.cmd = eval(releaseScript, 1, op.Name, op.Token)
	}
}

// neverSent reports whether a whole batch failed before anything was written.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// failure is the answer where the node gave none that can be used.
func failure(err error) lockengine.Answer {
	var timeout net.Error
	switch {
	case refused(err):
		return lockengine.Answer{Vote: lockengine.VoteUnknown, Void: true, Err: err}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, context.DeadlineExceeded):
		return lockengine.Answer{Vote: lockengine.VoteTimeout, Err: errors.New("no answer in time")}
	}
	return lockengine.Answer{Vote: lockengine.VoteDown, Err: err}
}

// expiresIn turns the reply to PTTL into a duration.
func expiresIn(ms int64) time.Duration {
	if ms < 0 {
		return lockengine.NoExpiry
	}
	return time.Duration(ms) * time.Millisecond
}

func cutVersion(version string) (major int, rest string, ok bool) {
	for i, r := range version {
		if r == '.' {
			major, err := strconv.Atoi(version[:i])
			return major, version[i+1:], err == nil
		}
	}
	return 0, "", false
}
