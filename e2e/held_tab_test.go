package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestALockIsHeldWhileItsTabIsOpenAndNoLonger(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		t.Parallel() // it waits most of the time
		name := lockName(t, "kept")
		other := open(t, p.page("/"))
		holder := other.another(p.page("/"))
		other.waitLive()
		holder.waitLive()
		holder.acquire(form{name: name, ttl: "2s", owner: "alice", renew: true})
		holder.waitToast("You hold "+name, "while this tab is open")
		renewing := func(r *row) bool { return r.CanRelease && r.Renewing && !r.CanExtend }
		first := holder.waitRow(name, "renewed", renewing)
		other.waitRow(name, "renewed in the other tab too", renewing)
		title := ask[string](other, `document.querySelector('#rows .row[data-name=`+quoted(name)+`] [data-field="renewing"]').title`)
		if !strings.Contains(title, "another tab") {
			t.Errorf("the other tab says %q", title)
		}
		token := valueOn(t, p.nodes[0], name)

		if grown := holder.waitDeadline(name, first.Expires+5000); grown < 2 {
			t.Errorf("the lease of 2 s was extended %d times in 5 s", grown)
		}
		if ask[bool](holder, `document.querySelector("#acquire-renew").checked`) {
			t.Error("the next lock would be held on to as well, without anybody asking for it")
		}
		holder.do("load again", chromedp.Reload())
		r := holder.waitRow(name, "renewed after a reload", renewing)
		// Beyond the time that the server gives a tab to come back.
		holder.waitDeadline(name, r.Expires+6000)
		if r := holder.row(name); r.Fence != first.Fence || !renewing(r) || valueOn(t, p.nodes[0], name) != token {
			t.Errorf("the lock has changed hands: %+v and then %+v", first, r)
		}

		holder.close()
		closed := time.Now()
		other.waitRow(name, "free without its tab", func(r *row) bool { return r.State == "free" && !r.Renewing && !r.CanRelease })
		t.Logf("%s: the lock was free %s after its tab was closed", p.kind, time.Since(closed).Round(time.Millisecond))
		p.onlyHolds(t, name, "")
		other.holdsNothing()
	})
}

func TestALockThatIsRenewedCanBeReleasedByHand(t *testing.T) {
	onPage(t, func(t *testing.T, p *program) {
		name := lockName(t, "by-hand")
		b := open(t, p.page("/"))
		b.waitLive()
		b.acquire(form{name: name, ttl: "2s", owner: "alice", renew: true})
		r := b.waitRow(name, "renewed", func(r *row) bool { return r.CanRelease && r.Renewing })
		b.waitDeadline(name, r.Expires+1)
		b.act(name, "release")
		b.waitToast("Released " + name)
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" && !r.Renewing && !r.CanRelease })
		p.onlyHolds(t, name, "")
		b.holdsNothing()
	})
}

// waitDeadline waits until a row counts down to a moment after this one, in
// milliseconds, and returns how often its deadline grew on the way.
func (b *tab) waitDeadline(name string, after int64) (grown int) {
	b.t.Helper()
	last := b.row(name).Expires
	b.waitRow(name, "extended so far", func(r *row) bool {
		if r.Expires > last {
			grown++
		}
		last = r.Expires
		return last > after
	})
	return grown
}
