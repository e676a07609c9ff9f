package loadtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
)

var full = flag.Bool("full", false, "run the load tests at the size that is promised")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if folder != "" {
			_ = os.RemoveAll(folder)
		}
		os.Exit(code)
	}))
}

// folder is where the program was built, empty while it was not.
var folder string

// program builds the program once, as the Makefile does, so that what it compiles
// is used again.
var program = sync.OnceValues(func() (path string, err error) {
	if folder, err = os.MkdirTemp("", "lockscope-load-"); err != nil {
		return "", err
	}
	path = filepath.Join(folder, "lockscope")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// patience is how long a test waits for what has to happen.
const patience = 60 * time.Second

// A rig is the program on one Redis server, for the length of a test.
type rig struct {
	t      *testing.T
	redis  *redis.Client
	binary string
	folder string // where it runs
	args   []string
	addr   string

	cmd    *exec.Cmd
	exited chan struct{}
	log    *logTail
}

func newRig(t *testing.T) *rig {
	t.Helper()
	server := redistest.Start(t)
	r := &rig{t: t, redis: redis.NewClient(&redis.Options{Addr: server.Addr()}), addr: freeAddr(t), folder: t.TempDir()}
	t.Cleanup(func() { _ = r.redis.Close() })
	var err error
	r.binary, err = program()
	must(t, err)
	r.args = []string{"-addr", r.addr, "-nodes", server.URL(), "-quarantine", "off", "-log-level", "warn"}
	r.start()
	t.Cleanup(r.stop)
	return r
}

// freeAddr is an address that a server can be started on again.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

// start starts the program and waits until it has read the node.
func (r *rig) start() {
	r.t.Helper()
	r.cmd, r.log, r.exited = exec.Command(r.binary, r.args...), &logTail{}, make(chan struct{})
	r.cmd.Dir, r.cmd.Env = r.folder, []string{"HOME=" + r.folder, "TMPDIR=" + r.folder}
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	must(r.t, r.cmd.Start())
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // it may have been killed
		close(exited)
	}(r.cmd, r.exited)
	eventually(r.t, "the program is ready", func() bool {
		answer, err := http.Get("http://" + r.addr + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// kill ends the program without a word.
func (r *rig) kill() {
	_ = r.cmd.Process.Kill()
	<-r.exited
}

func (r *rig) stop() {
	http.DefaultClient.CloseIdleConnections()
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(patience):
		r.kill()
		r.t.Error("the program did not end when it was asked to")
	}
	if r.t.Failed() {
		r.t.Logf("the program said:\n%s", r.log)
	}
}

func (r *rig) stream() string { return "ws://" + r.addr + "/api/v1/stream" }

// ask gets an answer of the API.
func (r *rig) ask(path string, into any) {
	r.t.Helper()
	answer, err := http.Get("http://" + r.addr + path)
	must(r.t, err)
	defer answer.Body.Close()
	must(r.t, json.NewDecoder(answer.Body).Decode(into))
}

// cpu is the time that the program has used.
func (r *rig) cpu() time.Duration {
	r.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	must(r.t, err)
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond
	sum := 0
	for _, i := range []int{user, system} {
		n, err := strconv.Atoi(fields[i])
		must(r.t, err)
		sum += n
	}
	return time.Duration(sum) * tick
}

// memory is what the program holds in RAM, in KiB.
func (r *rig) memory() int {
	r.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	must(r.t, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			must(r.t, err)
			return n
		}
	}
	r.t.Fatal("the system does not tell the memory of a process")
	return 0
}

// A logTail keeps the beginning of what the program says.
type logTail struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < 64<<10 {
		l.text.Write(p)
	}
	return len(p), nil
}

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// eventually waits until what holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
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
