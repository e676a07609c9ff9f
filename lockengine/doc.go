// Package lockengine takes and releases distributed locks on Redis: the
// single-node lock on one node, Redlock on several independent ones.
//
// # What it promises
//
// While every node keeps what it was told, and the clocks of the nodes run
// within Config.ClockDrift and Config.DriftFactor of each other, at most one
// [Lease] of a name is valid at any moment. Validity is counted on the
// monotonic clock of this process from before the first node was asked, and
// the context of a lease ends with it by a local timer, whatever a node or a
// pending extension does.
//
// A quorum is more than half of the configured nodes, never of those that
// happen to be reachable. A failed attempt is taken back on all nodes, also
// where the answer never came, and only ever the engine's own tokens are
// deleted or extended.
//
// # What it does not promise
//
// A lease is a promise about time. A process that is paused past the end of
// its lease, and writes without looking at the lease's context again, writes
// beside the next holder. And a node that loses its memory and comes back at
// once may give the same lock away twice.
//
// # How it fails
//
// In doubt it says no. Every refusal is an error that tells what each node
// said: [HeldError] when somebody holds the lock, [NoQuorumError] when nobody
// could win, [TooSlowError] when the answers came too late to be of use.
//
// # Concurrency
//
// All methods may be called from any goroutine. The engine has no goroutines
// of its own: a call runs on its caller's, and late answers are handled on the
// goroutine of the [Node] that brings them.
package lockengine
