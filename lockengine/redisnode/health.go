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
	pipe := n.aside.Pipeline()
	if op.Above {
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
	return lockengine.Answer{Vote: lockengine.VoteGranted, Born: stands.Val()}
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
	if clock.Err() != nil {
		return failure(clock.Err())
	}
	if born.Err() != nil && !errors.Is(born.Err(), redis.Nil) {
		return failure(err)
	}
	h.Time = clock.Val()
	a := lockengine.Answer{Vote: lockengine.VoteGranted, Born: born.Val(), Health: h}
	if op.Above {
		n.askEverything(ctx, h)
	}
	if op.Candidate > 0 {
		n.aside.ZRemRangeByScore(ctx, fencesKey, "(0", "("+strconv.FormatInt(op.Candidate, 10))
	}
	return a
}

// askEverything fills in what INFO and CONFIG tell. What may not be asked is
// noted and left empty.
func (n *Node) askEverything(ctx context.Context, h *lockengine.Health) {
	info, err := n.aside.Info(ctx).Result()
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
	h.Eviction = fields["maxmemory_policy"]
	h.Append = fields["aof_enabled"] == "1"
	h.MaxMemory, _ = strconv.ParseInt(fields["maxmemory"], 10, 64)
	seconds, _ := strconv.ParseInt(fields["uptime_in_seconds"], 10, 64)
	h.Uptime = time.Duration(seconds) * time.Second
	if !h.Append {
		return
	}
	fsync, err := n.aside.ConfigGet(ctx, "appendfsync").Result()
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
