package main

import (
	"context"
	"runtime"
	"syscall"
	"time"
)

// usage is what has been used up to now, by this process and by the servers.
type usage struct {
	allocs  uint64
	cpu     time.Duration
	servers serverUsage
}

func takeUsage(ctx context.Context, n *nodes) (usage, error) {
	var u usage
	var err error
	if u.servers, err = n.usage(ctx); err != nil {
		return u, err
	}
	u.cpu = processCPU()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	u.allocs = mem.Mallocs
	return u, nil
}

// since is what was used since an earlier usage.
func (u usage) since(before usage) usage {
	return usage{
		allocs: u.allocs - before.allocs,
		cpu:    u.cpu - before.cpu,
		servers: serverUsage{
			cpu:      u.servers.cpu - before.servers.cpu,
			commands: u.servers.commands - before.servers.commands,
			reads:    u.servers.reads - before.servers.reads,
		},
	}
}

// processCPU is the processor time of this process, 0 where the system does not
// tell it.
func processCPU() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
