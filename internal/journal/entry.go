package journal

import "time"

// An Entry is one command. It is not changed once it was added.
type Entry struct {
	// Seq numbers the entries that this process knows, without gaps: those that
	// were read back come before those of its own.
	Seq uint64 `json:"-"`
	// ID tells entries apart, also those of other processes.
	ID string `json:"id"`
	// At is when the command ended.
	At time.Time `json:"at"`
	// Action is what was wanted: acquire, extend, release, force-release or admit.
	Action string `json:"action"`
	// Outcome is "done", or the code of the refusal, such as "held".
	Outcome string `json:"outcome"`
	// Actor is who gave the command, as far as that is known: the name of a browser
	// session. Address is where it came from.
	Actor   string `json:"actor,omitempty"`
	Address string `json:"address,omitempty"`
	// Owner is as whom a lock was asked for, or who it was taken from.
	Owner string `json:"owner,omitempty"`
	// Name is the lock's, which may be any bytes; Node is the node's where the
	// command is about one.
	Name []byte `json:"name,omitempty"`
	Node string `json:"node,omitempty"`
	// Expected is the fingerprint of the token that the command was about, and
	// Found that of the one that was there instead.
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	// Nodes is what each node said, where they were asked.
	Nodes []Answer `json:"nodes,omitempty"`
	// Reason is why, in the words of who gave the command, and Note what was noted
	// with the lease.
	Reason string `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
	// Detail says more of the outcome, in words without secrets.
	Detail string `json:"detail,omitempty"`
}

// An Answer is what one node said.
type Answer struct {
	Node string `json:"node"`
	// Result is what came of it there, in one word.
	Result string `json:"result"`
	// Fingerprint names what the node has instead.
	Fingerprint string `json:"fingerprint,omitempty"`
	Reason      string `json:"reason,omitempty"`
}

// A Page is a part of the journal.
type Page struct {
	// Entries are in the order in which they were added.
	Entries []*Entry
	// Missed is how many entries after the one asked for are not kept any more: a
	// gap before the first one of Entries.
	Missed uint64
	// Next is the after of the next page, Last the number of the last entry.
	Next, Last uint64
}

// A Status is how the journal is.
type Status struct {
	// Durable is true where entries are added to a stream.
	Durable bool
	// Away says why that does not work now, empty when it does, and Since since
	// when.
	Away  string
	Since time.Time
	// Waiting is how many entries are not in the stream yet, and Lost how many
	// never will be.
	Waiting int
	Lost    uint64
}
