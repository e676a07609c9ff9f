// Package locksim runs the real lock engine over virtual Redis nodes, in
// virtual time, and looks for broken promises.
//
// A seed is a history: which processes and clients there are, what they do,
// how long each message takes, which is lost, which node crashes and what it
// remembers. Every draw is a hash of the seed and of what it is drawn for (for
// a message: the link, its number on the link and its direction), so one draw
// more or less in one place leaves the others as they were.
//
// # What is modelled
//
//   - Nodes: a keyspace with expiry by the node's own clock, which may be off,
//     run fast or slow and jump; fences; the memory marker; the identity and
//     uptime of the server process; crashes that keep, lose or half-lose the
//     memory; FLUSHALL.
//   - Connections as redisnode has them: one for locks, whose batches are written
//     as redisnode writes them, one for questions about the node. The one for
//     locks sends a batch when the one before is answered, where redisnode has
//     two under way: what a node meets is the same, in larger pieces. Order is kept
//     within a connection and nothing is ever sent twice. A connection that is
//     given up may still have bytes under way, which may be carried out long
//     after, and after what the next connection sent.
//   - Networks: delay in each direction, beyond the node timeout and beyond the
//     TTL; connections that break before the request or before the reply, with
//     and without notice; cuts of one node or a group, both ways or one way.
//   - Processes: several engines over the same nodes; clients that hold, extend,
//     renew, release, give up, sleep past their deadline; processes that die
//     with their leases and come back.
//
// # What is checked
//
// An observer that sees the nodes and the clients, and believes nothing that an
// engine says of itself, checks what [Violation.Invariant] names: exclusion,
// honest deadline, honest extension, hands off, no residue, growing fence,
// expiry noticed, progress. Promises that rest on an assumption are only
// checked in histories that keep it: exclusion is not promised where a clock
// jumps by more than the allowed drift.
//
// # Determinism
//
// A history has to run inside a bubble of testing/synctest. Everything that
// happens by itself does so at an instant of its own: each source of events has
// a nanosecond within the microsecond (its lane), and what happens at one
// instant is settled before time goes on. Tokens hold random bits that no seed
// decides, so a trace names them by who drew them.
//
// # Mutants
//
// A simulator that finds nothing proves nothing until it has found something.
// The program simrun builds engines with one thing wrong in each and expects
// every one of them to be caught.
package locksim
