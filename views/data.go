package views

import "time"

// A Page is what every page needs to know.
type Page struct {
	// Title names the page in the browser's tab.
	Title string
	// Base is the path under which the program is served, without a slash at
	// its end; empty when it is served at the root.
	Base string
	// Static is the path of the assets, such as "/static/3f2a9c".
	Static string
	// Environment is the badge beside the name, such as "prod"; empty for none.
	Environment string
	// Version is the version of the program.
	Version string
	// ReadOnly is true when no command is offered.
	ReadOnly bool
	// Stage is true when the stage is offered.
	Stage bool
	// Active is the page: "locks", "lock", "nodes", "activity", "stage" or "help";
	// empty for none of them.
	Active string
}

// A Cluster is the nodes that all locks are on, as every page shows them.
type Cluster struct {
	// Nodes are all nodes, in their fixed order.
	Nodes []Node
	// Quorum is the number of votes that a lock needs.
	Quorum int
	// Embedded is true when the nodes live inside this process.
	Embedded bool
	// ServerTime is now, by the clock of the server.
	ServerTime time.Time
}

// Terms are on what a lock may be taken.
type Terms struct {
	// DefaultTTL and MaxTTL are the lengths of a lease: proposed, and allowed.
	DefaultTTL, MaxTTL time.Duration
	// Watch are the patterns of names that are watched, such as "lock:*".
	Watch []string
	// Owner is proposed as the owner of a lock; may be empty.
	Owner string
}

// LocksData is what the Locks page shows.
type LocksData struct {
	Page
	Cluster
	Terms
	// Rows are the locks of the window, in the order of the query.
	Rows []Lock
	// Counts are those of all locks, whatever the query.
	Counts Counts
	// Total is how many locks match the query; more than len(Rows) when the
	// window does not show them all.
	Total int
	Query Query
	// Facets are the values that the query can be narrowed to.
	Facets Facets
}

// Facets are libraries and owners, the most frequent first, and how many owners
// there are beside those.
type Facets struct {
	Libraries, Owners []Facet
	MoreOwners        int
}

// A Facet is a value, and how many locks have it.
type Facet struct {
	Value string
	Count int
}

// A Query is what the address of the page asks for.
type Query struct {
	// Text is searched in names and owners.
	Text string
	// State is one of States, or empty for all.
	State string
	// Owner and Library are those of the holder, empty for any.
	Owner, Library string
	// Waiting selects what somebody waits for, Mine what this session holds.
	Waiting, Mine bool
	// Sort is "name", "state", "owner", "expires", "fence", "waiters" or "since",
	// or one of them after a "-" for the other way round; empty is "name".
	Sort string
	// Offset is the number of rows before the first one shown.
	Offset int
}

// A Lock is a row of the table.
type Lock struct {
	// Name is the key as its bytes are. It need not be UTF-8.
	Name string
	// State is one of States.
	State string
	// Flags are warnings in one word each, such as "no-expiry".
	Flags  []string
	Holder Holder
	// Fence is the fencing token, 0 when none is known.
	Fence int64
	// ExpiresAt is when the holder's quorum ends; zero when nobody holds the
	// lock or it has no expiry.
	ExpiresAt time.Time
	// Votes has one entry per node, in their order.
	Votes   []Vote
	Waiters Waiters
	// Seq is the number of the last change to this name.
	Seq uint64
}

// A Holder is who holds a lock, as far as it is known.
type Holder struct {
	// Owner is a name where the value carries one, otherwise empty.
	Owner string
	// Fingerprint names the token without giving it away; empty when nobody
	// holds the lock.
	Fingerprint string
	// Library is the library that writes such values, empty when unknown.
	// Confidence is how sure that is: "certain", "likely" or "ambiguous", and
	// Also are others that it may be as well.
	Library    string
	Confidence string
	Also       []string
	// Host is the machine of the holder and PID its process there, empty and 0
	// when the value does not tell.
	Host string
	PID  int
	// Mode is how it is held: "read", "write", "waiting", "semaphore" or
	// "integer", empty for a plain lock.
	Mode string
	// Holds is how often the holder has taken it, Readers how many share it; 0
	// when that is not counted.
	Holds, Readers int
	// ValidUntil is until when the holder believes in it, where the value says.
	ValidUntil time.Time
	// Managed is true when the lock was taken through this program, and Note is
	// what was noted with it.
	Managed bool
	Note    string
	// Since is when the token was taken or first seen.
	Since time.Time
}

