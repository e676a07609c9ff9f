package redisnode

// ForceLegacy makes the node speak as to a server before 7.0, until it connects
// again.
func (n *Node) ForceLegacy() { n.legacy.Store(true) }
