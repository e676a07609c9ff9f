package redisnode

import (
	"bufio"
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

// read reads the answers to the batch into its operations, and says which of
// them are asked again. An acquire never is: its undo may be on its way
// already. The operations are not complete before the marker was read. An error
// means that nothing more can be read.
func (b *batch) read(in *bufio.Reader, r *reply) (again []entry, err error) {
	for _, q := range b.requests {
		asked := b.entries[q.from:q.to]
		if err := r.read(in); err != nil {
			return nil, err
		}
		switch q.kind {
		case requestOne:
			if isNoScript(r.err()) && !asked[0].again && asked[0].op.Kind != lockengine.KindAcquire {
				again = append(again, asked...)
				continue
			}
			asked[0].op.Answer, err = b.readOne(in, r, asked[0].op)
		case requestFences:
			readRaised(r, asked)
		case requestReleases:
			if r.err() != nil {
				// The script may be forgotten, and one of the names what the server
				// objects to.
				again = append(again, asked...)
				continue
			}
			err = readReleased(in, r, asked)
		}
		if err != nil {
			return nil, err
		}
	}
	if !b.asks {
		return again, nil
	}
	err = r.read(in)
	b.readMarker(r)
	return again, err
}

// readMarker keeps the marker that came, or why it did not.
func (b *batch) readMarker(r *reply) {
	b.refusal = r.err()
	switch {
	case b.refusal != nil || r.null:
		b.born = ""
	case string(r.text) != b.born:
		b.born = string(r.text)
	}
}

// demoted reports whether the server said that it is a replica.
func (b *batch) demoted() bool {
	for _, e := range b.entries {
		if err := e.op.Answer.Err; err != nil && strings.HasPrefix(err.Error(), "READONLY") {
			return true
		}
	}
	return false
}

// readOne reads the answer to one operation.
func (b *batch) readOne(in *bufio.Reader, r *reply, op *lockengine.Op) (lockengine.Answer, error) {
	switch {
	case op.Kind == lockengine.KindHeal:
		return healAnswer(r), nil
	case op.Kind == lockengine.KindAcquire && !b.legacy:
		return acquireAnswer(r, op.Token), nil
	case op.Kind == lockengine.KindAcquire:
		return legacyAnswer(in, r, op.Token)
	}
	return scriptAnswer(in, r)
}

// acquireAnswer reads what stood under the name before: nothing means that the
// token is there now. The token itself means that an earlier send of it arrived.
func acquireAnswer(r *reply, token string) lockengine.Answer {
	switch {
	case r.null:
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	case r.kind == '-' && strings.HasPrefix(string(r.text), "WRONGTYPE"):
		return lockengine.Answer{Vote: lockengine.VoteOther}
	case !r.isText():
		return unclear(r)
	case string(r.text) == token:
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	}
	return lockengine.Answer{Vote: lockengine.VoteOther, Holder: string(r.text)}
}

// legacyAnswer reads the answer of acquireScript.
func legacyAnswer(in *bufio.Reader, r *reply, token string) (lockengine.Answer, error) {
	if r.kind != '*' || r.n != 2 {
		a := acquireAnswer(r, token)
		a.Void = false // the script may have been stopped half way
		return a, nil
	}
	if err := r.read(in); err != nil {
		return lockengine.Answer{}, err
	}
	a := acquireAnswer(r, token)
	if err := r.read(in); err != nil {
		return lockengine.Answer{}, err
	}
	a.Raised = a.Vote == lockengine.VoteGranted && r.kind == ':' && r.n == 1
	return a, nil
}

// healAnswer reads the answer to SET NX.
func healAnswer(r *reply) lockengine.Answer {
	switch {
	case r.null:
		return lockengine.Answer{Vote: lockengine.VoteOther}
	case r.isText():
		return lockengine.Answer{Vote: lockengine.VoteGranted}
	}
	return unclear(r)
}

// scriptAnswer reads the answer of a script about one token, see scripts.go.
func scriptAnswer(in *bufio.Reader, r *reply) (lockengine.Answer, error) {
	switch {
	case r.kind == ':' && r.n == 1:
		return lockengine.Answer{Vote: lockengine.VoteGranted}, nil
	case r.kind == ':':
		return lockengine.Answer{Vote: lockengine.VoteFree}, nil
	case r.isText():
		if fence, ok := parseInt(r.text); ok {
			return lockengine.Answer{Vote: lockengine.VoteGranted, Fence: fence}, nil
		}
	case r.kind == '*' && r.n == 1:
		err := r.read(in)
		return lockengine.Answer{Vote: lockengine.VoteOther, TTL: expiresIn(r.n)}, err
	}
	return unclear(r), nil
}

// readReleased reads the answer of releaseManyScript.
func readReleased(in *bufio.Reader, r *reply, asked []entry) error {
	if r.kind != '*' || int(r.n) != len(asked) {
		for _, e := range asked {
			if r.kind == ':' {
				e.op.Answer = lockengine.Answer{Vote: lockengine.VoteGranted}
			} else {
				e.op.Answer = unclear(r)
			}
		}
		return nil
	}
	for _, e := range asked {
		if err := r.read(in); err != nil {
			return err
		}
		switch r.n {
		case 1:
			e.op.Answer = lockengine.Answer{Vote: lockengine.VoteGranted}
		case 0:
			e.op.Answer = lockengine.Answer{Vote: lockengine.VoteFree}
		case -1:
			e.op.Answer = lockengine.Answer{Vote: lockengine.VoteOther, TTL: lockengine.NoExpiry}
		default:
			e.op.Answer = lockengine.Answer{Vote: lockengine.VoteOther, TTL: expiresIn(r.n - 2)}
		}
	}
	return nil
}

// readRaised reads how many of the fences rose.
func readRaised(r *reply, asked []entry) {
	err := r.err() // granted, and the fence could not be raised: why is worth knowing
	acquires := int64(0)
	for _, e := range asked {
		if e.op.Kind == lockengine.KindAcquire {
			acquires++
		}
	}
	rose := r.kind == ':' && r.n == acquires
	for _, e := range asked {
		if a := &e.op.Answer; e.op.Kind == lockengine.KindAcquire && a.Vote == lockengine.VoteGranted {
			a.Raised, a.Err = rose, err
		}
	}
}

// unclear is the answer where the server gave none that can be used.
func unclear(r *reply) lockengine.Answer {
	if err := r.err(); err != nil {
		return failure(err)
	}
	return lockengine.Answer{Vote: lockengine.VoteDown, Err: fmt.Errorf("%w: type %q", errProtocol, r.kind)}
}

var errNoAnswer = errors.New("no answer in time")

// failure is the answer where the node gave none that can be used.
func failure(err error) lockengine.Answer {
	var timeout net.Error
	switch {
	case refused(err):
		return lockengine.Answer{Vote: lockengine.VoteUnknown, Void: true, Err: err}
	case errors.Is(err, errNoAnswer), errors.As(err, &timeout) && timeout.Timeout(),
		errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return lockengine.Answer{Vote: lockengine.VoteTimeout, Err: errNoAnswer}
	}
	return lockengine.Answer{Vote: lockengine.VoteDown, Err: err}
}

// refused reports whether an error is one that the server answered.
func refused(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// expiresIn turns the reply to PTTL into a duration.
func expiresIn(ms int64) time.Duration {
	if ms < 0 {
		return lockengine.NoExpiry
	}
	return time.Duration(ms) * time.Millisecond
}