// A Vote is what one node says of one name.
type Vote struct {
	Node string
	// Vote is one of Votes.
	Vote        string
	Fingerprint string
	Type        string
	ExpiresAt   time.Time
	// RTT is the round trip of the vote, 0 when it was not measured.
	RTT time.Duration
	// Reason says why the vote is no clear answer, such as "it lost its memory:
	// this vote does not count"; empty where there is nothing to say.
	Reason string
	// Said and SaidReason are the same for what the node said in the attempt
	// that took the lock. Said is empty where it was not taken here.
	Said, SaidReason string
}

// Waiters tells who queues for a lock. Count means nothing unless Visible.
type Waiters struct {
	Visible     bool
	Count       int
	OldestSince time.Time
	// Who are the first of them, where they are known, and Since is since when
	// each of those waits; empty where that is not known.
	Who   []string
	Since []time.Time
}

// A Node is a card of the node strip.
type Node struct {
	ID      string
	Address string
	Up      bool
	// Votes is true when the node's votes count.
	Votes bool
	// Quarantine tells why and until when the node sits out, nil when it does
	// not.
	Quarantine *Quarantine
	// Clock is how the node's clock goes, nil when it was not measured.
	Clock *Clock
	// Findings are what an operator should mend.
	Findings []Finding
	// Error says why the node is down.
	Error string
	// Since is when Up last changed.
	Since time.Time
	// RTT is the last round trip, 0 when down.
	RTT                 time.Duration
	Version, Mode, Role string
	RunID               string
	StartedAt           time.Time
	// Append is true with an append-only file, Fsync is its appendfsync, empty
	// where that is not known.
	Append bool
	Fsync  string
	// Eviction is maxmemory-policy, MaxMemory the limit in bytes, 0 for none.
	Eviction  string
	MaxMemory int64
	// Missed is how many changes no event told, Gaps how often the subscription
	// was interrupted.
	Missed, Gaps uint64
	Cost         Cost
	// Notifications is "live", "polling" or "none".
	Notifications string
	// Keys is the number of watched names with a live key on the node.
	Keys int
	// Synced is when the last full scan of the node ended.
	Synced time.Time
}

// A Cost is what watching costs a node.
type Cost struct {
	// OperationsPerSecond and BytesPerSecond, both ways together, are of the
	// last second or so; Budget is the most operations there are in one.
	OperationsPerSecond, BytesPerSecond, Budget int
	// Operations, BytesIn and BytesOut are since the start.
	Operations, BytesIn, BytesOut uint64
}

// A Quarantine is the time for which a node that lost its memory may not vote.
type Quarantine struct {
	// Until is when its votes count again, zero when that is not known.
	Until time.Time
	// Reason says why it sits out, such as "it lost its memory".
	Reason string
}

// A Clock is how a node's clock goes, beside that of this server.
type Clock struct {
	// Offset is how far the node's clock is ahead, negative when it is behind.
	// Error is by how much that may be wrong.
	Offset, Error time.Duration
	// Jumps is how often it was seen to jump.
	Jumps int
}

// A Finding is something about a node that an operator should know.
type Finding struct {
	// Code names the finding in one word, such as "eviction".
	Code string
	// Grave findings break a promise; the others weaken one.
	Grave bool
	// Text says what is the case and what follows from it.
	Text string
	// Mend is a command that mends it, empty where none does.
	Mend string
}

// Counts are the numbers of names by state.
type Counts struct {
	Total, Held, Expiring, Contested, Residue, Unknown, Free int
	// Overlapping are those, in whatever state, where two holders overlap.
	Overlapping int
	// Waiting are those that somebody is seen to wait for.
	Waiting int
}

// States are the states of a lock in the order of the filter chips.
var States = []string{"held", "contested", "residue", "expiring", "unknown", "free"}

// Votes are the words for a vote, in the order of a legend.
var Votes = []string{"granted", "other", "free", "down", "timeout", "amnesia", "quarantined", "unknown"}

// Of returns how many names the filter for a state selects, all for the empty
// one. What is expiring is held too.
func (c Counts) Of(state string) int {
	switch state {
	case "":
		return c.Total
	case "held":
		return c.Held + c.Expiring
	case "expiring":
		return c.Expiring
	case "contested":
		return c.Contested
	case "residue":
		return c.Residue
	case "unknown":
		return c.Unknown
	case "free":
		return c.Free
	}
	return 0
}
