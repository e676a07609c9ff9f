package e2e

import (
	"fmt"
	"testing"
	"time"
)

// atHand is true when a part of the panel can be pressed without scrolling.
const atHand = `(() => {
  const part = document.querySelector('#panel [data-action="%s"]');
  if (!part?.checkVisibility()) return false;
  const box = part.getBoundingClientRect();
  return box.bottom <= innerHeight && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === part;
})()`

func TestWhatCanBeDoneIsAtTheFootOfThePanel(t *testing.T) {
	p := shared(t, kinds[0])
	theirs, mine := lockName(t, "theirs"), lockName(t, "mine")
	take(t, p, theirs, "alice", time.Minute)
	b := open(t, p.page("/"))
	b.waitLive()
	b.acquire(form{name: mine, ttl: "60s", owner: "dana"})
	b.waitRow(mine, "mine", func(r *row) bool { return r.CanRelease })
	b.clear()
	for _, screen := range []struct{ width, height int64 }{{1440, 900}, {1280, 620}, {360, 640}} {
		b.size(screen.width, screen.height)
		b.click("#rows .row[data-name=" + cssQuoted(theirs) + "] .c-name")
		b.wait("force is at hand", fmt.Sprintf(atHand, "force"))
		if ask[bool](b, `document.querySelector('#panel [data-field="own"]').checkVisibility()`) {
			t.Error("somebody else's lock can be released")
		}
		b.click(`#panel [data-action="close-panel"]`)
		b.click("#rows .row[data-name=" + cssQuoted(mine) + "] .c-name")
		b.wait("release is at hand", fmt.Sprintf(atHand, "release"))
		if ask[bool](b, `document.querySelector('#panel [data-field="force"]').checkVisibility()`) {
			t.Error("one's own lock is to be forced")
		}
		b.click(`#panel [data-action="close-panel"]`)
	}
	b.click("#rows .row[data-name=" + cssQuoted(mine) + "] .c-name")
	b.click(`#panel [data-action="extend"]`)
	b.waitToast(mine, "is yours for another")
	b.click(`#panel [data-action="release"]`)
	b.waitRow(mine, "free", func(r *row) bool { return r.State == "free" })
	b.wait("there is nothing to release any more", `!document.querySelector('#panel [data-field="own"]').checkVisibility()`)
}
