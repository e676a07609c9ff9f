package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/spawn"
)

// nodes are the servers that locks are taken on, and a connection to each
// besides those that are measured.
type nodes struct {
	servers []*spawn.Server
	clients []*redis.Client
	addrs   []string
}

// startNodes starts n servers that keep everything in memory.
func startNodes(ctx context.Context, n int) (*nodes, error) {
	servers, err := spawn.StartAll(ctx, n, "--save", "", "--appendonly", "no")
	if err != nil {
		return nil, err
	}
	s := &nodes{servers: servers}
	for _, server := range servers {
		s.addrs = append(s.addrs, server.Addr())
		s.clients = append(s.clients, redis.NewClient(&redis.Options{Addr: server.Addr()}))
	}
	return s, nil
}

func (n *nodes) stop() {
	for _, c := range n.clients {
		_ = c.Close()
	}
	spawn.StopAll(n.servers)
}

// forget empties the nodes of locks, and not of what an engine needs to trust
// them.
func (n *nodes) forget(ctx context.Context, names []string) error {
	for _, c := range n.clients {
		if err := c.Unlink(ctx, names...).Err(); err != nil {
			return fmt.Errorf("node %s: %w", c.Options().Addr, err)
		}
	}
	return nil
}

// serverUsage is what servers have used since they started.
type serverUsage struct {
	cpu      time.Duration
	commands int64 // those that scripts call included
	reads    int64 // reads from connections, each of which may bring many commands
}

// usage adds up what all nodes have used.
func (n *nodes) usage(ctx context.Context) (serverUsage, error) {
	var sum serverUsage
	for _, c := range n.clients {
		text, err := c.Info(ctx).Result()
		if err != nil {
			return sum, fmt.Errorf("node %s: %w", c.Options().Addr, err)
		}
		info := parseInfo(text)
		sum.cpu += time.Duration((info.number("used_cpu_user") + info.number("used_cpu_sys")) * float64(time.Second))
		sum.commands += int64(info.number("total_commands_processed"))
		sum.reads += int64(info.number("total_reads_processed"))
	}
	return sum, nil
}

// info is what a server says of itself.
type info map[string]string

func parseInfo(text string) info {
	fields := make(info)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// number returns a field, 0 when the server does not tell it.
func (i info) number(name string) float64 {
	v, _ := strconv.ParseFloat(i[name], 64)
	return v
}
