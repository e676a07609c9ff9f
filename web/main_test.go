package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/internal/spawn"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/redisnode"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher"
)

// quietLog keeps the client library's own remarks on nodes that these tests
// stop out of their output.
type quietLog struct{}

func (quietLog) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(quietLog{})
	// The client library tries a stopped node for up to a second after its pool was
	// closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// A logBook gathers what was logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A world is a server on real nodes, for the length of a test.
type world struct {
	t       testing.TB
	servers []*spawn.Server
	redis   []*redis.Client
	engine  *lockengine.Engine
	watcher *watcher.Watcher
	board   *watcher.Board
	server  *Server
	addr    string
	logs    *logBook
}

// begin starts a world of n nodes.
func begin(t testing.TB, n int, change ...func(*Config)) *world {
	t.Helper()
	return beginWith(t, n, func(c *Config, _ *Deps) {
		for _, f := range change {
			f(c)
		}
	})
}

// beginWith starts a world of n nodes whose server has other parts as well.
func beginWith(t testing.TB, n int, change func(*Config, *Deps)) *world {
	t.Helper()
	w := &world{t: t, servers: redistest.StartAll(t, n), logs: &logBook{}}
	logger := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var sources []watcher.Source
	var nodes []lockengine.Node
	for i, s := range w.servers {
		id := string(rune('a' + i))
		opts := &redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true}
		sources = append(sources, watcher.Source{ID: id, Target: target.Server(opts)})
		node := redisnode.New(id, opts)
		t.Cleanup(func() { _ = node.Close() })
		nodes = append(nodes, node)
		client := redis.NewClient(opts)
		t.Cleanup(func() { _ = client.Close() })
		w.redis = append(w.redis, client)
	}
	var err error
	w.watcher, err = watcher.New(sources, watcher.Config{Logger: logger})
	must(t, err)
	w.board = w.watcher.Board()
	w.engine, err = lockengine.New(nodes, lockengine.Config{NodeTimeout: time.Second, Fresh: true, Observer: w.board, Wake: w.board})
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = w.engine.Close(ctx) // of nodes that a test may have stopped
	})
	w.watch()
	w.serve(logger, change)
	return w
}

// watch runs the watcher until the test ends, and waits for its first sync.
func (w *world) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.watcher.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("watcher: %v", err)
		}
	})
	eventually(w.t, "all nodes are read", func() bool {
		for _, n := range w.board.Nodes() {
			if n.Synced.IsZero() || n.Notifications != watcher.NotificationsLive {
				return false
			}
		}
		return true
	})
}

func (w *world) serve(logger *slog.Logger, change func(*Config, *Deps)) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	w.addr = ln.Addr().String()
	cfg := Config{Addr: w.addr, Version: "test"}
	deps := Deps{Engine: w.engine, Board: w.board, Forcer: w.watcher, Logger: logger}
	change(&cfg, &deps)
	w.server, err = New(cfg, deps)
	must(w.t, err)
	served := make(chan error, 1)
	go func() { served <- w.server.Serve(ln) }()
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.server.Shutdown(ctx); err != nil {
			w.t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			w.t.Errorf("Serve: %v", err)
		}
	})
}

// set takes a lock by hand on some nodes.
func (w *world) set(name, value string, ttl time.Duration, nodes ...int) {
	w.t.Helper()
	for _, i := range nodes {
		must(w.t, w.redis[i].Set(w.t.Context(), name, value, ttl).Err())
	}
}

// awaitState waits until the board shows name in the state.
func (w *world) awaitState(name string, state watcher.State) {
	w.t.Helper()
	eventually(w.t, name+" is "+string(state), func() bool {
		lock, ok := w.board.Lock(name)
		return ok && lock.State == state
	})
}

// heldOn returns on how many nodes there is a key called name.
func (w *world) heldOn(name string) int {
	w.t.Helper()
	held := int64(0)
	for _, c := range w.redis {
		n, err := c.Exists(w.t.Context(), name).Result()
		must(w.t, err)
		held += n
	}
	return int(held)
}

// awaitNothing waits until no node holds name: a release is confirmed by a
// quorum, the other nodes may be a moment later.
func (w *world) awaitNothing(name string) {
	w.t.Helper()
	eventually(w.t, "no node holds "+name, func() bool { return w.heldOn(name) == 0 })
}

// A browser is a client with cookies.
type browser struct {
	w      *world
	client *http.Client
	// host replaces the Host header, header is added to every request.
	host   string
	header http.Header
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	transport := &http.Transport{DisableCompression: true}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &browser{w: w, header: http.Header{}, client: &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// An answer of the server, read to its end.
type reply struct {
	*http.Response
	t    testing.TB
	text string
}

// do sends a request. A body that is no string is sent as JSON.
func (b *browser) do(method, path string, body any, header ...string) reply {
	b.w.t.Helper()
	r, err := b.try(context.Background(), method, path, body, header...)
	must(b.w.t, err)
	return r
}

func (b *browser) try(ctx context.Context, method, path string, body any, header ...string) (reply, error) {
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		content = bytes.NewReader(encode(body))
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+b.w.addr+path, content)
	must(b.w.t, err)
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for key, values := range b.header {
		req.Header[key] = values
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Host = b.host
	resp, err := b.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{Response: resp, t: b.w.t, text: string(text)}, err
}

func (b *browser) get(path string, header ...string) reply {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, nil, header...)
}

func (b *browser) post(call string, body any, header ...string) reply {
	b.w.t.Helper()
	return b.do(http.MethodPost, "/api/v1/locks/"+call, body, header...)
}

// fields are the members of a JSON object.
type fields = map[string]any

// acquire takes a lock and returns its lease.
func (b *browser) acquire(name string) fields {
	b.w.t.Helper()
	return b.post("acquire", fields{"name": name, "ttl": "30s"}).status(http.StatusCreated).json()["lease"].(fields)
}

// status fails the test unless the answer has the status.
func (r reply) status(want int) reply {
	r.t.Helper()
	if r.StatusCode != want {
		r.t.Fatalf("%s %s: got status %d, want %d\n%s", r.Request.Method, r.Request.URL, r.StatusCode, want, r.text)
	}
	return r
}

func (r reply) json() fields {
	r.t.Helper()
	var v fields
	if err := json.Unmarshal([]byte(r.text), &v); err != nil {
		r.t.Fatalf("%s %s: %v\n%s", r.Request.Method, r.Request.URL, err, r.text)
	}
	return v
}

// problem fails the test unless the answer is a problem with the status and
// code, and returns its members.
func (r reply) problem(status int, code string) fields {
	r.t.Helper()
	r.status(status)
	if typ := r.Header.Get("Content-Type"); typ != problemType {
		r.t.Errorf("%s %s: got type %q, want %q", r.Request.Method, r.Request.URL, typ, problemType)
	}
	v := r.json()
	if v["code"] != code || v["status"] != float64(status) || v["type"] != "about:blank" ||
		v["title"] != http.StatusText(status) || v["detail"] == "" {
		r.t.Errorf("%s %s: got %s, want the code %q", r.Request.Method, r.Request.URL, r.text, code)
	}
	return v
}

// field fails the test unless the answer is a 422 that names just this field.
func (r reply) field(name string) {
	r.t.Helper()
	list, _ := r.problem(http.StatusUnprocessableEntity, codeInvalid)["errors"].([]any)
	if len(list) != 1 || list[0].(fields)["field"] != name || list[0].(fields)["message"] == "" {
		r.t.Errorf("got %s, want an error of the field %q", r.text, name)
	}
}

// eventually waits until what holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
