package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// kinds are the ways the program runs nodes of its own. What a test shows of
// locks and nodes, it shows on each; what it shows of the page alone, on the
// first, or on each with E2E_KINDS=all.
var kinds = []string{"embedded", "spawn"}

// pageKinds are the kinds for tests of the page alone.
func pageKinds() []string {
	if os.Getenv("E2E_KINDS") == "all" {
		return kinds
	}
	return kinds[:1]
}

// What all tests share, made by suite.Run.
var (
	binary  string
	browser context.Context // of the one browser
	scratch string          // removed at the end
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(&suite{m: m}) }

// A suite puts the program and the browser around all tests, so that the leak
// check comes after both have ended.
type suite struct{ m *testing.M }

func (s *suite) Run() int {
	var err error
	if scratch, err = os.MkdirTemp("", "lockscope-e2e-"); err != nil {
		return complain(err)
	}
	defer os.RemoveAll(scratch)
	if binary, err = build(filepath.Join(scratch, "lockscope")); err != nil {
		return complain(err)
	}
	stopBrowser, err := startBrowser()
	if err != nil {
		return complain(err)
	}
	defer stopBrowser()
	code := s.m.Run()
	if err := stopShared(); err != nil {
		return complain(err)
	}
	return code
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "e2e:", err)
	return 1
}

// build builds the program as it is shipped, or with the race detector.
func build(path string) (string, error) {
	args := []string{"build", "-trimpath", "-ldflags", "-s -w -X main.version=e2e", "-o", path}
	cgo := "CGO_ENABLED=0"
	if os.Getenv("E2E_RACE") != "" {
		args, cgo = append(args, "-race"), "CGO_ENABLED=1"
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
}

// onEachKind runs a test against a program that is shared with other tests, on
// each kind of nodes. The locks that it takes must be its own.
func onEachKind(t *testing.T, run func(t *testing.T, p *program)) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { run(t, shared(t, kind)) })
	}
}

// onPage is onEachKind for tests of the page alone.
func onPage(t *testing.T, run func(t *testing.T, p *program)) {
	for _, kind := range pageKinds() {
		t.Run(kind, func(t *testing.T) { run(t, shared(t, kind)) })
	}
}

// onOwn runs a test against a program of its own, which it may break.
func onOwn(t *testing.T, run func(t *testing.T, p *program), args ...string) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { run(t, start(t, kind, args...)) })
	}
}

// onOwnPage is onOwn for tests of the page alone.
func onOwnPage(t *testing.T, run func(t *testing.T, p *program), args ...string) {
	for _, kind := range pageKinds() {
		t.Run(kind, func(t *testing.T) { run(t, start(t, kind, args...)) })
	}
}
