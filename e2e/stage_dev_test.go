package e2e

import (
	"testing"
	"time"
)

func TestStageDev(t *testing.T) {
	p := shared(t, "embedded")
	b := openOnStage(t, p, "?scenario=two-down&step=2")
	time.Sleep(300 * time.Millisecond)
	b.picture("dev-flight1")
	c := openOnStage(t, p, "?scenario=amnesia&step=7")
	time.Sleep(3500 * time.Millisecond)
	c.both("dev-amnesia")
	c.size(360, 740)
	c.picture("dev-amnesia-360")
	d := openOnStage(t, p, "?scenario=pause-fence&step=6")
	time.Sleep(2500 * time.Millisecond)
	d.both("dev-fence")
	d.click(`.rc[data-client="bob"]`)
	d.picture("dev-menu")
}
