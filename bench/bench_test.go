package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childCommand {
		main() // the second process of a test for contention
	}
	goleak.VerifyTestMain(m)
}

// runBench runs the program and returns what it printed.
func runBench(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("bench %s ended with %d: %s", strings.Join(args, " "), code, &stderr)
	}
	return stdout.String()
}

// read returns the entries of a result.
func read(t *testing.T, folder, name string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows
}

func TestANarrowedRunWritesEveryEngineOnce(t *testing.T) {
	out := t.TempDir()
	printed := runBench(t, "-nodes", "1", "-callers", "2", "-seconds", "0.04", "-rounds", "2", "-out", out)

	rows := read(t, out, "latest.json")
	var engines []string
	for _, row := range rows {
		engine, _ := row["engine"].(string)
		engines = append(engines, engine)
		var fields []string
		for field, value := range row {
			fields = append(fields, field)
			if n, isNumber := value.(float64); isNumber && !(n > 0) {
				t.Errorf("%s: %s is %v", engine, field, n)
			}
		}
		slices.Sort(fields)
		want := []string{"allocsPerOp", "callers", "engine", "nodes", "opsPerSec", "p50Micros", "p99Micros", "ratioToCeiling", "ratioToRedsync"}
		if !slices.Equal(fields, want) {
			t.Errorf("fields: got %v, want %v", fields, want)
		}
		if row["nodes"] != 1.0 || row["callers"] != 2.0 {
			t.Errorf("%s: got %v nodes and %v callers", engine, row["nodes"], row["callers"])
		}
	}
	want := []string{"lockscope", "redsync", "redsync-failfast", "redislock", "rueidislock", "autopipeline", "ceiling"}
	if !slices.Equal(engines, want) {
		t.Errorf("engines: got %v, want %v", engines, want)
	}
	for _, words := range append(want, "locks/s", "Redis server", "cores") {
		if !strings.Contains(printed, words) {
			t.Errorf("nothing is printed of %s:\n%s", words, printed)
		}
	}
	if costs := read(t, out, "cpu.json"); len(costs) != len(want) {
		t.Errorf("cpu.json has %d entries, want %d", len(costs), len(want))
	}
}

func TestAProfileIsWritten(t *testing.T) {
	out := t.TempDir()
	profile := filepath.Join(out, "cpu.prof")
	runBench(t, "-nodes", "1", "-callers", "1", "-engines", "ceiling", "-seconds", "0.02", "-rounds", "1", "-out", out, "-cpuprofile", profile)
	if stat, err := os.Stat(profile); err != nil || stat.Size() == 0 {
		t.Errorf("no profile: %v", err)
	}
}

func TestSettingsThatCannotBeUsedAreNamed(t *testing.T) {
	for args, want := range map[string]string{
		"-nodes x":       `-nodes: got "x", want whole numbers above 0`,
		"-callers 0":     `-callers: got "0"`,
		"-seconds -1":    `-seconds: got "-1"`,
		"-rounds 1.5":    `-rounds: got "1.5"`,
		"-sections lock": `-sections: got "lock", want some of locks`,
		"-engines ours":  `got "ours", want one of lockscope`,
		"more":           `got "more", want flags only`,
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(args), nil, io.Discard, &stderr)
		if code == 0 || !strings.Contains(stderr.String(), want) {
			t.Errorf("bench %s: ended with %d and said %q, want %q", args, code, &stderr, want)
		}
	}
}
