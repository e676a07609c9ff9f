// Package embedded runs Redis nodes inside the process.
//
// Each Node is a server of its own: it listens on a loopback TCP port, keeps
// its own keys, clock and configuration, and speaks RESP2 (and RESP3 after
// HELLO 3), so that redis-cli, go-redis, redis-py and the lock libraries on top
// of them can use it like a real server. It knows the commands that locks and
// their dashboard need, no more: strings, hashes, sorted sets, expiry,
// transactions, Lua scripts, publish/subscribe and keyspace notifications.
//
// # What it promises
//
//   - Replies, error texts and the order of events are those of Redis 7.0. One
//     suite runs the same commands against a real redis-server and a Node and
//     compares what comes back.
//   - Commands, transactions and scripts are atomic: one mutex, one at a time.
//   - A key expires within a few milliseconds of its deadline, by a heap and one
//     timer. The expired event is sent then, not when somebody looks.
//   - A client that does not read stalls nobody. What a subscriber is owed waits
//     in a bounded queue of its own; when that overflows, the subscriber is
//     disconnected, as a real server does it.
//   - Stop leaves no goroutine behind.
//
// # What it does not
//
// Nothing is written to disk: appendonly can be set and read, and does nothing.
// There are no lists, sets, streams, clusters, replicas or ACL users. Five nodes
// in one process are not five failure domains.
//
// # Limits
//
// A request is limited to 64 MiB, a script to a second and to 128 MiB of new
// memory. A script that is ended there keeps what it has written so far, for
// there is no roll-back in Redis either.
package embedded
