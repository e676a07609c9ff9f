// Package lockengine takes and releases distributed locks on Redis: the
// single-node lock on one node, Redlock on several independent ones.
//
//	nodes := []lockengine.Node{a, b, c} // redisnode.Dial("redis://10.0.0.1:6379"), ...
//	engine, err := lockengine.New(nodes, lockengine.Config{})
//	lease, err := engine.Acquire(ctx, "invoice:42", lockengine.AcquireOptions{Owner: "billing"})
//	work(lease.Context())
//	err = lease.Release(ctx)
//
// # What it promises
//
// While a quorum of nodes keeps what it was told, and the clocks of the nodes
// run within Config.ClockDrift and Config.DriftFactor of each other, at most
// one [Lease] of a name is valid at any moment. Validity is counted on the
// monotonic clock of this process from before the first node was asked, and
// the context of a lease ends with it by a local timer, whatever a node or a
// pending extension does.
//
// A quorum is more than half of the configured nodes, never of those that
// happen to be reachable. A failed attempt is taken back on all nodes, also
// where the answer never came, and only ever the engine's own tokens are
// deleted or extended. A node that hangs costs an attempt nothing while a
// quorum of others answers.
//
// # Fencing
//
// [Lease.Fence] is a number that is higher than that of every lease of the
// name before, in the order of the holders, whatever engine they used. It is
// what makes a resource safe from a holder that is late: pass it with every
// write, and have the resource refuse a lower one than it has seen. [FenceTable]
// does that in a SQL database, and redisnode.FencedSet in a Redis.
//
// The number stands on a quorum of nodes before the lease is handed out. It
// grows as long as any quorum of nodes includes one that remembers, or else the
// clocks of the nodes do not run backwards by more than the time in between.
// Nodes forget the number of a name that nobody has taken for an hour.
//
// # Nodes that cannot be believed
//
// Each node carries a marker, the key lockscope:born, that is read behind every
// batch of operations. When it is gone, or another stands there, the node has
// lost its memory: its votes do not count until every lease that it may have
// forgotten has ended, which is Config.MaxTTL later, and the new marker tells
// all engines until when. The same holds for a node whose process was restarted,
// unless it has appendonly yes and appendfsync always, and for one whose clock
// jumped. A node without a marker that nobody has met votes at once if it has
// been up for longer than MaxTTL. [Engine.Admit] ends a quarantine by hand,
// Config.NoQuarantine turns the rule off, and [Engine.Status] tells how each
// node is believed in and what an operator should mend.
//
// For this to hold, all engines that share nodes must agree about MaxTTL, or at
// least none may ask for longer leases than another's MaxTTL.
//
// # What it does not promise
//
// A lease is a promise about time. A process that is paused past the end of
// its lease, and writes without looking at the lease's context again, writes
// beside the next holder; only fencing helps.
//
// A FLUSHALL is not seen by an engine that meets the node for the first time
// after it, before another engine has noticed (which takes a second at most, and
// forever where none is running): to it, a node that has been up for longer than
// MaxTTL and has no marker is one that no engine has used yet. The same holds for a loss of single keys, as by an eviction policy other than
// noeviction or by somebody's DEL: Status names the former.
//
// Other lock libraries on the same names are excluded and exclude, as long as
// they keep a plain string under the name itself. They know nothing of
// quarantines and fences.
//
// A lock is not a queue of the whole system: callers of one engine are served
// in the order in which they came, those of different engines in any.
//
// # How it fails
//
// In doubt it says no. Every refusal is an error that tells what each node
// said: [HeldError] when somebody holds the lock, [NoQuorumError] when nobody
// could win, [TooSlowError] when the answers came too late to be of use,
// [QueueFullError] when too many wait already, [ArgumentError] when nothing was
// sent at all.
//
// # Concurrency
//
// All methods may be called from any goroutine. The engine has no goroutines
// that run for long: a call runs on its caller's, late answers are handled on
// the goroutine of the [Node] that brings them, and health, renewals and
// residues on timers.
package lockengine
