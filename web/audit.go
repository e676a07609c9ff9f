package web

import (
	"context"
	"encoding/base64"
	"errors"
	"net/netip"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

// The actions that the journal knows. They are part of the API.
const (
	actionAcquire = "acquire"
	actionExtend  = "extend"
	actionRelease = "release"
	actionForce   = "force-release"
	actionAdmit   = "admit"
)

var actions = []string{actionAcquire, actionExtend, actionRelease, actionForce, actionAdmit}

// outcomeDone is the outcome of a command that did what was wanted. Others are the
// codes of problems.
const outcomeDone = "done"

type addressKey struct{}

// withAddress tells the handler where a command comes from: the other end of the
// connection. What a proxy says of its clients is not believed.
func withAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), addressKey{}, at.Addr().Unmap().String())))
		}
		return next(c)
	}
}

// audited puts a command into the journal, with what came of it. The command says
// what it is about.
func audited[I, O any](s *Server, action string, command func(context.Context, *I, *journal.Entry) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		entry := journal.Entry{Action: action, Outcome: outcomeDone}
		entry.Address, _ = ctx.Value(addressKey{}).(string)
		if own, ok := sessionOf(ctx); ok {
			entry.Actor = defaultOwner(own)
		}
		out, err := command(ctx, in, &entry)
		if err != nil {
			entry.Outcome, entry.Detail = codeInternal, "something went wrong on the server"
			var told interface{ told() (code, detail string) }
			if errors.As(err, &told) {
				entry.Outcome, entry.Detail = told.told()
			}
		}
		s.journal.Add(entry)
		if s.counted != nil {
			s.counted(action, entry.Outcome)
		}
		return out, err
	}
}

// told is what a problem says, for the journal.
func (p *Problem) told() (code, detail string) { return p.Code, p.Detail }

// nameGiven is the name that a command gives, whether it can be used or not.
func nameGiven(plain, encoded *string) []byte {
	switch {
	case plain != nil:
		return []byte(shortenTo(*plain, lockengine.MaxName))
	case encoded != nil:
		if raw, err := base64.StdEncoding.DecodeString(*encoded); err == nil && len(raw) <= lockengine.MaxName {
			return raw
		}
	}
	return nil
}

// heldEntry notes a lease in an entry.
func heldEntry(entry *journal.Entry, lease *lockengine.Lease) {
	entry.Name, entry.Owner, entry.Note = []byte(lease.Name()), lease.Owner(), lease.Note()
	entry.Expected = lease.Fingerprint()
}

// refusedEntry notes in an entry what the nodes said to a command that they
// refused.
func refusedEntry(entry *journal.Entry, err error) {
	var held *lockengine.HeldError
	var noQuorum *lockengine.NoQuorumError
	switch {
	case errors.As(err, &held):
		entry.Found, entry.Nodes = held.Fingerprint, journalVotes(held.Votes)
	case errors.As(err, &noQuorum):
		entry.Nodes = journalVotes(noQuorum.Votes)
	}
}

func journalVotes(votes []lockengine.NodeVote) []journal.Answer {
	answers := make([]journal.Answer, len(votes))
	for i, v := range votes {
		answers[i] = journal.Answer{Node: v.Node, Result: v.Vote.String(), Fingerprint: v.Fingerprint, Reason: v.Reason}
	}
	return answers
}

func journalForced(forced []watcher.Forced) []journal.Answer {
	answers := make([]journal.Answer, len(forced))
	for i, f := range forced {
		answers[i] = journal.Answer{Node: f.Node, Result: string(f.Result), Fingerprint: f.Fingerprint, Reason: f.Reason}
	}
	return answers
}
