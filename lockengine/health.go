package lockengine

import (
	"fmt"
	"strings"
	"time"
)

// Health is what a node says of itself.
type Health struct {
	// Time is the node's clock. Sent and Received, on the clock of this
	// process, are when it was asked for and when it came.
	Time, Sent, Received time.Time
	// Full is true when the fields below were asked for too.
	Full bool
	// Uptime is how long the server process has run.
	Uptime time.Duration
	// Promoted is true when the server was a replica before: it may lack the last
	// writes of the master that it took over from.
	Promoted bool
	// Version is the server's version, such as "7.0.15".
	Version string
	// Role is "master" or "slave".
	Role string
	// Eviction is maxmemory-policy, such as "noeviction".
	Eviction string
	// Append is true when the node keeps an append-only file; Fsync is
	// appendfsync ("always", "everysec", "no"), empty when it may not be asked.
	Append bool
	Fsync  string
	// MaxMemory is the memory limit in bytes, 0 for none.
	MaxMemory int64
	// Missing are what this connection may not use: commands as ACL has them
	// ("script|load"), and patterns of keys with a ~ before ("~lockscope:*").
	Missing []string
}

// durable reports whether the node has everything it ever answered on disk.
func (h *Health) durable() bool { return h.Append && h.Fsync == "always" }

// A Finding is something about a node that an operator should know, with the
// command that mends it.
type Finding struct {
	// Code names the finding, such as "eviction".
	Code string
	// Grave findings break a promise; the others weaken one.
	Grave bool
	// Text says what is the case and what follows from it.
	Text string
	// Mend is a command that mends it, empty where none does.
	Mend string
}

// findings reports what is wrong with a node.
func (h *Health) findings() []Finding {
	var out []Finding
	for _, what := range h.Missing {
		f := Finding{Code: "permission", Text: "this user may not use " + what, Mend: "ACL SETUSER <user> +" + what}
		if keys, ok := strings.CutPrefix(what, "~"); ok {
			f.Text = "this user may not use the keys " + keys + ", which tell whether a node forgot its locks and what fences it has seen"
			f.Mend = "ACL SETUSER <user> " + what
		}
		out = append(out, f)
	}
	if !h.Full {
		return out
	}
	if h.Role == "slave" {
		out = append(out, Finding{Code: "role", Grave: true,
			Text: "this node is a replica: it refuses to be written and cannot vote; make it a master, or name its master instead",
			Mend: "REPLICAOF NO ONE"})
	}
	if h.Eviction != "" && h.Eviction != "noeviction" && h.MaxMemory > 0 {
		out = append(out, Finding{Code: "eviction", Grave: true,
			Text: fmt.Sprintf("maxmemory-policy is %s: under memory pressure the node drops locks that are held", h.Eviction),
			Mend: "CONFIG SET maxmemory-policy noeviction"})
	}
	switch {
	case !h.Append:
		out = append(out, Finding{Code: "persistence",
			Text: "no append-only file: after a restart the node has forgotten its locks and sits out",
			Mend: "CONFIG SET appendonly yes"})
	case h.Fsync != "" && h.Fsync != "always":
		out = append(out, Finding{Code: "fsync",
			Text: fmt.Sprintf("appendfsync is %s: after a restart the node may have forgotten its last locks and sits out", h.Fsync),
			Mend: "CONFIG SET appendfsync always"})
	}
	return out
}
