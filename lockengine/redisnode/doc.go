// Package redisnode is a [lockengine.Node] on real Redis or Valkey servers,
// through go-redis: on one server, on the master that sentinels name, or on a
// whole Redis Cluster, each with one vote. [Dial] makes any of them.
//
// A node has one connection and one goroutine that writes on it. Operations
// that arrive while it is busy are gathered and go out together, in the order
// in which they came, and nothing is ever sent twice: an acquire that was sent
// and not answered must not be repeated, since the second answer would say
// "taken" of a lock that we hold.
//
// A server that took over from another may lack its last writes, although it has
// its memory marker. So the markers of servers that can be replaced say of which one
// they are; see history.go, and clustermarker.go for how the masters of a cluster
// are known.
//
// Tokens travel as values only. No error of this package holds a token, a
// password or a whole URL.
package redisnode
