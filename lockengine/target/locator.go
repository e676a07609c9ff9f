package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// askTimeout is how long one sentinel, or one node of a cluster, may take to say
// where the masters are.
const askTimeout = 500 * time.Millisecond

// A Locator finds out where the masters of a target are. It keeps its connections
// until Close.
type Locator struct {
	target *Target

	mu      sync.Mutex // guards what follows, and is held while asking
	clients map[string]*redis.Client
	known   []string // nodes of the cluster, the one that answered last first
}

// Locator returns a locator of the target. It connects to nothing yet.
func (t *Target) Locator() *Locator {
	return &Locator{target: t, clients: make(map[string]*redis.Client)}
}

// Locate returns where the masters are now. It fails when that is not certain:
// when no majority of the sentinels names the same master, and when no node of
// the cluster sees a master for every slot.
func (l *Locator) Locate(ctx context.Context) (Layout, error) {
	switch l.target.Mode {
	case Sentinel:
		return l.askSentinels(ctx)
	case Cluster:
		return l.askCluster(ctx)
	}
	return server(l.target.Options.Addr), nil
}

// Close ends the connections. It may be called again.
func (l *Locator) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for addr := range l.clients {
		l.dropLocked(addr)
	}
}

func (l *Locator) dropLocked(addr string) {
	if c := l.clients[addr]; c != nil {
		_ = c.Close() // closing twice is all that can go wrong
		delete(l.clients, addr)
	}
}

// clientLocked returns a client of a sentinel, or of a node of the cluster.
func (l *Locator) clientLocked(addr string) *redis.Client {
	if c := l.clients[addr]; c != nil {
		return c
	}
	o := *l.target.Options
	if l.target.Mode == Sentinel {
		o = *l.target.sentinel
	}
	o.Addr = addr
	o.MaxRetries = -1
	o.DialTimeout, o.DialerRetries = askTimeout, 1
	o.ReadTimeout, o.WriteTimeout = askTimeout, askTimeout
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.PoolSize, o.MinIdleConns = 2, 0 // with 1 the library goes on dialling in the background after a failure
	c := redis.NewClient(&o)
	l.clients[addr] = c
	return c
}

// askSentinels asks all of them, and believes a majority.
func (l *Locator) askSentinels(ctx context.Context) (Layout, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.target
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	named, errs := make([]string, len(t.Seeds)), make([]error, len(t.Seeds))
	var wg sync.WaitGroup
	for i, seed := range t.Seeds {
		c := l.clientLocked(seed)
		wg.Go(func() {
			var addr []string
			addr, errs[i] = c.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", t.Master).StringSlice()
			if errs[i] == nil && len(addr) == 2 {
				named[i] = net.JoinHostPort(addr[0], addr[1])
			}
		})
	}
	wg.Wait()
	votes := make(map[string]int)
	for i, addr := range named {
		if addr == "" {
			l.dropLocked(t.Seeds[i])
			continue
		}
		if votes[addr]++; votes[addr] > len(t.Seeds)/2 {
			return server(addr), nil
		}
	}
	return Layout{}, l.undecided(len(votes), errs)
}

// undecided says why the sentinels named no master.
func (l *Locator) undecided(masters int, errs []error) error {
	t := l.target
	silent, first := 0, error(nil)
	for i, err := range errs {
		switch {
		case errors.Is(err, redis.Nil):
			return fmt.Errorf("sentinel %s knows no master %q", t.Seeds[i], t.Master)
		case err != nil:
			silent++
			if first == nil {
				first = fmt.Errorf("%s: %w", t.Seeds[i], err)
			}
		}
	}
	if masters > 1 {
		return fmt.Errorf("the sentinels do not agree on the master %q", t.Master)
	}
	return fmt.Errorf("%d of %d sentinels do not say where the master %q is: %w", silent, len(t.Seeds), t.Master, first)
}

// askCluster asks one node after the other until one sees the whole cluster.
func (l *Locator) askCluster(ctx context.Context) (Layout, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first error
	for _, addr := range l.candidatesLocked() {
		layout, err := l.askNodeLocked(ctx, addr)
		if err == nil {
			l.known = append([]string{addr}, slices.DeleteFunc(layout.Addrs(), func(a string) bool { return a == addr })...)
			return layout, nil
		}
		l.dropLocked(addr)
		if first == nil {
			first = fmt.Errorf("%s: %w", addr, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return Layout{}, fmt.Errorf("no node of the cluster sees all of it: %w", first)
}

// candidatesLocked are the nodes that may be asked: the one that answered last,
// the other masters of that time, and those that were named.
func (l *Locator) candidatesLocked() []string {
	all := slices.Clone(l.known)
	for _, seed := range l.target.Seeds {
		if !slices.Contains(all, seed) {
			all = append(all, seed)
		}
	}
	return all
}

func (l *Locator) askNodeLocked(ctx context.Context, addr string) (Layout, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	pipe := l.clientLocked(addr).Pipeline()
	info := pipe.ClusterInfo(ctx)
	slots := pipe.ClusterSlots(ctx)
	nodes := pipe.ClusterNodes(ctx)
	if _, err := pipe.Exec(ctx); err != nil {
		return Layout{}, err
	}
	if !strings.Contains(info.Val(), "cluster_state:ok") {
		return Layout{}, errors.New("the cluster is not well (cluster_state is not ok)")
	}
	return clusterLayout(addr, slots.Val(), nodes.Val())
}
