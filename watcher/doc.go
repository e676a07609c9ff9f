// Package watcher watches every lock on a set of Redis nodes, whoever took it,
// and keeps what it sees on a Board.
//
//	node a --keyspace events--> dirty names --pipelined reads--+
//	       --SCAN now and then------------> pipelined reads ---+--> Board --> Subscription
//	node b ...                                                 +              (names that changed)
//	engine --Observe: leases of this process-------------------+
//
// An event is only a hint: it makes the watcher read the name again, and the
// Board is built from reads alone. So events that are lost, doubled or out of
// order do no harm: the next scan finds what they did not tell, and once the
// nodes are quiet the Board equals what they hold. Events for a name that
// arrive while it is being read cost one more read together.
//
// # What it promises
//
//   - A Board never shows a raw value, only fingerprints of it, and keeps none.
//   - A vote ends on the Board when its time to live has passed on our
//     monotonic clock. Redis may tell seconds later.
//   - What a node that does not answer holds is not guessed: its votes read
//     "down" or "timeout", and a name that may be held by such nodes is
//     "unknown". After its return they read "unknown" until they are read.
//   - The watcher has connections of its own. It never writes to a watched
//     name; on a node where CONFIG is refused it writes one short-lived key to
//     find out whether events arrive.
//
// # What it does not promise
//
// The Board is a view, late by at least a round trip. It must not be used to
// decide whether a lock is held; that is the engine's to say.
//
// # Concurrency
//
// Each node has one goroutine that does all its reads, one after the other, so
// no read overtakes another, and two more that serve its subscription. The
// Board has one goroutine that wakes for the next deadline. All methods of
// Board and Subscription may be called from any goroutine.
package watcher
