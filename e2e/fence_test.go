package e2e

import (
	"strconv"
	"testing"
)

func TestTheFenceGrowsFromHolderToHolder(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		name := lockName(t, "guarded")
		alice, bob := open(t, p.page("/")), open(t, p.page("/"))
		bob.waitLive()

		alice.acquire(form{name: name, ttl: "30s", owner: "alice"})
		alice.waitToast("You hold "+name, "fence")
		first := alice.fenceOf(name, "alice")
		if seen := bob.fenceOf(name, "alice"); seen != first {
			t.Errorf("alice is shown the fence %d and bob %d", first, seen)
		}
		// What a lease keeps for its whole life, an extension included.
		before := alice.row(name).Expires
		alice.act(name, "extend")
		alice.waitRow(name, "extended", func(r *row) bool { return r.Expires > before })
		if now := alice.fenceOf(name, "alice"); now != first {
			t.Errorf("the fence was %d and is %d after an extension", first, now)
		}
		alice.act(name, "release")
		bob.waitRow(name, "free and without a fence", func(r *row) bool { return r.State == "free" && r.Fence == 0 })

		bob.acquire(form{name: name, ttl: "30s", owner: "bob"})
		second := bob.fenceOf(name, "bob")
		if second <= first {
			t.Errorf("the fence of the second holder is %d, that of the first was %d", second, first)
		}
		bob.click("#rows .row[data-name=" + quoted(name) + "] .c-name")
		bob.wait("the panel shows every digit of it", `(() => {
		  const fence = document.querySelector("#panel [data-field=fence]");
		  return fence.checkVisibility() && fence.scrollWidth <= fence.clientWidth + 1 && fence.textContent.replaceAll("\u202f", "") === `+quoted(strconv.FormatInt(second, 10))+`;
		})()`)
		if told := ask[int64](bob, `fetch("api/v1/leases").then((r) => r.json()).then(({ leases }) => leases.find((l) => l.name === `+quoted(name)+`).fence)`); told != second {
			t.Errorf("the page shows the fence %d and the API says %d", second, told)
		}
		bob.act(name, "release")
	})
}

// fenceOf waits until the row of a lock shows the fence of this holder.
func (b *tab) fenceOf(name, owner string) int64 {
	b.t.Helper()
	r := b.waitRow(name, owner+"'s with a fence", func(r *row) bool { return r.State == "held" && r.Owner == owner && r.Fence > 0 })
	return r.Fence
}
