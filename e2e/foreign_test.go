package e2e

import (
	"strings"
	"testing"
	"time"
)

func TestAnotherLibrarysLockTellsWhoseItIs(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		b := open(t, p.page("/"))
		b.waitLive()
		for _, c := range []struct{ what, value, words, about string }{
			{"certain", "web-1_4711_3f2a9c1e7b4d4e8a9c3f0d1e2f3a4b5c", "DistributedLock · web-1 pid 4711", "on web-1 pid 4711"},
			{"likely", "q83vEjRWeJCrze8SNFZ4kA==", "probably redsync · ", ""},
			{"ambiguous", "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c", "perhaps spring-integration · ", "by its form it may be RedLock.net or redlock-rb as well"},
		} {
			name := lockName(t, c.what)
			setOn(t, p.nodes, name, c.value, time.Minute)
			r := b.waitRow(name, "held", func(r *row) bool { return r.State == "held" })
			if !strings.HasPrefix(r.Owner, c.words) {
				t.Errorf("%s: the row says %q", c.what, r.Owner)
			}
			b.click("#rows .row[data-name=" + quoted(name) + "] .c-name")
			b.wait("the panel shows it", `document.querySelector("#panel [data-field=name]").textContent === `+quoted(name))
			if about := ask[string](b, `document.querySelector("#panel [data-field=about]").textContent`); about != c.about {
				t.Errorf("%s: the panel says %q", c.what, about)
			}
		}
	})
}
