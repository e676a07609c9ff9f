package target

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A Layout is which servers hold the locks of a target at a moment.
type Layout struct {
	// Masters are the servers, in the order of their IDs.
	Masters []Master
	// owners has the index of the master of each slot of a cluster.
	owners []uint16
}

// A Master is a server that holds locks.
type Master struct {
	// ID is the name of a cluster's node, and the address of other servers.
	ID string
	// Addr is host:port or the path of a socket.
	Addr string
	// Slots is how many slots of a cluster it has. A master without any may be
	// about to get some.
	Slots int
}

// Owner returns the index of the master that has the slot, 0 where there are no
// slots.
func (l *Layout) Owner(slot int) int {
	if l.owners == nil {
		return 0
	}
	return int(l.owners[slot])
}

// First returns a slot that the i-th master has, false when it has none.
func (l *Layout) First(i int) (slot int, ok bool) {
	slot = slices.Index(l.owners, uint16(i))
	return max(slot, 0), slot >= 0
}

// Addrs are where the masters are.
func (l *Layout) Addrs() []string {
	addrs := make([]string, len(l.Masters))
	for i, m := range l.Masters {
		addrs[i] = m.Addr
	}
	return addrs
}

// SameMasters reports whether the same servers are masters in both layouts.
func (l *Layout) SameMasters(m *Layout) bool {
	return slices.EqualFunc(l.Masters, m.Masters, func(x, y Master) bool { return x.ID == y.ID && x.Addr == y.Addr })
}

// Gained returns the slots that have another master than in the layout before.
func (l *Layout) Gained(before *Layout) []int {
	var gained []int
	for slot := range before.owners {
		if before.Masters[before.Owner(slot)].ID != l.Masters[l.Owner(slot)].ID {
			gained = append(gained, slot)
		}
	}
	return gained
}

// server returns the layout of one server.
func server(addr string) Layout {
	return Layout{Masters: []Master{{ID: addr, Addr: addr}}}
}

// clusterLayout makes a layout of what the node at origin said: CLUSTER SLOTS
// tells who has which slot, and CLUSTER NODES which masters have none. It fails
// when a slot has no master.
func clusterLayout(origin string, ranges []redis.ClusterSlot, nodes string) (Layout, error) {
	byID := make(map[string]*Master)
	for _, r := range ranges {
		if len(r.Nodes) == 0 {
			continue
		}
		n := r.Nodes[0]
		if byID[n.ID] == nil {
			byID[n.ID] = &Master{ID: n.ID, Addr: at(origin, n.Addr)}
		}
	}
	for line := range strings.Lines(nodes) {
		if id, addr, ok := idleMaster(line); ok && byID[id] == nil {
			byID[id] = &Master{ID: id, Addr: at(origin, addr)}
		}
	}
	l := Layout{owners: make([]uint16, Slots)}
	for _, m := range byID {
		l.Masters = append(l.Masters, *m)
	}
	slices.SortFunc(l.Masters, func(x, y Master) int { return cmp.Compare(x.ID, y.ID) })
	covered := 0
	for _, r := range ranges {
		if len(r.Nodes) == 0 || r.Start < 0 || r.End >= Slots {
			continue
		}
		i := slices.IndexFunc(l.Masters, func(m Master) bool { return m.ID == r.Nodes[0].ID })
		for slot := r.Start; slot <= r.End; slot++ {
			l.owners[slot] = uint16(i)
			l.Masters[i].Slots++
			covered++
		}
	}
	if covered < Slots {
		return Layout{}, fmt.Errorf("%d of %d slots of the cluster have no master", Slots-covered, Slots)
	}
	return l, nil
}

// idleMaster reads a line of CLUSTER NODES, and reports whether it is about a
// master that is well and has no slots. What a node imports stands in brackets:
//
//	id host:port@bus[,hostname] flags master ping pong epoch link slot ...
func idleMaster(line string) (id, addr string, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[7] != "connected" || len(fields) > 8 && fields[8][0] != '[' {
		return "", "", false
	}
	flags := strings.Split(fields[2], ",")
	if !slices.Contains(flags, "master") {
		return "", "", false
	}
	for _, unfit := range []string{"fail", "fail?", "handshake", "noaddr"} {
		if slices.Contains(flags, unfit) {
			return "", "", false
		}
	}
	addr, _, _ = strings.Cut(fields[1], "@")
	return fields[0], addr, true
}

// at completes the address that a node gave of another: a node that does not know
// its own host leaves it out.
func at(origin, addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	originHost, originPort, err := net.SplitHostPort(origin)
	if err != nil {
		return addr
	}
	if host == "" || host == "?" {
		host = originHost
	}
	if port == "0" {
		port = originPort
	}
	return net.JoinHostPort(host, port)
}
