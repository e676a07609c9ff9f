package watcher

import (
	"slices"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A boardNode is what the Board knows of one node.
type boardNode struct {
	status NodeStatus
	// vetoed is why none of the node's cells count, VoteUnknown (zero) when
	// nothing speaks against them.
	vetoed lockengine.Vote
	// connected is true from the first answer after an outage on.
	connected bool
	// scan numbers the scans of the node. trusted is the first scan of the
	// present connection: what was read before is of before an outage.
	scan    uint32
	trusted uint32
	// told is the first scan after which events tell every change, and
	// restarted the one that was trusted when the node was last found to be
	// another process than before.
	told      uint32
	restarted uint32
	// synced is true once a scan has ended on the present connection, and
	// everSynced once one has ended at all.
	synced, everSynced bool
	// keys is the number of cells with a token.
	keys int
	// standing is whether the engine counts the node's votes.
	standing standing
}

// vote returns what the node says of a cell of its own: VoteGranted for any
// live token, whoever's, VoteFree for none, or why it is not known.
func (n *boardNode) vote(c *cell) lockengine.Vote {
	switch {
	case n.vetoed != 0:
		return n.vetoed
	case !n.connected:
		return lockengine.VoteUnknown
	case c.scan != 0 && c.scan >= n.trusted:
		switch {
		case n.standing.out:
			return lockengine.VoteQuarantined
		case c.unreadable:
			return lockengine.VoteUnknown
		case c.ident != nil:
			return lockengine.VoteGranted
		}
		return lockengine.VoteFree
	case n.standing.out:
		return lockengine.VoteQuarantined
	case n.synced:
		return lockengine.VoteFree
	}
	return lockengine.VoteUnknown
}

// stand takes over which nodes' votes the engine counts: what a node says that
// lost its memory proves nothing. The caller holds mu.
func (b *Board) stand(by map[string]standing) {
	changed := false
	for i := range b.nodes {
		n := &b.nodes[i]
		s := by[n.status.ID]
		changed = changed || s.out != n.standing.out
		n.standing = s
	}
	if changed {
		b.refreshAll()
	}
	b.announceNodes()
}

// nodeUp says that the node answers again, after a round trip of rtt. What it
// held before an outage is not believed until it is read anew.
func (b *Board) nodeUp(node int, rtt time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := &b.nodes[node]
	n.status.RTT = rtt
	if n.connected {
		b.announceNodes()
		return
	}
	n.connected, n.synced, n.vetoed = true, false, 0
	n.trusted = n.scan + 1
	n.status.Up, n.status.Error, n.status.Since = true, "", b.now()
	b.happened(Activity{At: n.status.Since, Kind: ActivityNodeUp, Node: n.status.ID})
	b.refreshAll()
	b.announceNodes()
}

// nodeDown says that the node does not answer: vote is VoteDown or
// VoteTimeout, and reason says why in words without secrets.
func (b *Board) nodeDown(node int, vote lockengine.Vote, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := &b.nodes[node]
	if n.vetoed == vote && n.status.Error == reason {
		return
	}
	if n.status.Up || n.status.Since.IsZero() {
		n.status.Since = b.now()
		b.happened(Activity{At: n.status.Since, Kind: ActivityNodeDown, Node: n.status.ID, Text: reason})
	}
	n.status.Up, n.status.Error, n.status.RTT = false, reason, 0
	n.status.Notifications = NotificationsNone
	n.status.Cost.OperationsPerSecond, n.status.Cost.BytesPerSecond = 0, 0
	same := n.vetoed == vote
	n.connected, n.synced, n.vetoed = false, false, vote
	if !same {
		b.refreshAll()
	}
	b.announceNodes()
}

// nodeStatus changes what is shown of the node.
func (b *Board) nodeStatus(node int, change func(*NodeStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := &b.nodes[node]
	before := n.status
	change(&n.status)
	if n.status == before {
		return
	}
	if now := n.status.Notifications; now != before.Notifications {
		if now == NotificationsLive {
			n.told = n.scan + 1
		}
		b.happened(Activity{At: b.now(), Kind: ActivityNotifications, Node: n.status.ID, Text: string(now)})
	}
	if before.RunID != "" && n.status.RunID != before.RunID {
		n.restarted = n.trusted
	}
	b.announceNodes()
}

// gap notes that changes on the node may have been missed.
func (b *Board) gap(node int, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes[node].status.Gaps++
	b.happened(Activity{At: b.now(), Kind: ActivityGap, Node: b.nodes[node].status.ID, Text: why})
	b.announceNodes()
}

// beginScan says that a scan of all names on the node starts.
func (b *Board) beginScan(node int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes[node].scan++
}

// unread returns those of the names that were not read from the node since
// beginScan, in the memory of names.
func (b *Board) unread(node int, names []string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(names, func(name string) bool {
		e := b.entries[name]
		return e != nil && e.cells[node].scan == b.nodes[node].scan
	})
}

// unscanned returns the names that the node held when they were last read, and
// that were not read since beginScan: most are gone, and all have to be read
// again to be sure.
func (b *Board) unscanned(node int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var names []string
	for name, e := range b.entries {
		if c := &e.cells[node]; c.ident != nil && c.scan < b.nodes[node].scan {
			names = append(names, name)
		}
	}
	return names
}

// endScan says that every name on the node was read since beginScan.
func (b *Board) endScan(node int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := &b.nodes[node]
	n.status.Synced = b.now()
	if !n.synced {
		n.synced = true
		b.refreshUnread(node)
	}
	if !n.everSynced {
		n.everSynced = true
		b.everSynced++
	}
	b.announceNodes()
}

// syncedNodes returns on how many nodes a scan has ended at least once.
func (b *Board) syncedNodes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.everSynced
}

// nodeKeys returns how many names have a live key on the node.
func (b *Board) nodeKeys(node int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.nodes[node].keys
}

// keysOf returns the names that the node was last seen with.
func (b *Board) keysOf(node int) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := make([]string, 0, b.nodes[node].keys)
	for name, e := range b.entries {
		if e.cells[node].ident != nil {
			names = append(names, name)
		}
	}
	return names
}

// others returns which of the names were last seen on the node with something
// else than a string.
func (b *Board) others(node int, names []string) (others map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range names {
		if e := b.entries[name]; e != nil && e.cells[node].ident != nil && e.cells[node].typ != "string" {
			if others == nil {
				others = make(map[string]bool)
			}
			others[name] = true
		}
	}
	return others
}

// up reports whether the node answered when it was last asked.
func (b *Board) up(node int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.nodes[node].status.Up
}
