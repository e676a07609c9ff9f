package main

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/lockscope/lockscope"

// mayImport says which of our packages each may import. A package that is not
// listed may import none of ours.
var mayImport = map[string][]string{
	"":                          {"*"},
	"lockengine":                {},
	"lockengine/redisnode":      {"lockengine", "lockengine/target"},
	"lockengine/target":         {},
	"watcher":                   {"lockengine", "lockengine/target", "watcher/format", "internal/glob"},
	"watcher/format":            {"lockengine", "internal/glob"},
	"views":                     {},
	"static":                    {},
	"web":                       {"lockengine", "watcher", "views", "static", "internal/*"},
	"web/streamclient":          {},
	"web/loadtest":              {},
	"internal/metrics":          {"lockengine", "watcher"},
	"internal/config":           {"lockengine", "lockengine/target", "watcher/format"},
	"lockengine/locksim":        {"lockengine"},
	"lockengine/locksim/simrun": {},
	"lockengine/nodetest":       {"lockengine"},
	"internal/glob":             {},
	"internal/stage": {"lockengine", "lockengine/redisnode", "internal/embedded", "internal/stage/pace",
		"internal/stage/record"},
	"internal/stage/pace":      {},
	"internal/stage/record":    {},
	"internal/stage/scenarios": {"internal/stage"},
	"internal/embedded":        {"internal/glob"},
	"internal/journal":         {},
	"internal/spawn":           {},
	"internal/redistest":       {"internal/spawn"},
}

func TestImportsPointOneWay(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := strings.TrimPrefix(strings.TrimPrefix(fields[0], module), "/")
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("%s: say in this test what it may import", from)
		}
		for _, path := range fields[1:] {
			to, ours := strings.CutPrefix(path, module+"/")
			if ours && !matches(allowed, to) {
				t.Errorf("%s imports %s, may import %v", from, to, allowed)
			}
			if from == "lockengine" && strings.Contains(strings.Split(path, "/")[0], ".") {
				t.Errorf("lockengine imports %s, may import the standard library only", path)
			}
		}
	}
}

func matches(allowed []string, path string) bool {
	for _, a := range allowed {
		if a == path || a == "*" || strings.HasSuffix(a, "/*") && strings.HasPrefix(path, strings.TrimSuffix(a, "*")) {
			return true
		}
	}
	return false
}
