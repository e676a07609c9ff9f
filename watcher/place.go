package watcher

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"
)

var (
	// errReplaced says that a server that held locks is no master any more. The
	// one that took over may lack what was written last.
	errReplaced = errors.New("another server took over")
	// errReplica says that the server is none, or not any more.
	errReplica = errors.New("it is a replica")
)

// A place is where a session reads from: one server, or all masters of a cluster.
type place struct {
	layout target.Layout
	// servers are the masters, for events, scans and what is asked of a server.
	servers []*redis.Client
	// names is for what is asked about names: it goes to the master that has them.
	names asker
}

// An asker takes many questions in one go.
type asker interface {
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
	Close() error
}

// open returns the place of a layout. It connects to nothing yet.
func (n *node) open(layout target.Layout) *place {
	p := &place{layout: layout}
	for _, m := range layout.Masters {
		c := redis.NewClient(n.options(m.Addr))
		c.AddHook(n.meter)
		p.servers = append(p.servers, c)
	}
	if n.source.Target.Mode == target.Cluster {
		p.names = n.clusterClient(layout)
	} else {
		p.names = p.servers[0]
	}
	return p
}

// close ends all connections. It may be called again.
func (p *place) close() {
	_ = p.names.Close() // closing twice is all that can go wrong
	for _, c := range p.servers {
		_ = c.Close()
	}
}

// options returns the options of a client of ours: no silent repeats, short
// timeouts that heed the context, and no greetings that older servers do not know.
func (n *node) options(addr string) *redis.Options {
	o := n.source.Target.At(addr)
	o.Protocol = 2
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = commandTimeout, commandTimeout, commandTimeout
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = quietMaintenance
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = 2, 0, 0, 0
	o.PipelinePoolSize = -1
	dial := o.Dialer
	if dial == nil {
		plain := *o
		dial = redis.NewDialer(&plain)
	}
	o.Dialer = n.meter.dialer(dial)
	return o
}

// clusterClient returns a client that sends each question to the master of its
// slot, also while the slot is being moved.
func (n *node) clusterClient(layout target.Layout) *redis.ClusterClient {
	o := n.options("")
	c := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: layout.Addrs(), Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		CredentialsProvider: o.CredentialsProvider, CredentialsProviderContext: o.CredentialsProviderContext,
		StreamingCredentialsProvider: o.StreamingCredentialsProvider, Dialer: o.Dialer, Protocol: o.Protocol,
		MaxRetries: -1, DialerRetries: 1, DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		ContextTimeoutEnabled: true, DisableIdentity: true, MaintNotificationsConfig: quietMaintenance,
		PoolSize: 2, PipelinePoolSize: -1,
	})
	c.AddHook(n.meter)
	return c
}

// arrive shows where the session is.
func (s *session) arrive() {
	s.board.nodeStatus(s.index, func(n *NodeStatus) {
		before := strings.Fields(n.Masters)
		if s.source.Target.Mode == target.Standalone {
			return
		}
		n.Masters = strings.Join(s.layout.Addrs(), " ")
		for _, addr := range before {
			if !strings.Contains(" "+n.Masters+" ", " "+addr+" ") {
				n.Failover = s.board.now()
			}
		}
		n.Address = target.Server(s.source.Target.At(s.layout.Masters[0].Addr)).Address()
	})
}

// relocate looks whether the masters are those that the session is connected to.
// Slots of a cluster that were moved are read again.
func (s *session) relocate(ctx context.Context) error {
	if s.source.Target.Mode == target.Standalone {
		return nil
	}
	layout, err := s.locator.Locate(ctx)
	if err != nil {
		return err
	}
	if !layout.SameMasters(&s.layout) {
		for _, m := range s.layout.Masters {
			if !hasMaster(&layout, m) {
				return fmt.Errorf("%w from %s", errReplaced, m.Addr)
			}
		}
		return errGap // there is one more, of which no events came yet
	}
	gained := layout.Gained(&s.layout)
	s.layout = layout
	if len(gained) == 0 {
		return nil
	}
	moved := make(map[int]bool, len(gained))
	for _, slot := range gained {
		moved[slot] = true
	}
	for _, name := range s.board.keysOf(s.index) {
		if moved[target.Slot(name)] {
			s.dirty.add(name)
		}
	}
	s.scanNow() // what was in the slots already
	return nil
}

func hasMaster(l *target.Layout, m target.Master) bool {
	for _, other := range l.Masters {
		if other.ID == m.ID && other.Addr == m.Addr {
			return true
		}
	}
	return false
}

// pingAll asks every server whether it is well, and returns the longest round
// trip.
func (s *session) pingAll(ctx context.Context) (took time.Duration, err error) {
	for i, c := range s.servers {
		if err := failure(c.Ping(ctx).Err()); err != nil {
			if len(s.servers) > 1 {
				err = fmt.Errorf("master %s: %w", s.layout.Masters[i].Addr, err)
			}
			return 0, err
		}
		took = max(took, time.Duration(s.meter.took.Load()))
	}
	return took, nil
}
