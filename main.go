// Lockscope is a live web dashboard for distributed locks on Redis.
//
// This file is the program: it reads the settings, puts the parts together,
// runs them and stops them in order. Nothing else knows all the parts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/config"
	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/internal/metrics"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/internal/stage"
	"github.com/lockscope/lockscope/internal/stage/scenarios"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web"
)

// version is set when the program is built.
var version = "dev"

// How long the parts may take to stop. Together they stay within five seconds.
const (
	releaseTime = 3 * time.Second
	socketTime  = time.Second
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is main with everything that a test replaces, and the exit code: 2 for
// settings that cannot be used, 1 for a program that could not run.
func run(args, environ []string, stdout, stderr io.Writer) int {
	m := &Main{Stdout: stdout, Stderr: stderr}
	switch err := m.ParseFlags(args, environ); {
	case errors.Is(err, flag.ErrHelp):
		config.Usage(stdout)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "lockscope: these settings cannot be used:")
		fmt.Fprintln(stderr, err)
		return 2
	case m.Config.ShowVersion:
		fmt.Fprintln(stdout, "lockscope", version)
		return 0
	case m.Config.CheckOnly:
		for _, w := range m.Config.Warnings {
			fmt.Fprintln(stdout, "warning:", w)
		}
		fmt.Fprintln(stdout, "lockscope: the settings are fine")
		return 0
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := m.Run(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
			m.log.Info("stopping; a second signal ends at once")
		case err = <-m.failed:
		}
	}
	stop() // from here on a signal has its default effect: the end
	m.Close()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "lockscope:", err)
		return 1
	}
	return 0
}

// Main is the program. Its parts are started by Run and stopped by Close, in
// the opposite order.
type Main struct {
	Config         *config.Config
	Stdout, Stderr io.Writer

	// Addr is where the dashboard listens, after Run.
	Addr net.Addr

	log     *slog.Logger
	metrics *prometheus.Registry
	failed  chan error // a part that ended by itself
	closers []func()
}

// ParseFlags reads the settings.
func (m *Main) ParseFlags(args, environ []string) (err error) {
	m.Config, err = config.Load(args, environ, ".env")
	return err
}

// Run starts everything and returns when the dashboard answers. After an error
// Close stops what was started.
func (m *Main) Run(ctx context.Context) error {
	cfg := m.Config
	m.failed = make(chan error, 2)
	m.log = newLog(m.Stderr, cfg)
	m.metrics = prometheus.NewRegistry()
	m.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	redis.SetLogger(clientLog{m.log})
	for _, w := range cfg.Warnings {
		m.log.Warn(w)
	}

	// The address first: a port that is taken must not cost five servers.
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w (is another dashboard running? LOCKSCOPE_ADDR=127.0.0.1:0 picks a free port)", err)
	}
	m.defers(func() { ln.Close() })
	m.Addr = ln.Addr()

	sources, err := m.startNodes(ctx)
	if err != nil {
		return err
	}
	watch, err := m.startWatcher(sources)
	if err != nil {
		return err
	}
	// A dashboard that only shows leaves no trace on the nodes, not even the
	// engine's memory markers.
	var engine *lockengine.Engine
	if !cfg.ReadOnly {
		if engine, err = m.startEngine(sources, watch.Board()); err != nil {
			return err
		}
	}
	return m.startWeb(ln, engine, watch)
}

// observers pass each event on to several.
type observers []lockengine.Observer

func (o observers) Observe(event lockengine.Event) {
	for _, each := range o {
		each.Observe(event)
	}
}

// nodeLog tells the log of nodes whose votes do not count, or count again. That
// one does not answer is told by the watcher.
type nodeLog struct{ log *slog.Logger }

func (l nodeLog) Observe(event lockengine.Event) {
	switch event.Kind {
	case lockengine.EventQuarantined:
		l.log.Warn("the votes of a node do not count", "node", event.Node, "reason", event.Err, "until", event.ValidUntil)
	case lockengine.EventAdmitted:
		l.log.Info("the votes of a node count again", "node", event.Node)
	case lockengine.EventClock:
		l.log.Warn("the clock of a node jumped", "node", event.Node, "by", event.Jump)
	}
}

// Close stops what Run started. It may be called again.
func (m *Main) Close() {
	for len(m.closers) > 0 {
		last := len(m.closers) - 1
		closer := m.closers[last]
		m.closers = m.closers[:last]
		closer()
	}
}

func (m *Main) defers(f func()) { m.closers = append(m.closers, f) }

// startNodes starts the nodes where they are ours, and says where all are.
func (m *Main) startNodes(ctx context.Context) ([]watcher.Source, error) {
	targets := m.Config.Targets
	switch m.Config.Nodes {
	case config.NodesEmbedded:
		nodes, err := embedded.StartAll(m.Config.EmbeddedCount, embedded.Config{})
		if err != nil {
			return nil, err
		}
		m.defers(func() { embedded.StopAll(nodes) })
		for _, n := range nodes {
			targets = append(targets, target.Server(&redis.Options{Addr: n.Addr()}))
		}
	case config.NodesSpawn:
		servers, err := spawn.StartAll(ctx, m.Config.EmbeddedCount)
		if err != nil {
			return nil, err
		}
		m.defers(func() { spawn.StopAll(servers) })
		for _, s := range servers {
			targets = append(targets, target.Server(&redis.Options{Addr: s.Addr()}))
		}
	}
	sources := make([]watcher.Source, len(targets))
	for i, at := range targets {
		sources[i] = watcher.Source{ID: nodeID(i), Target: at}
		m.log.Info("node", "id", sources[i].ID, "address", at.Address(), "kind", m.Config.Nodes, "mode", at.Mode)
	}
	return sources, nil
}

