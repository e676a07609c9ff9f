package stage

import (
	"slices"
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
		return "unlock by DEL"
	case PolicyPolling:
		return "polling"
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
