// Package redisnode is a [lockengine.Node] on a real Redis or Valkey server,
// through go-redis.
//
// A node has one connection and one goroutine that writes on it. Operations
// that arrive while it is busy are gathered and go out together, in the order
// in which they came, and nothing is ever sent twice: an acquire that was sent
// and not answered must not be repeated, since the second answer would say
// "taken" of a lock that we hold.
//
// Tokens travel as values only. No error of this package holds a token, a
// password or a whole URL.
package redisnode
