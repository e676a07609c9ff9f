package watcher

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"unicode"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
)

// isReply reports whether err is what a node answered, not a failure to reach
// it.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// isUnfit reports whether err is the answer of a node that cannot serve any
// read now, such as one that is loading its data.
func isUnfit(err error) bool {
	return isReply(err) && replyIs(err, "LOADING", "MASTERDOWN", "BUSY", "NOAUTH", "WRONGPASS")
}

// replyIs reports whether the error of a node begins with one of the codes.
func replyIs(err error, codes ...string) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	code, _, _ := strings.Cut(reply.Error(), " ")
	for _, c := range codes {
		if code == c {
			return true
		}
	}
	return false
}

// describe says why a node cannot be read: its vote and the reason in words.
func describe(err error) (lockengine.Vote, string) {
	var timeout net.Error
	var op *net.OpError
	switch {
	case isReply(err):
		return lockengine.VoteDown, shorten(err.Error())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return lockengine.VoteTimeout, "no answer within " + commandTimeout.String()
	case errors.Is(err, syscall.ECONNREFUSED):
		return lockengine.VoteDown, "connection refused"
	case errors.As(err, &op) && op.Err != nil:
		return lockengine.VoteDown, shorten(op.Op + ": " + op.Err.Error())
	}
	return lockengine.VoteDown, shorten(err.Error())
}

// shorten makes one printable line of at most 160 bytes of what a node or the
// network said.
func shorten(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 160 {
		s = strings.ToValidUTF8(s[:157], "") + "..."
	}
	return strings.TrimSpace(s)
}

// failure returns the error of a command if it means that the node could not
// be asked, and nil for one that is an answer to the command.
func failure(err error) error {
	if err == nil || errors.Is(err, redis.Nil) || isReply(err) && !isUnfit(err) {
		return nil
	}
	return err
}
