// Package static holds the style sheets, scripts and pictures of the pages.
//
// They are embedded in the program and served below a path that contains Hash,
// so that a browser may keep them for ever: other content has another path.
// The scripts are native modules that import each other by relative path, and
// are served as they are written, but for lines that are only comments. The style
// sheets of every page are served as one.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"sync"
)

// FS holds the assets: css/, js/, the icons, and in vendor/ what others wrote,
// with its licence. Go keeps files of a folder of that name in a module, but
// leaves out folders below it.
//
//go:embed css js vendor favicon*.svg
var FS embed.FS

// Hash returns 12 hex digits that change whenever an asset does.
func Hash() string { return hash() }

var hash = sync.OnceValue(func() string {
	sum := sha256.New()
	err := fs.WalkDir(FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := FS.ReadFile(path)
		if err != nil {
			return err
		}
		// The path and a zero byte keep apart what ends in one file from what
		// begins in the next.
		_, _ = io.WriteString(sum, path+"\x00")
		_, _ = sum.Write(content)
		_, _ = sum.Write([]byte{0})
		return nil
	})
	if err != nil {
		panic("static: reading embedded assets: " + err.Error())
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
})
