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
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
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
// server's command line ("--appendonly", "yes"), and returns when it answers.
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
	args := append([]string{
		"--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--daemonize", "no",
		"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
	}, s.args...)
	cmd := exec.Command(s.path, args...)
	cmd.SysProcAttr = childAttr()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out

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

	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for !answers(ctx, s.addr, cmd.Process.Pid) {
		select {
		case <-done:
			s.Kill()
			return fmt.Errorf("server on %s ended at once: %s", s.addr, bytes.TrimSpace(out.Bytes()))
		case <-ctx.Done():
			s.Kill()
			return fmt.Errorf("server on %s did not answer within %s", s.addr, readyTimeout)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// answers reports whether the server on addr is the process pid. Another
// process may have taken the port in the meantime, and it may be a Redis too.
func answers(ctx context.Context, addr string, pid int) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	if _, err := conn.Write([]byte("INFO server\r\nQUIT\r\n")); err != nil {
		return false
	}
	reply, _ := io.ReadAll(io.LimitReader(conn, 64<<10)) // what came tells, whole or not
	return bytes.Contains(reply, fmt.Appendf(nil, "\r\nprocess_id:%d\r\n", pid))
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
