package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/static"
	"github.com/lockscope/lockscope/views"
)

// assetTypes are the media types by ending. The table of the machine is not
// asked: it differs from one to the next.
var assetTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

// favicon is the asset that browsers ask for unbidden.
const favicon = "favicon.svg"

// assets are the embedded files.
type assets struct {
	hash  string
	files map[string]*asset
}

// An asset is a file as it is sent, which it is made when it is first asked for.
type asset struct {
	typ  string
	sent func() sent
}

type sent struct {
	plain  []byte
	zipped []byte // nil where it would not be smaller
}

// embedded are the assets of the program, which all its servers share.
var embedded = sync.OnceValues(func() (*assets, error) {
	a, err := loadAssets(static.FS)
	if err == nil {
		err = a.join(static.FS)
	}
	return a, err
})

// loadAssets finds all files.
func loadAssets(from fs.FS) (*assets, error) {
	a := &assets{hash: static.Hash(), files: make(map[string]*asset)}
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		typ, known := assetTypes[path.Ext(name)]
		if !known {
			return nil // a source or a licence: not for browsers
		}
		source, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		a.add(name, typ, source)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("embedded assets: %w", err)
	}
	return a, nil
}

// join adds the style sheets of every page as one.
func (a *assets) join(from fs.FS) error {
	var sheet []byte
	for _, name := range views.Styles {
		source, err := fs.ReadFile(from, "css/"+name)
		if err != nil {
			return fmt.Errorf("embedded assets: %w", err)
		}
		sheet = append(sheet, source...)
	}
	a.add(views.Sheet, assetTypes[".css"], sheet)
	return nil
}

func (a *assets) add(name, typ string, source []byte) {
	a.files[name] = &asset{typ: typ, sent: sync.OnceValue(func() sent { return shrink(typ, source) })}
}

// withoutComments empties the lines of a script or style sheet that hold nothing
// but a comment: they are for readers of the source, and a fifth of what would be
// sent. All lines stay, so that the numbers of errors are right.
func withoutComments(source []byte) []byte {
	var out bytes.Buffer
	inside := false
	for line := range bytes.Lines(source) {
		text := bytes.TrimSpace(line)
		begins := bytes.HasPrefix(text, []byte("/*"))
		_, after, ends := bytes.Cut(text, []byte("*/"))
		switch {
		case inside:
			inside = !ends
			line = append(bytes.Clone(after), '\n')
		case begins && !ends:
			inside = true
			line = []byte("\n")
		case begins && len(after) == 0, bytes.HasPrefix(text, []byte("//")):
			line = []byte("\n")
		}
		out.Write(line)
	}
	return out.Bytes()
}

// shrink makes of a source what is sent.
func shrink(typ string, source []byte) sent {
	s := sent{plain: source}
	if typ == assetTypes[".js"] || typ == assetTypes[".css"] {
		s.plain = withoutComments(source)
	}
	if zipped := compress(s.plain); len(zipped) < len(s.plain) {
		s.zipped = zipped
	}
	return s
}

func compress(plain []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(plain)                                   // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// asset serves a file for ever: other content has another address.
func (s *Server) asset(c echo.Context) error {
	file, ok := s.assets.files[c.Param("*")]
	if !ok || c.Param("hash") != s.assets.hash {
		return echo.ErrNotFound
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return sendAsset(c, file)
}

func (s *Server) favicon(c echo.Context) error {
	file, ok := s.assets.files[favicon]
	if !ok {
		return echo.ErrNotFound
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=86400")
	return sendAsset(c, file)
}

func sendAsset(c echo.Context, file *asset) error {
	h := c.Response().Header()
	made := file.sent()
	content := made.plain
	if made.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(c.Request()) {
			h.Set("Content-Encoding", "gzip")
			content = made.zipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	return c.Blob(http.StatusOK, file.typ, content)
}

// acceptsGzip reports whether gzip is named in Accept-Encoding with a weight
// above zero.
func acceptsGzip(r *http.Request) bool {
	for _, item := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		weight, found := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(weight, 64)
		return err == nil && q > 0
	}
	return false
}
