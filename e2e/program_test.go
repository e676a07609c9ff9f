package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTime = 15 * time.Second
	// stopTime is what the program promises.
	stopTime = 5 * time.Second
)

// A program is one run of the real binary.
type program struct {
	kind    string
	url     string // of the dashboard, as the log says it
	nodes   []node // in their order: a, b, c, ...
	started time.Time
	ready   time.Duration // from the start to the line with the URL

	cmd    *exec.Cmd
	log    *programLog
	exited chan struct{} // closed when it has ended
}

// A node is one of the program's nodes, as its log says.
type node struct{ id, address, port string }

// launch starts the program on a free port and returns when its dashboard has
// been announced.
func launch(kind string, args ...string) (*program, error) {
	folder, err := os.MkdirTemp(scratch, "run-")
	if err != nil {
		return nil, err
	}
	p := &program{kind: kind, log: newProgramLog(), exited: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"-addr", "127.0.0.1:0", "-nodes", kind}, args...)...)
	p.cmd.Dir = folder // where no .env lies
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TMPDIR=" + folder}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.WaitDelay = time.Second // for a child that outlives it and holds the pipe
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // the exit code is asked for in stop
		close(p.exited)
	}()
	select {
	case <-p.log.announced:
	case <-p.exited:
		return nil, fmt.Errorf("the program ended at once, %s:\n%s", p.cmd.ProcessState, p.log)
	case <-time.After(startTime):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return nil, fmt.Errorf("no dashboard within %s:\n%s", startTime, p.log)
	}
	p.ready = time.Since(p.started)
	p.url, p.nodes = p.log.dashboard()
	return p, nil
}

// start runs a program for the length of the test.
func start(t *testing.T, kind string, args ...string) *program {
	t.Helper()
	p, err := launch(kind, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", p.log.tail())
		}
	})
	return p
}

// stop asks the program to end, and reports whatever it leaves behind. It may
// be called again.
func (p *program) stop() error {
	select {
	case <-p.exited:
		return p.endedWell()
	default:
	}
	children, err := childrenOf(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	asked := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-time.After(stopTime):
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("the program was still there %s after SIGTERM:\n%s", time.Since(asked), p.log.tail())
	}
	errs := []error{p.endedWell()}
	for _, child := range children {
		if child.alive() {
			errs = append(errs, fmt.Errorf("child %d outlived the program", child.pid))
		}
	}
	for _, address := range append(p.addresses(), p.host()) {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			errs = append(errs, fmt.Errorf("%s still accepts connections", address))
		}
	}
	return errors.Join(errs...)
}

func (p *program) endedWell() error {
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the program ended with %s:\n%s", p.cmd.ProcessState, p.log.tail())
	}
	return nil
}

// host is the host and port of the dashboard.
func (p *program) host() string {
	u, err := url.Parse(p.url)
	if err != nil {
		return p.url
	}
	return u.Host
}

// page is the address of the page at a path below the base path, "/".
func (p *program) page(path string) string { return strings.TrimSuffix(p.url, "/") + path }

func (p *program) addresses() []string {
	list := make([]string, len(p.nodes))
	for i, n := range p.nodes {
		list[i] = n.address
	}
	return list
}

// The programs that tests share, one per kind, started by the first that asks.
var (
	sharedMu sync.Mutex // guards sharedBy
	sharedBy = make(map[string]*program)
)

func shared(t *testing.T, kind string) *program {
	t.Helper()
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if p := sharedBy[kind]; p != nil {
		return p
	}
	p, err := launch(kind)
	if err != nil {
		t.Fatal(err)
	}
	sharedBy[kind] = p
	return p
}

func stopShared() error {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	var errs []error
	for _, p := range sharedBy {
		errs = append(errs, p.stop())
	}
	clear(sharedBy)
	return errors.Join(errs...)
}
