package redisnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// loadScripts makes the server know the scripts before the first is used. A
// server that refuses gets each script in full when it is needed.
func loadScripts(ctx context.Context, conn redis.Scripter) error {
	for _, s := range scripts {
		if err := conn.ScriptLoad(ctx, s.text).Err(); err != nil {
			var refused redis.Error
			if errors.As(err, &refused) {
				return nil
			}
			return err
		}
	}
	return nil
}

// exchange writes the operations in one go, reads the answers and completes
// the operations. Scripts that the server had forgotten did not run, and are
// sent again in full.
func (n *Node) exchange(batch []entry) {
	ctx := n.ctx
	pipe := n.client.Pipeline()
	cmds := make([]*redis.Cmd, len(batch))
	for i, e := range batch {
		cmds[i] = command(ctx, e.op, false)
		_ = pipe.Process(ctx, cmds[i])
	}
	_, err := pipe.Exec(ctx)
	unsent := neverSent(err)

	var forgotten []int
	for i, e := range batch {
		if isNoScript(cmds[i].Err()) {
			forgotten = append(forgotten, i)
			continue
		}
		complete(e, cmds[i], unsent)
	}
	if len(forgotten) == 0 {
		return
	}
	pipe = n.client.Pipeline()
	for _, i := range forgotten {
		cmds[i] = command(ctx, batch[i].op, true)
		_ = pipe.Process(ctx, cmds[i])
	}
	_, err = pipe.Exec(ctx)
	unsent = neverSent(err)
	for _, i := range forgotten {
		complete(batch[i], cmds[i], unsent)
	}
}

// command is what an operation is on the wire. full sends a script's text
// instead of its digest.
func command(ctx context.Context, op *lockengine.Op, full bool) *redis.Cmd {
	script := releaseScript
	switch op.Kind {
	case lockengine.KindAcquire:
		return redis.NewCmd(ctx, "SET", op.Name, op.Token, "NX", "GET", "PX", op.TTL.Milliseconds())
	case lockengine.KindExtend:
		script = extendScript
	}
	verb, text := "EVALSHA", script.sha
	if full {
		verb, text = "EVAL", script.text
	}
	if op.Kind == lockengine.KindExtend {
		return redis.NewCmd(ctx, verb, text, 1, op.Name, op.Token, op.TTL.Milliseconds())
	}
	return redis.NewCmd(ctx, verb, text, 1, op.Name, op.Token)
}

// complete turns the reply into the operation's answer.
func complete(e entry, cmd *redis.Cmd, unsent bool) {
	value, err := cmd.Result()
	if e.op.Kind == lockengine.KindAcquire {
		e.op.Answer = acquireAnswer(e.op, value, err)
	} else {
		e.op.Answer = scriptAnswer(value, err)
	}
	if unsent {
		e.op.Answer.Void = true
	} else if e.op.Answer.Vote != lockengine.VoteDown && e.op.Answer.Vote != lockengine.VoteTimeout {
		e.op.Answer.RTT = time.Since(e.at)
	}
	e.op.To.Complete(e.op)
}

// acquireAnswer reads the reply to SET NX GET: nothing there before means that
// the token is there now. The token itself there before means that an earlier
// send of it arrived.
func acquireAnswer(op *lockengine.Op, value any, err error) lockengine.Answer {
	switch {
	case errors.Is(err, redis.Nil):
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
		return lockengine.Answer{Vote: lockengine.VoteOther}
	case err != nil:
		return failure(err)
	}
	holder, ok := value.(string)
	switch {
	case !ok:
		return failure(fmt.Errorf("a reply of type %T to SET", value))
	case holder == op.Token:
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	}
	return lockengine.Answer{Vote: lockengine.VoteOther, Holder: holder}
}

// scriptAnswer reads the reply of a script, see scripts.go.
func scriptAnswer(value any, err error) lockengine.Answer {
	if err != nil {
		return failure(err)
	}
	switch v := value.(type) {
	case int64:
		if v == 1 {
			return lockengine.Answer{Vote: lockengine.VoteGranted}
		}
		return lockengine.Answer{Vote: lockengine.VoteFree}
	case []any:
		if len(v) == 1 {
			if left, ok := v[0].(int64); ok {
				return lockengine.Answer{Vote: lockengine.VoteOther, TTL: expiresIn(left)}
			}
		}
	}
	return failure(fmt.Errorf("a reply of type %T to a script", value))
}

// expiresIn turns the reply to PTTL into a duration.
func expiresIn(ms int64) time.Duration {
	if ms < 0 {
		return lockengine.NoExpiry
	}
	return time.Duration(ms) * time.Millisecond
}

// failure is the answer where the node gave none that can be used.
func failure(err error) lockengine.Answer {
	var refused redis.Error
	var timeout net.Error
	switch {
	case errors.As(err, &refused):
		return lockengine.Answer{Vote: lockengine.VoteUnknown, Void: true, Err: err}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, context.DeadlineExceeded):
		return lockengine.Answer{Vote: lockengine.VoteTimeout, Err: errors.New("no answer in time")}
	}
	return lockengine.Answer{Vote: lockengine.VoteDown, Err: err}
}

// neverSent reports whether a whole batch failed before anything was written.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
