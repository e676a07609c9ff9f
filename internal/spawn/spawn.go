// Package spawn runs real Redis servers as children of this process, on free
// loopback ports, each with a temporary folder of its own.
//
// The children die with the parent, also when the parent is killed (on Linux,
// by Pdeathsig), and leave nothing on disk after Stop.
package spawn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNoServer is returned by Start when no Redis server program is installed.
var ErrNoServer = errors.New("neither redis-server nor valkey-server is on PATH: " +
	"install the package redis-server (Debian, Ubuntu), redis (Fedora, Homebrew, Alpine) or valkey")

// readyTimeout is how long one server may take until it answers.
const readyTimeout = 10 * time.Second

// A Server is one running child.
type Server struct {
	addr string
	dir  string
	args []string
	path string

	mu   sync.Mutex // guards cmd, done
	cmd  *exec.Cmd
	done chan struct{} // closed when the child has ended
}

// Find returns the path of the first Redis server program on PATH.
func Find() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoServer
}

// Start runs one server with the extra arguments given, in the syntax of the
// server's command line ("--appendonly", "yes"), and returns when it answers. A
// first argument without dashes is the path of a configuration file.
func Start(ctx context.Context, args ...string) (*Server, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lockscope-redis-")
	if err != nil {
		return nil, fmt.Errorf("folder for a Redis server: %w", err)
	}
	// Another program may take the free port before the server binds it, so
	// try again with another one.
	for range 5 {
		var port int
		if port, err = freePort(); err != nil {
			break
		}
		s := &Server{addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), dir: dir, args: args, path: path}
		if err = s.launch(ctx); err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	os.RemoveAll(dir)
	return nil, fmt.Errorf("start %s: %w", path, err)
}

// StartAll runs n servers side by side. It returns all or none.
func StartAll(ctx context.Context, n int, args ...string) ([]*Server, error) {
	if _, err := Find(); err != nil {
		return nil, err // once, not n times
	}
	servers := make([]*Server, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { servers[i], errs[i] = Start(ctx, args...) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		StopAll(servers)
		return nil, err
	}
	return servers, nil
}

// StopAll stops the servers side by side; nil entries are passed over.
func StopAll(servers []*Server) {
	var wg sync.WaitGroup
	for _, s := range servers {
		if s != nil {
			wg.Go(s.Stop)
		}
	}
	wg.Wait()
}

// Addr is the host and port of the server.
func (s *Server) Addr() string { return s.addr }

// URL is the address as a redis:// URL.
func (s *Server) URL() string { return "redis://" + s.addr }

// PID is the process id of the child, 0 when it does not run.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Signal sends a signal to the child, for tests and demonstrations of faults.
func (s *Server) Signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return fmt.Errorf("server %s is not running", s.addr)
	}
	return s.cmd.Process.Signal(sig)
}

// Kill ends the child at once and keeps its folder, so that Restart finds what
// it had persisted. A server that does not run is left alone.
func (s *Server) Kill() {
	s.mu.Lock()
	cmd, done := s.cmd, s.done
	s.cmd = nil
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // an ended child is what we want
	<-done
}

// Restart runs a killed server again on the same port and folder.
func (s *Server) Restart(ctx context.Context) error {
	s.Kill()
	return s.launch(ctx)
}

// Stop ends the child and removes its folder. It may be called again.
func (s *Server) Stop() {
	s.Kill()
	os.RemoveAll(s.dir)
}

func (s *Server) launch(ctx context.Context) error {
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}
	var args []string
	more := s.args
	if len(more) > 0 && !strings.HasPrefix(more[0], "-") {
		args, more = more[:1:1], more[1:]
	}
	args = append(args, "--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--daemonize", "no",
		"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction")
	args = append(args, more...)
	cmd := exec.Command(s.path, args...)
	cmd.SysProcAttr = childAttr()
	out := &output{ready: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out

	done := make(chan struct{})
	started := make(chan error, 1)
	go func() {
		// Pdeathsig is sent when the thread that started the child ends, so
		// that thread is kept until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // the exit code of a killed child says nothing
		}
		close(done)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.mu.Lock()
	s.cmd, s.done = cmd, done
	s.mu.Unlock()

	timer := time.NewTimer(readyTimeout)
	defer timer.Stop()
	select {
	case <-out.ready:
		return nil
	case <-done:
		s.Kill()
		return fmt.Errorf("server on %s ended at once: %s", s.addr, out)
	case <-ctx.Done():
		s.Kill()
		return fmt.Errorf("server on %s: %w", s.addr, context.Cause(ctx))
	case <-timer.C:
		s.Kill()
		return fmt.Errorf("server on %s was not ready within %s: %s", s.addr, readyTimeout, out)
	}
}

// readyLines are what a server prints when it accepts connections, the second as
// a sentinel. Asking it over the network would not do: when another process has
// taken the port meanwhile, that one answers.
var readyLines = [][]byte{[]byte("Ready to accept connections"), []byte("Sentinel ID is")}

// An output keeps what a server prints and tells when it is ready.
type output struct {
	mu    sync.Mutex // guards text
	text  []byte
	ready chan struct{} // closed when it is
}

// maxOutput is how much is kept of what a server prints.
const maxOutput = 64 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := maxOutput - len(o.text); room > 0 {
		o.text = append(o.text, p[:min(room, len(p))]...)
	}
	select {
	case <-o.ready:
	default:
		if slices.ContainsFunc(readyLines, func(line []byte) bool { return bytes.Contains(o.text, line) }) {
			close(o.ready)
		}
	}
	return len(p), nil
}

// String is the end of what the server printed.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := bytes.TrimSpace(o.text)
	return string(text[max(0, len(text)-2000):])
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
