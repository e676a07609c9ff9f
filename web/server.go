package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/internal/stage"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher"
)

// The timeouts of the server. Between them a client can hold a connection, but
// not for ever and not for nothing.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// A Config says how to serve. The zero value works.
type Config struct {
	// Addr is the address that is listened on, as host:port. It only tells
	// which Host names are ours; Serve adds that of its listener.
	Addr string
	// BasePath is the path under which everything is served, such as
	// "/lockscope". Default "/".
	BasePath string
	// Environment is the badge on every page, such as "prod"; empty for none.
	Environment string
	// Version is the version of the program.
	Version string
	// ReadOnly leaves out every command.
	ReadOnly bool
	// AllowedHosts are names that we answer to beside those of loopback and
	// Addr, without a port.
	AllowedHosts []string
	// TTL and MaxTTL are the default and the longest lease. Defaults: those of
	// the engine.
	TTL, MaxTTL time.Duration
	// Watch are the patterns of names that locks may be taken of. Default
	// "lock:*".
	Watch []string
	// Embedded tells people that the nodes live inside this process.
	Embedded bool
	// Limits bound what clients may use.
	Limits Limits
}

// Deps are the parts that the server shows and commands.
type Deps struct {
	// Engine takes the locks. It may be nil when Config.ReadOnly.
	Engine *lockengine.Engine
	// Board is what is shown.
	Board *watcher.Board
	// Ready says why the program is not ready to serve, or nil. Default: it
	// always is.
	Ready func() error
	// Metrics answers at /metrics; nil for nothing there.
	Metrics http.Handler
	// Forcer takes locks from others; nil for no such command.
	Forcer Forcer
	// Journal keeps who did what. Default: one in memory.
	Journal *journal.Journal
	// Counted is told of every command and what came of it; may be nil.
	Counted func(action, outcome string)
	// Stages are what the stage page shows; nil for no such page.
	Stages *stage.Stages
	// Logger hears of what goes wrong, and of requests at debug level. Default
	// slog.Default().
	Logger *slog.Logger
}

// A Server serves the pages, the API and the stream.
type Server struct {
	cfg    Config
	base   string // the base path without a slash at its end
	engine *lockengine.Engine
	board  *watcher.Board
	ready  func() error
	metric http.Handler
	log    *slog.Logger

	forcer  Forcer
	journal *journal.Journal
	counted func(action, outcome string)

	echo        *echo.Echo
	http        *http.Server
	hosts       atomic.Pointer[hostList]
	crossOrigin *http.CrossOriginProtection
	assets      *assets
	throttle    *throttle
	answers     *answers
	leases      *leaseStore
	rows        rows
	tabs        *tabs
	hub         *hub
	trend       trend
	stages      *stages // nil where there are none

	// stopping ends when Shutdown begins.
	stopping context.Context
	stop     context.CancelFunc
}

// New returns a server that is not listening yet.
func New(cfg Config, deps Deps) (*Server, error) {
	if deps.Board == nil {
		return nil, errors.New("web: no board to show")
	}
	if deps.Engine == nil && !cfg.ReadOnly {
		return nil, errors.New("web: no engine to take locks with, and not read-only")
	}
	base := strings.TrimRight(cfg.BasePath, "/")
	if base != "" && (base[0] != '/' || strings.ContainsAny(base, "?#*:\\ ") || strings.Contains(base, "//")) {
		return nil, fmt.Errorf("web: base path: got %q, want a path such as /lockscope", cfg.BasePath)
	}
	if deps.Engine != nil {
		def(&cfg.TTL, deps.Engine.Config().TTL)
		def(&cfg.MaxTTL, deps.Engine.Config().MaxTTL)
	}
	def(&cfg.TTL, lockengine.DefaultTTL)
	def(&cfg.MaxTTL, lockengine.DefaultMaxTTL)
	if len(cfg.Watch) == 0 {
		cfg.Watch = []string{"lock:*"}
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if deps.Ready == nil {
		deps.Ready = func() error { return nil }
	}
	if deps.Logger == nil {
		deps.Logger = slog.Default()
	}

	if deps.Journal == nil {
		deps.Journal = journal.New(nil, deps.Logger)
	}

	loaded, err := embedded()
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &Server{
		cfg: cfg, base: base,
		engine: deps.Engine, board: deps.Board, ready: deps.Ready, metric: deps.Metrics, log: deps.Logger,
		forcer: deps.Forcer, journal: deps.Journal, counted: deps.Counted,
		crossOrigin: http.NewCrossOriginProtection(),
		assets:      loaded,
		throttle:    newThrottle(cfg.Limits.CommandRate, cfg.Limits.CommandBurst),
		answers:     newAnswers(),
		leases:      newLeaseStore(cfg.Limits.Leases, deps.Board.Touch),
	}
	s.hosts.Store(newHostList(cfg.Addr, cfg.AllowedHosts))
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.tabs = newTabs(func(l *storedLease) { s.giveBack(l.lease) })
	s.rows = rows{board: deps.Board, leases: s.leases}
	s.hub = newHub(s.rows, deps.Engine, deps.Journal, s.tabs, cfg.ReadOnly, cfg.Environment, cfg.Limits, deps.Logger)
	if deps.Stages != nil {
		s.stages = newStages(deps.Stages, cfg.Limits.StageSockets)
	}
	s.echo = s.routes()
	s.http = &http.Server{
		Handler:           s.echo,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(deps.Logger.Handler(), slog.LevelDebug),
		// HTTP/2 has no hijacking, which the stream needs.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	return s, nil
}

// Handler is what Serve serves, for tests that bring their own server.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve serves on ln until Shutdown, and then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	hosts := newHostList(s.cfg.Addr, s.cfg.AllowedHosts)
	hosts.listen(ln.Addr().String())
	s.hosts.Store(hosts)
	var sampling sync.WaitGroup
	sampling.Go(func() { s.trend.run(s.stopping, s.hub.states) })
	defer sampling.Wait()
	defer s.stop() // also where it could not listen
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// Shutdown takes no more commands, tells all streams to go elsewhere and waits
// for what is under way until ctx ends. Leases are left to the engine's Close.
// It may be called again.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	s.tabs.close()
	hubErr := s.hub.shutdown(ctx)
	s.stages.shutdown(ctx)
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close() // what is left did not end in time
	}
	return errors.Join(hubErr, err)
}
