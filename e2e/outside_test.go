package e2e

import (
	"testing"
	"time"
)

func TestALockSetByRedisCLIAppearsCountsDownAndGoes(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		t.Parallel() // it waits most of the time
		name, few := lockName(t, "three"), lockName(t, "two")
		b := open(t, p.page("/"))
		b.waitLive()
		for _, n := range p.nodes[:3] {
			if said := redisCLI(t, n, "SET", name, "v", "NX", "PX", "10000"); said != "OK" {
				t.Fatalf("SET on node %s: %s", n.id, said)
			}
		}
		for _, n := range p.nodes[:2] {
			redisCLI(t, n, "SET", few, "v", "NX", "PX", "3000")
		}
		r := b.waitRow(name, "held by three of five", func(r *row) bool {
			return r.State == "held" && r.count("granted") == 3 && r.count("free") == 2
		})
		if r.CanRelease || r.CanExtend {
			t.Errorf("somebody else's lock is offered for release: %+v", r)
		}
		first := r.seconds()
		if first < 5 || first > 10 {
			t.Errorf("a lock set for 10 s counts down from %v s", first)
		}
		b.waitRow(few, "residue on two nodes", func(r *row) bool {
			return r.State == "residue" && r.count("granted") == 2 && r.count("free") == 3
		})
		b.waitRow(name, "counting down", func(r *row) bool { return r.seconds() >= 0 && r.seconds() <= first-1 })
		gone := func(r *row) bool { return r.State == "free" && r.count("free") == 5 && r.seconds() < 0 }
		b.waitRow(few, "gone by itself", gone)
		b.waitRow(name, "gone by itself", gone)
	})
}

func TestALockDeletedFromOutsideIsSeenAndItsHolderTold(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		name := lockName(t, "stolen")
		b := open(t, p.page("/"))
		b.waitLive()
		b.acquire(form{name: name, ttl: "30s"})
		b.waitRow(name, "held", func(r *row) bool { return r.State == "held" && r.CanRelease })
		for _, n := range p.nodes[:3] {
			redisCLI(t, n, "DEL", name)
		}
		setOn(t, p.nodes[:3], name, "thief", time.Minute)
		b.waitRow(name, "somebody else's", func(r *row) bool {
			return r.State == "held" && r.count("granted") == 3 && r.count("other") == 2 && !r.CanRelease
		})
		b.click(`[data-name=` + quoted(name) + `] .c-name`)
		b.wait("the panel tells of two holders", `document.querySelector("#panel [data-field=flags]").textContent.includes("two holders")`)
		b.wait("the tab turns red", `document.querySelector('link[rel="icon"]').href.endsWith("favicon-alarm.svg") && document.title.startsWith("⚠ 1 overlap")`)
		b.wait("and of the one before", `document.querySelector("#panel .panel-history li[data-how=overlapped]")`)
		for _, n := range p.nodes {
			redisCLI(t, n, "DEL", name)
		}
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" })
		b.wait("both are remembered", `document.querySelectorAll("#panel .panel-history li").length === 2`)
		b.click(`#panel [data-action="close-panel"]`)
	})
}

func TestASplitVoteIsShownAsContested(t *testing.T) {
	onEachKind(t, func(t *testing.T, p *program) {
		name := lockName(t, "split")
		b := open(t, p.page("/"))
		b.waitLive()
		setOn(t, p.nodes[:2], name, "one", 20*time.Second)
		setOn(t, p.nodes[2:4], name, "two", 20*time.Second)
		b.waitRow(name, "contested", func(r *row) bool {
			return r.State == "contested" && r.count("granted") == 2 && r.count("other") == 2 && r.count("free") == 1
		})
		for _, n := range p.nodes {
			redisCLI(t, n, "DEL", name)
		}
		b.waitRow(name, "free", func(r *row) bool { return r.State == "free" })
	})
}
