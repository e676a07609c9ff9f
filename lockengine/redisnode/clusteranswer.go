package redisnode

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// answer is what the task's commands were answered.
func (t *task) answer() lockengine.Answer {
	reply, err := t.does.cmd.Val(), t.does.cmd.Err()
	switch t.op.Kind {
	case lockengine.KindAcquire:
		a := clusterAcquired(reply, err, t.op.Token)
		if a.Vote == lockengine.VoteGranted {
			raised, err := t.raises.cmd.Int64()
			a.Raised, a.Err = err == nil && raised == 1, err
		}
		return a
	case lockengine.KindHeal:
		switch {
		case errors.Is(err, redis.Nil):
			return lockengine.Answer{Vote: lockengine.VoteOther}
		case err != nil:
			return clusterFailure(err)
		}
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	}
	if err != nil {
		return clusterFailure(err)
	}
	if list, ok := reply.([]any); ok && t.op.Kind == lockengine.KindRelease && len(list) == 1 {
		reply = list[0]
		if n, ok := reply.(int64); ok && (n < 0 || n > 1) {
			return lockengine.Answer{Vote: lockengine.VoteOther, TTL: expiresIn(max(n, 1) - 2)}
		}
	}
	return clusterScripted(reply)
}

// clusterAcquired reads what stood under the name before.
func clusterAcquired(reply any, err error, token string) lockengine.Answer {
	holder, isText := reply.(string)
	switch {
	case errors.Is(err, redis.Nil):
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	case err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE"):
		return lockengine.Answer{Vote: lockengine.VoteOther}
	case err != nil:
		return clusterFailure(err)
	case !isText:
		return clusterUnclear(reply)
	case holder == token:
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	}
	return lockengine.Answer{Vote: lockengine.VoteOther, Holder: holder}
}

// clusterScripted reads the answer of a script about one token, see scripts.go.
func clusterScripted(reply any) lockengine.Answer {
	switch v := reply.(type) {
	case int64:
		if v == 1 {
			return lockengine.Answer{Vote: lockengine.VoteGranted}
		}
		return lockengine.Answer{Vote: lockengine.VoteFree}
	case string:
		if fence, ok := parseInt([]byte(v)); ok {
			return lockengine.Answer{Vote: lockengine.VoteGranted, Fence: fence}
		}
	case []any:
		if len(v) == 1 {
			if left, ok := v[0].(int64); ok {
				return lockengine.Answer{Vote: lockengine.VoteOther, TTL: expiresIn(left)}
			}
		}
	}
	return clusterUnclear(reply)
}

func clusterUnclear(reply any) lockengine.Answer {
	return lockengine.Answer{Vote: lockengine.VoteDown, Err: fmt.Errorf("%w: type %T", errProtocol, reply)}
}

// clusterFailure is the answer where there is none.
func clusterFailure(err error) lockengine.Answer {
	a := failure(err)
	a.Void = a.Void || isUnsent(err)
	return a
}
