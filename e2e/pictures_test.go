package e2e

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// pictureFolder is where pictures go: E2E_PICTURES, taken from this folder
// where it is relative, or out.
func pictureFolder() string { return cmp.Or(os.Getenv("E2E_PICTURES"), "out") }

// picture writes what the tab shows now to <name>.png.
func (b *tab) picture(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(pictureFolder(), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(pictureFolder(), name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Errorf("picture %s: %v", name, err)
	}
}

// settled waits until nothing moves on its way in any more.
func (b *tab) settled() {
	b.t.Helper()
	b.wait("all motion has ended", `document.getAnimations().every((a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity)`)
}
