package lockengine

import "time"

// A Node is one Redis that votes.
//
// The seam is asynchronous so that a node may gather operations, write them in
// one go on one connection and complete them as answers come, without a
// goroutine or a connection for each.
type Node interface {
	// ID names the node in votes and on pages, such as "a". It is unique
	// within an engine.
	ID() string
	// Submit hands over op and returns without waiting for the node. The node
	// carries out operations on one name in the order in which they were
	// submitted, and calls op.To.Complete(op) exactly once, whatever happens,
	// with op.Answer filled in. Complete may be called before Submit returns.
	Submit(op *Op)
}

// A Kind is what an operation does on a node.
type Kind uint8

const (
	// KindAcquire sets name to token for ttl if the name is free, then raises
	// the node's fence of the name to Candidate if it is lower. Granted: the
	// node holds the token, from this send or an earlier one. Answer.Raised
	// tells whether the candidate was higher than the node's fence.
	KindAcquire Kind = iota
	// KindRaise raises the node's fence of the name to at least Candidate,
	// where it still holds the token, and answers Answer.Fence. With Above it
	// raises it at least by one.
	KindRaise
	// KindExtend makes the lease last at least ttl from now, if the node holds
	// the token. It never shortens a lease and never creates a key.
	KindExtend
	// KindHeal sets name to token for ttl if the name is free, as KindAcquire
	// without a fence. It follows an extension that a quorum granted.
	KindHeal
	// KindRelease deletes the name if the node holds the token. Granted: it
	// was deleted. Free: there was nothing. Other: it is somebody else's, with
	// Answer.TTL telling how much longer.
	KindRelease
	// KindMark writes the memory marker Token if there is none, or in any case
	// with Above, and answers the one that then stands in Answer.Born.
	KindMark
	// KindHealth asks the node how it is, see Answer.Health, and forgets
	// fences below Candidate.
	KindHealth
)

var kindNames = [...]string{"acquire", "raise", "extend", "heal", "release", "mark", "health"}

// String returns the kind in one word, such as "acquire".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// An Op is one operation on one node. The engine fills in everything but the
// Answer and does not touch the Op again before it is completed.
type Op struct {
	// Request is what is asked. The nodes that are asked the same share it, so
	// none may change it.
	*Request
	// Index is the position of the node within the engine.
	Index int

	Answer Answer

	judged judged // what the engine makes of the answer
}

// A Request is what a node is asked.
type Request struct {
	Kind  Kind
	Name  string
	Token string
	// TTL is the lease asked for.
	TTL time.Duration
	// Candidate is a fencing token, in microseconds since 1970.
	Candidate int64
	// Above and what it means is described with the kinds that use it.
	Above bool
	// Deadline is when the engine stops waiting. An operation that was not yet
	// sent by then is not sent at all; the answer of one that was is delivered
	// all the same, as late as it comes.
	Deadline time.Time
	// To is told when the operation is complete.
	To Completer
}

// An Answer is what a node said to one operation.
type Answer struct {
	Vote Vote
	// Void is true when the operation certainly had no effect: it was never
	// sent, or the node refused it with an error.
	Void bool
	// Raised is true when an acquire's candidate was higher than the fence.
	Raised bool
	// Fence is the node's fence of the name after KindRaise.
	Fence int64
	// Born is the node's memory marker, read after the operation; empty when
	// it has none. A node may leave it out after a release, which is believed
	// whatever the node remembers. Run is the identity of the server process,
	// empty when it is not known. Both tell whether the node still remembers what
	// it was told before.
	Born, Run string
	// Lost says in words why Born is empty although a marker stands there, such as
	// that it is the marker of another server that this one took over from.
	Lost string
	// Holder is the value found under the name when Vote is VoteOther. It is
	// the secret of its holder: show a Fingerprint of it, never itself.
	Holder string
	// TTL is what was left of the other holder's lease, 0 when unknown,
	// NoExpiry when there is no expiry.
	TTL time.Duration
	// RTT is the time from when the operation was sent to its answer.
	RTT time.Duration
	// Health is the answer to KindHealth, nil otherwise.
	Health *Health
	// Err is why there was no clear answer.
	Err error
}

// clear reports whether the node said what is there, so that the operation is
// behind it.
func (a *Answer) clear() bool {
	return a.Vote == VoteGranted || a.Vote == VoteOther || a.Vote == VoteFree
}

// A Completer receives completed operations. Complete must not block: it is
// called on the goroutine that reads the node's answers.
type Completer interface {
	Complete(op *Op)
}
