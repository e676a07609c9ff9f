package config

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"time"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

// Kinds of nodes, see Config.Nodes.
const (
	NodesEmbedded = "embedded"
	NodesSpawn    = "spawn"
	NodesURLs     = "urls"
)

// Notification modes, see Config.Notifications.
const (
	NotificationsAuto     = "auto"
	NotificationsExternal = "external"
	NotificationsOff      = "off"
)

const (
	// DefaultWatchBudget is about a twentieth of what a node can do.
	DefaultWatchBudget = 60_000
	// MinWatchBudget leaves room to look whether a node is well.
	MinWatchBudget = 100
	// DefaultWatchEvents is what one core reads beside other work.
	DefaultWatchEvents = 15_000
	// MinWatchEvents is what a few locks bring.
	MinWatchEvents = 100
)

// A Config is the settings in force, checked.
type Config struct {
	Addr string
	// Nodes is one of the Nodes* kinds; with NodesURLs, Targets has one entry
	// per node in the order given.
	Nodes         string
	Targets       []*target.Target
	EmbeddedCount int
	Watch         []string
	// Libraries says which library takes the locks of a pattern of names.
	Libraries format.Pins

	TTL, MaxTTL                          time.Duration
	RetryCount                           int
	RetryDelay, RetryJitter, NodeTimeout time.Duration
	ClockDrift                           time.Duration
	DriftFactor                          float64
	Quarantine                           bool

	Notifications string
	// WatchBudget is how many operations a second watching may cost a node.
	WatchBudget int
	// WatchEvents is how many events a second of a node are followed.
	WatchEvents int
	BasePath    string // "/" or "/path" without a slash at the end
	Hosts       []string
	Environment string
	ReadOnly    bool
	Journal     *target.Target // where the journal is durable; nil for memory only
	Stage       bool
	Auth        string // "" or "none"

	LogLevel  slog.Level
	LogFormat string // "text" or "json"

	// CheckOnly and ShowVersion are the flags -check-config and -version.
	CheckOnly, ShowVersion bool

	// Warnings are about settings that work and are probably not meant.
	Warnings []string
}

// raw is what the settings are before they are checked as a whole.
type raw struct {
	nodes, watch, libraries, hosts, addr, basePath, journal string
	retryCount                                              int
}

// define makes the flag set that is the one list of all settings. Its defaults
// are the defaults of the program.
func define(c *Config, r *raw) *flag.FlagSet {
	c.Quarantine, c.Stage = true, true
	fs := flag.NewFlagSet("lockscope", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&r.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 picks a free one and logs it")
	fs.StringVar(&r.nodes, "nodes", NodesEmbedded, "`where` the nodes are: embedded, spawn, or a comma-separated list of URLs: redis://, rediss://, unix://, redis+sentinel:// and redis+cluster://")
	fs.IntVar(&c.EmbeddedCount, "embedded-count", 5, "`number` of nodes for embedded and spawn")
	fs.StringVar(&r.watch, "watch", "lock:*", "comma-separated key `patterns`: the names that are locks")
	fs.StringVar(&r.libraries, "libraries", "", "comma-separated `pattern=library` pairs: whose locks the names are, where their form does not tell")
	fs.DurationVar(&c.TTL, "ttl", lockengine.DefaultTTL, "lease asked for where none is named")
	fs.DurationVar(&c.MaxTTL, "max-ttl", lockengine.DefaultMaxTTL, "longest lease that may be asked for")
	fs.IntVar(&r.retryCount, "retry-count", lockengine.DefaultRetryCount, "`times` an attempt that nobody won is repeated")
	fs.DurationVar(&c.RetryDelay, "retry-delay", lockengine.DefaultRetryDelay, "pause between two attempts")
	fs.DurationVar(&c.RetryJitter, "retry-jitter", lockengine.DefaultRetryJitter, "by how much that pause varies, both ways")
	fs.DurationVar(&c.ClockDrift, "clock-drift", lockengine.DefaultClockDrift, "by how much the clocks of two nodes may differ")
	fs.Float64Var(&c.DriftFactor, "drift-factor", lockengine.DefaultDriftFactor, "`share` of a TTL by which one clock may run faster than another")
	fs.DurationVar(&c.NodeTimeout, "node-timeout", lockengine.DefaultNodeTimeout, "how long an attempt waits for a node")
	fs.Var((*onOff)(&c.Quarantine), "quarantine", "on or off: `whether` a node that lost its memory sits out for -max-ttl before its votes count again")
	fs.StringVar(&c.Notifications, "notifications", NotificationsAuto, "`how` changes are noticed: auto merges our flags into notify-keyspace-events, external never touches it, off polls")
	fs.IntVar(&c.WatchEvents, "watch-events", DefaultWatchEvents, "`events` a second up to which a node is followed; one that sends more is scanned")
	fs.IntVar(&c.WatchBudget, "watch-budget", DefaultWatchBudget, "`operations` a second that watching may cost each node at most")
	fs.StringVar(&r.basePath, "base-path", "/", "`path` of the dashboard behind a proxy")
	fs.StringVar(&r.hosts, "hosts", "", "comma-separated host `names` by which the dashboard is reached, besides loopback and the host of -addr")
	fs.StringVar(&c.Environment, "environment", "", "`name` shown as a badge on every page, such as prod")
	fs.BoolVar(&c.ReadOnly, "read-only", false, "show, and offer no command at all")
	fs.StringVar(&r.journal, "journal", "", "`URL` of the Redis that keeps who did what: redis://, rediss:// or unix://; without one it is kept in memory, and ends with the program")
	fs.Var((*onOff)(&c.Stage), "stage", "on or off: `whether` the page is offered that shows on nodes of its own how locks behave when things break; it is never offered with -read-only")
	fs.StringVar(&c.Auth, "auth", "", "`who` may use the dashboard: none says that everybody who reaches it may, and is needed to listen on anything but loopback")
	fs.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "least `level` that is logged: debug, info, warn or error")
	fs.StringVar(&c.LogFormat, "log-format", "text", "`form` of the log: text or json")
	fs.BoolVar(&c.CheckOnly, "check-config", false, "check the settings and end")
	fs.BoolVar(&c.ShowVersion, "version", false, "print the version and end")
	return fs
}

// onOff is a setting that is "on" or "off".
type onOff bool

func (v *onOff) Set(s string) error {
	switch s {
	case "on":
		*v = true
	case "off":
		*v = false
	default:
		return errors.New("want on or off")
	}
	return nil
}

func (v *onOff) String() string {
	if v != nil && *v {
		return "on"
	}
	return "off"
}

// actions are flags that say what to do rather than how: they are no settings
// of the environment.
var actions = map[string]bool{"check-config": true, "version": true}

// Usage writes what the flags and settings are.
func Usage(w io.Writer) {
	fs := define(&Config{}, &raw{})
	fs.SetOutput(w)
	_, _ = io.WriteString(w, "Lockscope: a live web dashboard for locks on Redis.\n\n"+
		"usage: lockscope [flags]\n\n"+
		"Each flag but -check-config and -version may also be set in the environment\n"+
		"or in a file .env: -node-timeout is LOCKSCOPE_NODE_TIMEOUT there.\n\n")
	fs.PrintDefaults()
}
