package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/lockscope/lockscope/internal/spawn"
)

// machine says when and where a run was made, in one line.
func machine(ctx context.Context, now time.Time) string {
	return fmt.Sprintf("%s · %s, %d cores · %s %s/%s · %s", now.Format("2006-01-02 15:04"), processor(),
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, serverVersion(ctx))
}

// processor is the model of the processor where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// serverVersion is the name and version of the servers.
func serverVersion(ctx context.Context) string {
	path, err := spawn.Find()
	if err != nil {
		return "no server"
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "unknown server"
	}
	// Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64
	for word := range strings.FieldsSeq(string(out)) {
		if version, ok := strings.CutPrefix(word, "v="); ok {
			name, _, _ := strings.Cut(string(out), " v=")
			return name + " " + version
		}
	}
	return strings.TrimSpace(string(out))
}
