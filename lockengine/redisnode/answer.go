package redisnode

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// read turns the replies to an operation into its answer.
func (p *pending) read() lockengine.Answer {
	value, err := p.cmd.Result()
	switch {
	case p.op.Kind == lockengine.KindHeal:
		return healAnswer(err)
	case p.op.Kind != lockengine.KindAcquire:
		return scriptAnswer(value, err)
	case p.fence == nil:
		return legacyAnswer(p.op, value, err)
	}
	a := acquireAnswer(p.op, value, err)
	if a.Vote == lockengine.VoteGranted {
		rose, err := p.fence.Int64()
		a.Raised = err == nil && rose == 1
		a.Err = err // granted, and the fence could not be raised: why is worth knowing
	}
	return a
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

// legacyAnswer reads the reply of acquireScript.
func legacyAnswer(op *lockengine.Op, value any, err error) lockengine.Answer {
	reply, ok := value.([]any)
	if err != nil || !ok || len(reply) != 2 {
		if err == nil {
			err = fmt.Errorf("a reply of type %T to a script", value)
		}
		a := acquireAnswer(op, nil, err)
		a.Void = false // the script may have been stopped half way
		return a
	}
	var a lockengine.Answer
	if reply[0] == nil {
		a = acquireAnswer(op, nil, redis.Nil)
	} else {
		a = acquireAnswer(op, reply[0], nil)
	}
	a.Raised = a.Vote == lockengine.VoteGranted && reply[1] == int64(1)
	return a
}

// healAnswer reads the reply to SET NX.
func healAnswer(err error) lockengine.Answer {
	switch {
	case err == nil:
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	case errors.Is(err, redis.Nil):
		return lockengine.Answer{Vote: lockengine.VoteOther}
	}
	return failure(err)
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
	case string:
		if fence, err := strconv.ParseInt(v, 10, 64); err == nil {
			return lockengine.Answer{Vote: lockengine.VoteGranted, Fence: fence}
		}
	case []any:
		if len(v) == 1 {
			if left, ok := v[0].(int64); ok {
				return lockengine.Answer{Vote: lockengine.VoteOther, TTL: expiresIn(left)}
			}
		}
	}
	return failure(fmt.Errorf("a reply of type %T to a script", value))
}
