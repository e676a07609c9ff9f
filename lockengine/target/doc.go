// Package target says where a node is that votes as one: one server, the
// present master of servers under Redis Sentinel, or a Redis Cluster.
//
// [Parse] reads the URL of a node, and a [Locator] finds out which servers hold
// the node's locks now. It believes a majority of the sentinels that were named,
// and a node of a cluster that sees the whole of it; where there is neither, it
// says that it does not know, and nothing is asked of a server that may have been
// replaced.
//
// Errors never hold a password.
package target
