package spawn

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain is also a parent for TestChildrenDieWithAKilledParent.
func TestMain(m *testing.M) {
	if os.Getenv("SPAWN_TEST_PARENT") != "" {
		s, err := Start(context.Background())
		if err != nil {
			panic(err)
		}
		fmt.Println(s.Addr())
		select {}
	}
	goleak.VerifyTestMain(m)
}

func TestServersRunOnPortsOfTheirOwnAndLeaveNothing(t *testing.T) {
	servers, err := StartAll(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range servers {
		if seen[s.Addr()] || s.PID() == 0 || s.URL() != "redis://"+s.Addr() {
			t.Errorf("server %s, process %d", s.URL(), s.PID())
		}
		seen[s.Addr()] = true
	}
	StopAll(servers)
	for _, s := range servers {
		s.Stop()
		if s.PID() != 0 {
			t.Errorf("%s has a process after Stop", s.Addr())
		}
		if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder of %s is still there: %v", s.Addr(), err)
		}
		if err := s.Signal(syscall.SIGCONT); err == nil {
			t.Error("a stopped server took a signal")
		}
	}
}

func TestAKilledServerStartsAgainOnItsPort(t *testing.T) {
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	addr, pid := s.Addr(), s.PID()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Addr() != addr || s.PID() == pid {
		t.Errorf("now %s with process %d", s.Addr(), s.PID())
	}
}

func TestAMissingServerProgramNamesThePackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context())
	if !errors.Is(err, ErrNoServer) || !strings.Contains(err.Error(), "redis-server") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	_, err := Start(t.Context(), "--no-such-setting", "1")
	if err == nil || !strings.Contains(err.Error(), "no-such-setting") {
		t.Errorf("got %v", err)
	}
}

func TestChildrenDieWithAKilledParent(t *testing.T) {
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "SPAWN_TEST_PARENT=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr = strings.TrimSpace(addr)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	deadline := time.After(5 * time.Second)
	for {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
		select {
		case <-deadline:
			t.Fatalf("the server on %s outlived its parent", addr)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
