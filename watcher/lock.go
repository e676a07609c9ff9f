package watcher

import (
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A State is what the votes of the nodes say about a name, in one word.
type State string

const (
	// StateHeld: one token lives on a quorum of the configured nodes.
	StateHeld State = "held"
	// StateExpiring: held, but the quorum ends within a second.
	StateExpiring State = "expiring"
	// StateContested: live tokens, at least two, none on a quorum.
	StateContested State = "contested"
	// StateResidue: one token on a minority, left by a lost attempt or by
	// nodes that are gone. Nobody holds the lock.
	StateResidue State = "residue"
	// StateUnknown: so many nodes are unreachable that it may be held or not.
	StateUnknown State = "unknown"
	// StateFree: no live token. Shown for a while after the last one went.
	StateFree State = "free"
)

// A Lock is what the Board shows of one name. It is a copy: nobody else
// changes it.
type Lock struct {
	Name  string
	State State
	// Flags are warnings in one word each: "no-expiry", "tokens-differ",
	// "ttls-differ" by more than the drift, "fence-back" for a fence that is
	// not above the one before, and "overlap" for two holders at one time.
	Flags  []string
	Holder Holder
	// Fence is the fencing token. It is known of leases of this process and of
	// Redisson's fenced locks, 0 for others: what stands on a node may be above
	// the holder's.
	Fence int64
	// ExpiresAt is when the holder's quorum ends; zero when nobody holds the
	// lock or it has no expiry.
	ExpiresAt time.Time
	// Votes has one entry per configured node, in their order.
	Votes []Vote
	// Waiters are those who queue for the lock in this process, or on the node
	// where the library of the lock keeps its queue there.
	Waiters Waiters
	// Seq is the number of the Board's last change to this name.
	Seq uint64
}

// A Holder is who holds a lock, as far as it can be told. When no token has a
// quorum it is the token that most of the reachable nodes hold, the one with
// the smallest fingerprint of several: it plays the holder for the votes, and
// the State says that it is none.
type Holder struct {
	// Owner is who the value says that it is, otherwise empty.
	Owner string
	// Fingerprint names the token without giving it away, empty when free.
	Fingerprint string
	// Library is the lock library that writes values of this form
	// ("lockscope"), empty when it is not recognised. Confidence is how sure
	// that is, "certain", "likely" or "ambiguous", and Also are the others that
	// it may be as well.
	Library    string
	Confidence string
	Also       []string
	// Host is the machine of the holder, a name or the MAC address of its
	// network card, and PID its process there. Empty and 0 where the value does
	// not tell.
	Host string
	PID  int
	// Mode is how the lock is held: "read" or "write", "waiting" for a writer
	// that waits for the readers to leave, "semaphore", or "integer" for a
	// number that may be a counter and no lock at all. Empty for a plain lock.
	Mode string
	// Holds is how often the holder has taken the lock, 0 where that is not
	// counted, and Readers how many share it in the modes "read" and
	// "semaphore".
	Holds, Readers int
	// ValidUntil is until when the value says that the holder believes in it,
	// by the holder's clock; zero where it says nothing.
	ValidUntil time.Time
	// Managed is true when the lease was taken through this process, and Note is
	// what was noted with it.
	Managed bool
	Note    string
	// Since is when the token was first seen, or for a token that carries its
	// time, when it was taken.
	Since time.Time
}

// A Vote is what one node says of one name.
type Vote struct {
	Node string
	Vote lockengine.Vote
	// Fingerprint names the token on the node, empty when there is none.
	Fingerprint string
	// Type is the type of the key on the node ("string", "hash"), empty when
	// there is no key.
	Type string
	// ExpiresAt is when the node lets the key go; zero when there is no key
	// or it has no expiry.
	ExpiresAt time.Time
	// Reason says in words why the vote is no clear answer, empty when it is.
	Reason string
	// RTT is the round trip of the node's vote in the attempt that took the
	// lock, 0 for a lock that was not taken through this process, and Said and
	// SaidReason are what the node said then. Said is VoteUnknown without an
	// answer.
	RTT        time.Duration
	Said       lockengine.Vote
	SaidReason string
}

// Waiters tells who queues for a lock. Most other clients' waiters are not in
// Redis: then Visible is false.
type Waiters struct {
	Visible     bool
	Count       int
	OldestSince time.Time // zero when it is not known
	// Who are the first of them, first come first, where they are known.
	Who []string
	// Since is since when each of Who waits; empty where it is not known.
	Since []time.Time
}

// A NodeStatus is what the watcher knows of a node.
type NodeStatus struct {
	ID string
	// Address is host:port or the path of a socket, of one of its servers where it
	// has several; it holds no credentials.
	Address string
	// Up is true while the node answers.
	Up bool
	// Error says why it is not up, in words without secrets.
	Error string
	// Since is when Up last changed.
	Since time.Time
	// RTT is the last round trip of a ping, 0 when down.
	RTT time.Duration
	// Masters are the servers behind the node, as host:port with spaces between:
	// those of a cluster, or the one that sentinels name; empty before they are
	// known. Failover is when one of them was last found to be replaced, zero when
	// that was not seen.
	Masters  string
	Failover time.Time
	// Version, Mode and Role are what INFO says, such as "7.0.15",
	// "standalone" and "master". The Mode is "sentinel" where sentinels name the
	// master.
	Version string
	Mode    string
	Role    string
	// RunID changes when the server restarts, or one of a cluster's.
	RunID string
	// Append is true when the node keeps an append-only file, and Fsync is its
	// appendfsync, empty where that may not be asked for.
	Append bool
	Fsync  string
	// Eviction is maxmemory-policy, such as "noeviction", and MaxMemory the
	// limit in bytes from which on it rules, 0 for none.
	Eviction  string
	MaxMemory int64
	// StartedAt is when the server started, by its uptime.
	StartedAt time.Time
	// Notifications is how changes on this node reach us.
	Notifications Notifications
	// Storm is how many events a second the node sent when it was last listened to,
	// while it is scanned because they are more than Config.Events; 0 otherwise.
	Storm int
	// Keys is the number of watched names with a live key on the node.
	Keys int
	// Synced is when the last full scan of the node ended; zero before.
	Synced time.Time
	// Missed is how many changes a scan found that no event had told, although
	// events were thought to arrive.
	Missed uint64
	// Missing is what the node does not let its user do, with spaces between:
	// commands as ACL has them ("config|get"), MissingKeys, MissingChannels.
	Missing string
	// Flags is what notify-keyspace-events would have to be for the node to
	// send what it does not; empty when it sends enough, or it is not known.
	Flags string
	// Cost is what the watcher costs the node.
	Cost Cost
	// Gaps is how often the subscription to the events was interrupted, after
	// which everything is read again.
	Gaps uint64
}

// Notifications is how changes on a node reach the watcher.
type Notifications string

const (
	// NotificationsLive: keyspace events arrive.
	NotificationsLive Notifications = "live"
	// NotificationsPolling: they do not; the node is scanned again and again.
	NotificationsPolling Notifications = "polling"
	// NotificationsNone: the node is not connected.
	NotificationsNone Notifications = "none"
)

// Counts are the numbers of names by state.
type Counts struct {
	Total     int
	Held      int
	Expiring  int
	Contested int
	Residue   int
	Unknown   int
	Free      int
	// Overlapping are those, in whatever state, that are flagged because two
	// holders overlap.
	Overlapping int
	// Waiting are those that somebody is seen to wait for.
	Waiting int
}
