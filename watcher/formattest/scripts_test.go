package formattest

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// python drives a lock of redis-py. Not the first python3 on PATH is asked,
// which may be another than the one that redis-py was installed for.
func python(t *testing.T, r *rig, name string) hold {
	return script(t, "", "/usr/bin/python3", "../../lockengine/prooftest/testdata/redispy.py", name, r.servers[0].Addr())
}

// node drives a lock of a JavaScript library.
func node(library string) func(*testing.T, *rig, string) hold {
	return func(t *testing.T, r *rig, name string) hold {
		args := []string{"node", "lock.js", library, bare(name)}
		for _, s := range r.servers {
			args = append(args, s.Addr())
		}
		return script(t, modules(t), args...)
	}
}

var (
	install   sync.Once
	installed string
)

// bare returns a name without what its library puts before it.
func bare(name string) string {
	for _, prefix := range []string{"mutex:", "semaphore:", "rueidislock:0:", "valkeylock:0:"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}

// modules returns a folder outside the repository with lock.js and the
// libraries that it needs, in the versions of package-lock.json.
func modules(t *testing.T) string {
	t.Helper()
	install.Do(func() {
		folder, err := os.MkdirTemp("", "formattest-")
		must(t, err)
		atEnd = append(atEnd, func() { _ = os.RemoveAll(folder) })
		must(t, os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "js"))))
		npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
		npm.Dir = folder
		if out, err := npm.CombinedOutput(); err != nil {
			t.Fatalf("npm ci, which needs node, npm and the npm registry: %v\n%s", err, out)
		}
		installed = folder
	})
	if installed == "" {
		t.Fatal("the JavaScript libraries could not be installed")
	}
	return installed
}

// script starts a program that takes and releases a lock as it is told line by
// line.
func script(t *testing.T, folder string, command ...string) hold {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = folder
	cmd.Stderr = os.Stderr
	orders, err := cmd.StdinPipe()
	must(t, err)
	pipe, err := cmd.StdoutPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s, see make tools: %v", command[0], err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // the exit code of a killed child says nothing
	})
	answers := bufio.NewScanner(pipe)
	order := func(what string) func() {
		return func() {
			t.Helper()
			_, err := io.WriteString(orders, what+"\n")
			must(t, err)
			if !answers.Scan() || answers.Text() != "yes" {
				t.Fatalf("%s was answered by %q, %v", what, answers.Text(), answers.Err())
			}
		}
	}
	return hold{take: order("lock"), release: order("unlock")}
}
