package static

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func TestTheHashIsShortAndSteady(t *testing.T) {
	t.Parallel()
	if got := Hash(); !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(got) || got != Hash() {
		t.Errorf("Hash() = %q, want the same 12 hex digits each time", got)
	}
}

func TestEveryImportLeadsToAModule(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`(?m)^import .* from "\./([\w.-]+)";$`)
	scripts, err := fs.Glob(FS, "js/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		source, err := fs.ReadFile(FS, script)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(source), "// @ts-check\n") {
			t.Errorf("%s is not checked for types", script)
		}
		for _, found := range imports.FindAllStringSubmatch(string(source), -1) {
			if _, err := fs.Stat(FS, "js/"+found[1]); err != nil {
				t.Errorf("%s imports %s: %v", script, found[1], err)
			}
		}
	}
}

func TestNothingIsFetchedFromElsewhere(t *testing.T) {
	t.Parallel()
	// A namespace is a name and is not fetched, nor is where a program comes from.
	outside := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^'"\s)]*`)
	err := fs.WalkDir(FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := fs.ReadFile(FS, path)
		if err != nil {
			return err
		}
		for _, found := range outside.FindAllString(string(source), -1) {
			if !strings.Contains(found, "www.w3.org/2000/svg") && !(path == "vendor/uPlot.iife.min.js" && found == "https://github.com/leeoniya/uPlot") {
				t.Errorf("%s names %s", path, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
