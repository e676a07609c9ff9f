package stage

import (
	"slices"
	"strconv"
	"strings"
)

// The ways to lock that a client may have.
const (
	// PolicyOurs is the lock engine of this program.
	PolicyOurs = "ours"
	// PolicySample is the class that the Redlock text gave as a sample: it asks
	// the nodes one after the other and is content with the first yes.
	PolicySample = "sample"
	// PolicySingle asks one node only.
	PolicySingle = "single"
	// PolicyDel asks a quorum and unlocks by a plain DEL.
	PolicyDel = "del"
	// PolicyPolling asks a quorum, and while somebody else holds the lock asks
	// again and again.
	PolicyPolling = "polling"
)

// Policies are all ways to lock, the best first.
var Policies = []string{PolicyOurs, PolicySample, PolicySingle, PolicyDel, PolicyPolling}

// What a world of our own engine may go without, to be compared with one that has
// it.
const (
	// WithoutQuarantine counts the votes of nodes that lost their memory.
	WithoutQuarantine = "no-quarantine"
	// WithoutFence writes to a resource that looks at no fencing token.
	WithoutFence = "no-fence"
)

// Rivals are what our way to lock can be compared with.
func Rivals() []string {
	return slices.Concat(Policies[1:], []string{WithoutQuarantine, WithoutFence})
}

// sideOf is a world in which clients lock by a policy, or ours goes without
// something.
func sideOf(id string) (Side, error) {
	side := Side{Label: PolicyLabel(id), Policy: PolicyOurs}
	switch id {
	case WithoutQuarantine:
		side.NoQuarantine = true
	case WithoutFence:
		side.Unfenced = true
	default:
		side.Policy = id
		if !slices.Contains(Policies, id) {
			return side, badInput("policies", strconv.Quote(id), "one of "+strings.Join(append(Policies[:1:1], Rivals()...), ", "))
		}
	}
	return side, nil
}

// PolicyLabel is what people call a way to lock.
func PolicyLabel(policy string) string {
	switch policy {
	case PolicyOurs:
		return "ours"
	case PolicySample:
		return "the sample"
	case PolicySingle:
		return "one node"
	case PolicyDel:
		return "plain DEL"
	case PolicyPolling:
		return "polling"
	case WithoutQuarantine:
		return "no quarantine"
	case WithoutFence:
		return "no fence check"
	}
	return policy
}

// newLocker returns the locker of a client.
func newLocker(c *client) (locker, error) {
	switch c.policy {
	case PolicyOurs:
		return newOurs(c)
	case PolicySample:
		return newHomemade(c, recipe{need: 1, inTurn: true, unlock: unlockExpired, tries: 3}), nil
	case PolicySingle:
		return newHomemade(c, recipe{need: 1, nodes: 1, unlock: unlockOwn, undo: true, tries: 1}), nil
	case PolicyDel:
		return newHomemade(c, recipe{need: quorum, unlock: unlockPlain, undo: true, tries: 3}), nil
	case PolicyPolling:
		return newHomemade(c, recipe{need: quorum, unlock: unlockOwn, undo: true, tries: 3}), nil
	}
	return nil, checkPolicy(c.policy)
}

func checkPolicy(policy string) error {
	if slices.Contains(Policies, policy) {
		return nil
	}
	return badInput("policy", policy, "one of "+strings.Join(Policies, ", "))
}
