package lockengine

import "time"

// A Vote is what one node said, in one word.
type Vote uint8

const (
	// VoteUnknown is no vote: the node has not answered yet, or it answered
	// with an error that says neither yes nor no. NodeVote.Reason tells which.
	VoteUnknown Vote = iota
	// VoteGranted means that the node holds the token of the operation.
	VoteGranted
	// VoteOther means that the node holds another token under the name.
	VoteOther
	// VoteFree means that the node holds nothing under the name.
	VoteFree
	// VoteDown means that the node could not be reached.
	VoteDown
	// VoteTimeout means that the node did not answer in time.
	VoteTimeout
	// VoteAmnesia means that the node lost its memory during the operation.
	VoteAmnesia
	// VoteQuarantined means that the node lost its memory lately and may not
	// vote until every lease it may have forgotten has expired.
	VoteQuarantined
)

var voteNames = [...]string{
	VoteUnknown:     "unknown",
	VoteGranted:     "granted",
	VoteOther:       "other",
	VoteFree:        "free",
	VoteDown:        "down",
	VoteTimeout:     "timeout",
	VoteAmnesia:     "amnesia",
	VoteQuarantined: "quarantined",
}

// String returns the vote as it stands in the API, such as "granted".
func (v Vote) String() string {
	if int(v) < len(voteNames) {
		return voteNames[v]
	}
	return voteNames[VoteUnknown]
}

// A NodeVote is the vote of one node in one attempt.
type NodeVote struct {
	// Node is the ID of the node.
	Node string
	Vote Vote
	// Fingerprint names the token found on the node when the vote is
	// VoteOther, without giving it away. It is empty otherwise.
	Fingerprint string
	// TTL is what was left of the other holder's lease, 0 when unknown and
	// NoExpiry when the key never expires.
	TTL time.Duration
	// RTT is the time from when the operation was sent to the node to its answer,
	// 0 when there was none.
	RTT time.Duration
	// Reason says in words why a node gave no clear answer, such as
	// "OOM command not allowed". It holds no secrets.
	Reason string
}

// NoExpiry is the TTL of a key that never expires by itself.
const NoExpiry time.Duration = -1
