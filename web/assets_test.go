package web

import (
	"bytes"
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/lockscope/lockscope/static"
	"github.com/lockscope/lockscope/views"
)

func TestCommentsAreNotSentAndLinesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"// @ts-check\n// Says.\nlet a = 1; // why\n":   "\n\nlet a = 1; // why\n",
		"/**\n * @param {string} a\n */\nf(a);\n":       "\n\n\nf(a);\n",
		"  /** one */\n  const b = \"// no\";\n":        "\n  const b = \"// no\";\n",
		"/** @type {any} */ (x).y();\n":                 "/** @type {any} */ (x).y();\n",
		"/* Two\n   lines. */\n\n.a { b: url(//c); }\n": "\n\n\n.a { b: url(//c); }\n",
		"/* Two\n   lines. */ .a { b: c; }\n":           "\n .a { b: c; }\n",
		"a { b: c; } /* not a line */\nd { e: f; }":     "a { b: c; } /* not a line */\nd { e: f; }",
	} {
		if got := string(withoutComments([]byte(source))); got != want {
			t.Errorf("%q becomes %q, want %q", source, got, want)
		}
	}
	err := fs.WalkDir(static.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || entry.IsDir() || ext != ".js" && ext != ".css" {
			return err
		}
		source, err := fs.ReadFile(static.FS, name)
		if err != nil {
			return err
		}
		sent := withoutComments(source)
		if bytes.Count(source, []byte("\n")) != bytes.Count(sent, []byte("\n")) {
			t.Errorf("%s loses lines", name)
		}
		// Code that looks like a comment would be lost: in a text of several lines.
		for line := range bytes.Lines(source) {
			if text := string(bytes.TrimSpace(line)); strings.Count(text, "`")%2 == 1 {
				t.Errorf("%s has a text of several lines, which withoutComments does not know: %s", name, text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The stage is loaded by who looks at it only, and stays small all the same.
func TestTheStageIsSmall(t *testing.T) {
	t.Parallel()
	loaded, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for name, file := range loaded.files {
		if strings.HasPrefix(path.Base(name), "stage") {
			all.Write(file.sent().plain)
		}
	}
	if size := len(compress(all.Bytes())); size > 18<<10 || size == 0 {
		t.Errorf("the scripts and styles of the stage are %d bytes, compressed", size)
	}
}

// pageBudget is the most that scripts and style sheets of a page may weigh, as
// they are sent.
const pageBudget = 75_000

func TestNoPageLoadsMoreThanItsBudget(t *testing.T) {
	t.Parallel()
	assets, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	for page, kit := range views.Kits {
		paths := slices.Concat(kit.Styles, kit.Scripts)
		paths = append(paths, views.Sheet)
		for _, name := range kit.Modules {
			paths = append(paths, "js/"+name)
		}
		size := 0
		for _, path := range paths {
			file, ok := assets.files[path]
			if !ok {
				t.Fatalf("the page %s loads %s, which there is not", page, path)
			}
			size += cmp.Or(len(file.sent().zipped), len(file.sent().plain))
		}
		t.Logf("%-8s %d files, %.2f KiB", page, len(paths), float64(size)/1024)
		if size > pageBudget {
			t.Errorf("the page %s loads %d bytes of scripts and style sheets, want at most %d", page, size, pageBudget)
		}
	}
}
