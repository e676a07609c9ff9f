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

func TestScriptsAndStyleSheetsAreSentSmall(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(static.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || entry.IsDir() || ext != ".js" && ext != ".css" {
			return err
		}
		source, err := fs.ReadFile(static.FS, name)
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(assetTypes[ext], ";")
		small, err := minifier().Bytes(kind, source)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if vendored := path.Dir(name) == "vendor"; len(small) > len(source)*9/10 && !vendored {
			t.Errorf("%s has %d bytes and is sent with %d", name, len(source), len(small))
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
	loaded, err := loadAssets(static.FS)
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
const pageBudget = 70_000

func TestNoPageLoadsMoreThanItsBudget(t *testing.T) {
	t.Parallel()
	assets, err := loadAssets(static.FS)
	if err != nil {
		t.Fatal(err)
	}
	for page, kit := range views.Kits {
		paths := slices.Concat(kit.Styles, kit.Scripts)
		for _, name := range views.Styles {
			paths = append(paths, "css/"+name)
		}
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
