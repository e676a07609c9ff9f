package e2e

import (
	"net/url"
	"testing"
	"time"
)

// lockPage is the address of the page of a lock.
func (p *program) lockPage(name string) string {
	return p.page("/lock?" + url.Values{"name": {name}}.Encode())
}

func TestThePagesFitEveryWidthInBothSchemes(t *testing.T) {
	p := start(t, kinds[0]) // the other kind looks the same
	fillStage(t, p)
	b := open(t, p.page("/nodes"))
	b.still()
	b.waitLive()
	name := "lock:billing:invoice-20417"
	flush(t, p.nodes[4])
	shutDown(t, p.nodes[3])
	b.wait("a node sits out and one is down", `document.querySelector('[data-node-of="e"]').dataset.nodeState === "quarantined" && document.querySelector('[data-node-of="d"]').dataset.nodeState === "down"`)
	b.wait("the charts are drawn", `document.querySelectorAll(".uplot canvas").length === 10`)
	b.shootBoth("nodes")

	b.do("go to the lock", navigate(p.lockPage(name)))
	b.waitLive()
	b.wait("the attempt is shown", `document.querySelector("#attempt").checkVisibility()`)
	b.shootBoth("one-lock")
	b.do("go to a lock of somebody else", navigate(p.lockPage("lock:inventory:sku-1204")))
	b.waitLive()
	b.shootBoth("one-contested")
	b.do("go to a lock that nobody knows", navigate(p.lockPage("lock:who:knows")))
	b.waitLive()
	b.shootBoth("one-unknown")

	take(t, p, "lock:batch:nightly", "cron@sched-1", time.Second)
	b.do("go to the activity", navigate(p.page("/activity")))
	b.waitLive()
	b.shootBoth("activity")
	b.do("go to the help", navigate(p.page("/help")))
	b.waitLive()
	b.shootBoth("help")
}