// nodeID names the nodes a, b, ... z, aa, ab, ... in their order.
func nodeID(i int) string {
	id := string(rune('a' + i%26))
	if i >= 26 {
		return nodeID(i/26-1) + id
	}
	return id
}

func (m *Main) startWatcher(sources []watcher.Source) (*watcher.Watcher, error) {
	cfg := m.Config
	w, err := watcher.New(sources, watcher.Config{
		Patterns:      cfg.Watch,
		Libraries:     cfg.Libraries,
		Notifications: watcher.Mode(cfg.Notifications),
		Budget:        cfg.WatchBudget,
		Events:        cfg.WatchEvents,
		ClockDrift:    cfg.ClockDrift,
		Logger:        m.log,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Run(ctx); err != nil {
			m.failed <- err
		}
	})
	m.defers(func() { cancel(); wg.Wait() })
	return w, nil
}

func (m *Main) startEngine(sources []watcher.Source, board *watcher.Board) (*lockengine.Engine, error) {
	nodes := make([]lockengine.Node, len(sources))
	for i, s := range sources {
		node := redisnode.Open(s.ID, s.Target)
		m.defers(func() { _ = node.Close() })
		nodes[i] = node
	}
	settings := m.Config.Engine()
	settings.Observer, settings.Wake = observers{board, metrics.NewEngine(m.metrics), nodeLog{m.log}}, board
	settings.Fresh = m.Config.Nodes != config.NodesURLs
	engine, err := lockengine.New(nodes, settings)
	if err != nil {
		return nil, err
	}
	m.defers(func() {
		ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			m.log.Warn("locks of this process may last until their TTL", "error", err)
		}
	})
	return engine, nil
}

func (m *Main) startWeb(ln net.Listener, engine *lockengine.Engine, watch *watcher.Watcher) error {
	cfg := m.Config
	var stages *stage.Stages
	if cfg.Stage && !cfg.ReadOnly {
		stages = stage.NewStages(stage.Limits{}, scenarios.All(), m.log)
		m.defers(stages.Close)
	}
	records := m.startJournal()
	server, err := web.New(web.Config{
		Addr:         cfg.Addr,
		BasePath:     cfg.BasePath,
		Environment:  cfg.Environment,
		Version:      version,
		ReadOnly:     cfg.ReadOnly,
		AllowedHosts: cfg.Hosts,
		TTL:          cfg.TTL,
		MaxTTL:       cfg.MaxTTL,
		Watch:        cfg.Watch,
		Embedded:     cfg.Nodes == config.NodesEmbedded,
	}, web.Deps{
		Engine: engine,
		Board:  watch.Board(),
		Ready: func() error {
			if !watch.Synced() {
				return errors.New("a quorum of nodes has not been read yet")
			}
			return nil
		},
		Forcer:  watch,
		Journal: records,
		Counted: metrics.NewCommands(m.metrics, func() (int, bool) { s := records.Status(); return s.Waiting, s.Away != "" }).Count,
		Metrics: promhttp.HandlerFor(m.metrics, promhttp.HandlerOpts{}),
		Stages:  stages,
		Logger:  m.log,
	})
	if err != nil {
		return err
	}
	metrics.RegisterState(m.metrics, watch.Board(), engine)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			m.failed <- fmt.Errorf("dashboard: %w", err)
		}
	})
	m.defers(func() {
		ctx, cancel := context.WithTimeout(context.Background(), socketTime)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			m.log.Warn("some connections were cut", "error", err)
		}
		wg.Wait()
	})
	m.log.Info("dashboard", "url", pageURL(m.Addr, cfg.BasePath), "version", version)
	return nil
}

// startJournal begins to keep who does what.
func (m *Main) startJournal() *journal.Journal {
	if m.Config.Journal == nil {
		return journal.New(nil, m.log)
	}
	j := journal.New(m.Config.Journal.Options, m.log)
	ctx, cancel := context.WithCancel(context.Background())
	j.Open(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { j.Run(ctx) })
	m.defers(func() { cancel(); wg.Wait() })
	return j
}

// pageURL is what to open in a browser on this machine.
func pageURL(addr net.Addr, basePath string) string {
	host := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return "http://" + host + basePath
}

func newLog(w io.Writer, cfg *config.Config) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// clientLog takes what the Redis client says to itself. A node that is down is
// told by the watcher, once and in our words.
type clientLog struct{ log *slog.Logger }

func (l clientLog) Printf(_ context.Context, format string, args ...any) {
	l.log.Debug("redis client", "says", fmt.Sprintf(format, args...))
}
