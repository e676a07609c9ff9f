package embedded

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// stats are the counters of INFO.
type stats struct {
	connections, commands, errors int64
	hits, misses                  int64
	expired, changes              int64
	droppedSubscribers            int64
}

// sections are the parts of INFO, in its order.
var sections = []struct {
	name  string
	title string
	write func(x *call, line func(name string, value any))
}{
	{"server", "Server", infoServer},
	{"clients", "Clients", infoClients},
	{"memory", "Memory", infoMemory},
	{"persistence", "Persistence", infoPersistence},
	{"stats", "Stats", infoStats},
	{"replication", "Replication", infoReplication},
	{"cluster", "Cluster", infoCluster},
	{"keyspace", "Keyspace", infoKeyspace},
}

// serverReport is INFO.
func serverReport(x *call) {
	wanted := make(map[string]bool)
	for _, arg := range x.args[1:] {
		wanted[lower(arg)] = true
	}
	all := len(x.args) == 1 || wanted["all"] || wanted["default"] || wanted["everything"]
	var b strings.Builder
	for _, s := range sections {
		if !all && !wanted[s.name] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + s.title + "\r\n")
		s.write(x, func(name string, value any) { fmt.Fprintf(&b, "%s:%v\r\n", name, value) })
	}
	x.out.lines(b.String())
}

func infoServer(x *call, line func(string, any)) {
	n, l := x.node, x.conn.life
	started, runID := time.Now(), ""
	if l != nil {
		started, runID = l.started, l.runID
	}
	_, port, _ := net.SplitHostPort(n.addr)
	up := int64(time.Since(started).Seconds())
	line("redis_version", version)
	line("redis_git_sha1", "00000000")
	line("redis_git_dirty", 0)
	line("redis_mode", "standalone")
	line("lockscope_embedded", 1)
	line("os", runtime.GOOS+" "+runtime.GOARCH)
	line("arch_bits", strconv.IntSize)
	line("process_id", os.Getpid())
	line("run_id", runID)
	line("tcp_port", port)
	line("server_time_usec", n.clock.nowMicros())
	line("uptime_in_seconds", up)
	line("uptime_in_days", up/86400)
	line("hz", n.settings.values["hz"])
	line("configured_hz", n.settings.values["hz"])
}

func infoClients(x *call, line func(string, any)) {
	line("connected_clients", len(x.node.clients))
	line("maxclients", maxClients)
	line("blocked_clients", 0)
}

// infoMemory gives an estimate: the keys of one node cannot be told from the
// rest of the process.
func infoMemory(x *call, line func(string, any)) {
	keys := 0
	for _, db := range x.node.dbs {
		keys += len(db.entries)
	}
	used := 1<<20 + 256*keys
	line("used_memory", used)
	line("used_memory_human", fmt.Sprintf("%.2fM", float64(used)/(1<<20)))
	line("number_of_cached_scripts", len(x.node.scripts.known))
	line("maxmemory", x.node.settings.values["maxmemory"])
	line("maxmemory_policy", x.node.settings.values["maxmemory-policy"])
}

func infoPersistence(x *call, line func(string, any)) {
	aof := 0
	if x.node.settings.values["appendonly"] == "yes" {
		aof = 1
	}
	line("loading", 0)
	line("rdb_changes_since_last_save", x.node.stats.changes)
	line("rdb_bgsave_in_progress", 0)
	line("rdb_last_bgsave_status", "ok")
	line("aof_enabled", aof)
	line("aof_rewrite_in_progress", 0)
	line("aof_last_write_status", "ok")
}

func infoStats(x *call, line func(string, any)) {
	s := x.node.stats
	line("total_connections_received", s.connections)
	line("total_commands_processed", s.commands)
	line("expired_keys", s.expired)
	line("evicted_keys", 0)
	line("keyspace_hits", s.hits)
	line("keyspace_misses", s.misses)
	line("pubsub_channels", len(x.node.pubsub.channels))
	line("pubsub_patterns", len(x.node.pubsub.patterns))
	line("client_output_buffer_limit_disconnections", s.droppedSubscribers)
	line("total_error_replies", s.errors)
}

func infoReplication(_ *call, line func(string, any)) {
	line("role", "master")
	line("connected_slaves", 0)
	line("master_failover_state", "no-failover")
	line("master_repl_offset", 0)
}

func infoCluster(_ *call, line func(string, any)) {
	line("cluster_enabled", 0)
}

func infoKeyspace(x *call, line func(string, any)) {
	var expires [databases]int
	for _, e := range x.node.deadlines.heap {
		expires[e.db.index]++
	}
	for i, db := range x.node.dbs {
		if len(db.entries) > 0 {
			line("db"+strconv.Itoa(i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=0", len(db.entries), expires[i]))
		}
	}
}
