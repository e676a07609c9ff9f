package lockengine

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	// ErrLost says that a lease is no longer held: it ran out, or the nodes
	// hold another token or none.
	ErrLost = errors.New("lease lost")
	// ErrExpired is the cause in a lease's context when its validity ended. It
	// is an ErrLost.
	ErrExpired = fmt.Errorf("%w: its validity ended", ErrLost)
	// ErrForced is the cause in a lease's context after Engine.ForceRelease. It
	// is an ErrLost.
	ErrForced = fmt.Errorf("%w: it was released by force", ErrLost)
	// ErrReleased is the cause in a lease's context after Release.
	ErrReleased = errors.New("lease released")
	// ErrClosed is returned by an engine that was closed.
	ErrClosed = errors.New("lock engine closed")
)

// An ArgumentError says that a call was given something that it cannot use.
type ArgumentError struct {
	// Field is the argument, such as "ttl".
	Field string
	// Got is what it was, shortened where it is long.
	Got string
	// Want is what it has to be.
	Want string
}

func (e *ArgumentError) Error() string {
	return fmt.Sprintf("%s: got %s, want %s", e.Field, e.Got, e.Want)
}

// A HeldError says that somebody else holds the lock.
type HeldError struct {
	Name string
	// Owner is who holds it, where the value tells; otherwise empty.
	Owner string
	// Fingerprint names the holder's token without giving it away.
	Fingerprint string
	// TTL is the longest that a node reported the lease to last, 0 when no
	// node told, NoExpiry when the lock never expires by itself.
	TTL   time.Duration
	Votes []NodeVote
	// Queued is how many callers of this process wait for it before this one.
	Queued int
}

func (e *HeldError) Error() string {
	if e.Fingerprint == "" && e.Queued > 0 {
		return fmt.Sprintf("lock %q: %d callers of this process were there before", e.Name, e.Queued)
	}
	by := e.Owner
	if by == "" {
		by = "token " + e.Fingerprint
	}
	if e.Fingerprint == "" {
		by = "a lock of another kind"
	}
	switch {
	case e.TTL == NoExpiry:
		return fmt.Sprintf("lock %q is held by %s without expiry", e.Name, by)
	case e.TTL > 0:
		return fmt.Sprintf("lock %q is held by %s for another %s", e.Name, by, e.TTL.Round(time.Millisecond))
	}
	return fmt.Sprintf("lock %q is held by %s", e.Name, by)
}

// A NoQuorumError says that too few nodes said yes, and that no single other
// holder is the reason: nodes are down, or the votes are split.
type NoQuorumError struct {
	Name string
	// Kind is what was tried.
	Kind Kind
	// Quorum is how many nodes had to say yes.
	Quorum int
	Votes  []NodeVote
}

func (e *NoQuorumError) Error() string {
	granted := 0
	var others []string
	for _, v := range e.Votes {
		if v.Vote == VoteGranted {
			granted++
			continue
		}
		s := v.Node + " " + v.Vote.String()
		if v.Reason != "" {
			s += " (" + v.Reason + ")"
		}
		others = append(others, s)
	}
	return fmt.Sprintf("%s %q: no quorum: %d of %d nodes said yes, %d needed; %s",
		e.Kind, e.Name, granted, len(e.Votes), e.Quorum, strings.Join(others, ", "))
}

// A TooSlowError says that a quorum said yes, but so late that less than the
// minimum validity was left. What was taken has been given back.
type TooSlowError struct {
	Name string
	// Validity is what was left of the lease; it may be negative.
	Validity time.Duration
	// Minimum is what had to be left.
	Minimum time.Duration
	Votes   []NodeVote
}

func (e *TooSlowError) Error() string {
	return fmt.Sprintf("acquire %q: the answers took too long: validity left %s, want at least %s",
		e.Name, e.Validity, e.Minimum)
}
