package redisnode

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// maxQuestions is how many questions about the node itself may wait.
const maxQuestions = 64

// runAside answers questions about the node itself on a connection of their
// own, so that they neither wait for locks nor make locks wait.
func (n *Node) runAside() {
	defer n.running.Done()
	for {
		select {
		case e := <-n.questions:
			n.answerQuestion(e)
		case <-n.ctx.Done():
			for {
				select {
				case e := <-n.questions:
					e.refuse(errClosed)
				default:
					return
				}
			}
		}
	}
}

func (n *Node) answerQuestion(e entry) {
	asked := time.Now()
	ctx, cancel := context.WithDeadline(n.ctx, e.op.Deadline)
	defer cancel()
	if e.op.Kind == lockengine.KindMark {
		e.op.Answer = n.mark(ctx, e.op)
	} else {
		e.op.Answer = n.askHealth(ctx, e.op)
	}
	e.op.Answer.Run = n.runID()
	e.op.Answer.RTT = time.Since(asked)
	e.op.To.Complete(e.op)
}

// mark writes the memory marker and reads the one that stands afterwards.
func (n *Node) mark(ctx context.Context, op *lockengine.Op) lockengine.Answer {
	if n.follow != nil {
		// A new connection tells the history, so there has to be one.
		if err := n.aside.Get(ctx, bornKey).Err(); err != nil && !errors.Is(err, redis.Nil) {
			return failure(err)
		}
	}
	pipe := n.aside.Pipeline()
	if n.follow != nil {
		pipe.Eval(ctx, markScript, []string{bornKey}, n.asideHistory(), op.Token, op.Above)
	} else if op.Above {
		pipe.Set(ctx, bornKey, op.Token, 0)
	} else {
		pipe.SetNX(ctx, bornKey, op.Token, 0)
	}
	stands := pipe.Get(ctx, bornKey)
	_, err := pipe.Exec(ctx)
	if err != nil {
		return failure(err)
	}
	indexFences(ctx, n.aside)
	a := lockengine.Answer{Vote: lockengine.VoteGranted}
	a.Born, a.Lost = n.vouches(stands.Val(), n.asideHistory())
	return a
}

// markScript sets KEYS[1] to history and marker, ARGV[1] and ARGV[2], unless it
// has a marker of that history already and ARGV[3] is not 1. One of another history
// is none.
const markScript = `
local value = redis.call('GET', KEYS[1])
if not value or ARGV[3] == '1' or string.sub(value, 1, #ARGV[1] + 1) ~= ARGV[1] .. '|' then
  redis.call('SET', KEYS[1], ARGV[1] .. '|' .. ARGV[2])
end
return 1`

// asideHistory is the history of the server that the connection for questions is
// to, empty where it does not matter or is not known.
func (n *Node) asideHistory() string {
	if history := n.history.Load(); history != nil {
		return *history
	}
	return ""
}

// askHealth reads the clock and the marker, with op.Above everything else too,
// and with op.Candidate forgets older fences.
func (n *Node) askHealth(ctx context.Context, op *lockengine.Op) lockengine.Answer {
	h := &lockengine.Health{Sent: time.Now()}
	pipe := n.aside.Pipeline()
	clock := pipe.Time(ctx)
	born := pipe.Get(ctx, bornKey)
	_, err := pipe.Exec(ctx)
	h.Received = time.Now()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	if err != nil {
		a := failure(err)
		if op.Above && strings.HasPrefix(err.Error(), "NOPERM") {
			a.Health = h
			askPermissions(ctx, n.aside, h)
		}
		return a
	}
	h.Time = clock.Val()
	a := lockengine.Answer{Vote: lockengine.VoteGranted, Health: h}
	a.Born, a.Lost = n.vouches(born.Val(), n.asideHistory())
	if op.Above {
		askAll(ctx, n.aside, h)
	}
	if op.Candidate > 0 {
		n.aside.ZRemRangeByScore(ctx, fencesKey, "(0", "("+strconv.FormatInt(op.Candidate, 10))
	}
	return a
}

// askAll fills in what the user may not do, and what INFO and CONFIG tell. What may
// not be asked is noted and left empty.
func askAll(ctx context.Context, c *redis.Client, h *lockengine.Health) {
	askPermissions(ctx, c, h)
	info, err := c.Info(ctx).Result()
	if err != nil {
		if refused(err) {
			h.Missing = append(h.Missing, "info")
		}
		return
	}
	fields := parseInfo(info)
	h.Full = true
	h.Version = fields["redis_version"]
	h.Role = fields["role"]
	h.Promoted = promoted(fields)
	h.Eviction = fields["maxmemory_policy"]
	h.Append = fields["aof_enabled"] == "1"
	h.MaxMemory, _ = strconv.ParseInt(fields["maxmemory"], 10, 64)
	seconds, _ := strconv.ParseInt(fields["uptime_in_seconds"], 10, 64)
	h.Uptime = time.Duration(seconds) * time.Second
	if !h.Append {
		return
	}
	fsync, err := c.ConfigGet(ctx, "appendfsync").Result()
	if refused(err) {
		h.Missing = append(h.Missing, "config|get")
	}
	h.Fsync = fsync["appendfsync"]
}

// parseInfo reads the reply to INFO.
func parseInfo(info string) map[string]string {
	fields := make(map[string]string, 64)
	for line := range strings.Lines(info) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			fields[key] = value
		}
	}
	return fields
}
