package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// palette gives a command by a few of its letters.
func (b *tab) palette(letters, label string) {
	b.t.Helper()
	b.chord("k")
	b.wait("the palette opens", `document.querySelector("#palette").open && document.activeElement.id === "palette-q"`)
	b.keys(letters)
	b.wait(letters+" finds "+label, picked+`.startsWith(`+quoted(label)+`)`)
	b.keys(kb.Enter)
}

func TestALeaseIsTakenExtendedAndReleasedWithKeysOnly(t *testing.T) {
	p := shared(t, kinds[0])
	name := lockName(t, "keys")
	b := open(t, p.lockPage(name))
	b.waitLive()

	b.palette("acq", "Acquire a lock")
	b.wait("the dialog has the name", `document.querySelector("#acquire").open && document.querySelector("#acquire-name").value === `+quoted(name))
	b.keys("\t")
	b.wait("Tab goes to the TTL", `document.activeElement.id === "acquire-ttl"`)
	b.keys(kb.Enter)
	b.wait("Enter takes the lock", `!document.querySelector("#acquire").open && document.querySelector(".lock-head").dataset.state === "held"`)
	b.wait("it can be extended", `document.querySelector('.lock-head [data-action="extend"]').checkVisibility()`)
	const ends = `document.querySelector('#facts [data-field="fact-ends"] time')?.dateTime`
	b.wait("it is said when it ends", ends)
	until := ask[string](b, ends)

	b.keys("e")
	b.waitToast(name, "is yours for another")
	b.wait("it ends later", ends+` > `+quoted(until))
	b.palette("relea", "Release the lock")
	b.wait("it is free", `document.querySelector(".lock-head").dataset.state === "free"`)
	p.onlyHolds(t, name, "")
}

func TestALockIsReleasedByForceWithKeysOnly(t *testing.T) {
	p := shared(t, kinds[0])
	name := lockName(t, "stuck")
	setOn(t, p.nodes, name, "9f1c2f50-0a4e-4e8a-9a55-0f8a6e0b7a11", time.Minute)
	b := open(t, p.lockPage(name))
	b.waitLive()
	b.wait("the lock is held", `document.querySelector(".lock-head").dataset.state === "held"`)

	b.palette("force", "Force release")
	b.wait("the dialog asks for the name", `document.querySelector("#force").open && document.activeElement.id === "force-confirm"`)
	b.keys(name + "\t")
	b.wait("Tab goes to the reason", `document.activeElement.id === "force-reason"`)
	b.keys("its job is gone" + kb.Enter)
	b.forceSays("title", "Released by force")
	b.keys(kb.Enter)
	b.wait("Enter closes it", `!document.querySelector("#force").open`)
	b.wait("the lock is free", `document.querySelector(".lock-head").dataset.state === "free"`)
	p.onlyHolds(t, name, "")
}
