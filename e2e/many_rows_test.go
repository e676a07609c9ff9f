package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/redis/go-redis/v9"
)

// fill takes many names on some nodes, a thousand at a time.
func fill(t testing.TB, nodes []node, count int, name func(int) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, n := range nodes {
		c := redis.NewClient(&redis.Options{Addr: n.address, DisableIdentity: true, ReadTimeout: time.Minute})
		defer c.Close()
		for from := 0; from < count; from += 1000 {
			_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
				for i := from; i < min(from+1000, count); i++ {
					p.Set(ctx, name(i), fmt.Sprintf("value-%d", i), time.Hour)
				}
				return nil
			})
			if err != nil {
				t.Fatalf("fill node %s: %v", n.id, err)
			}
		}
	}
}

// waitCount waits until the program has seen so many locks. It asks for the metrics:
// a list would have the program sort all that came since it was last asked.
func (p *program) waitCount(t testing.TB, count int) {
	t.Helper()
	seen := -1
	if !eventually(t.Context(), time.Minute, func() bool {
		answer, err := http.Get(p.page("/metrics"))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		seen = 0
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			state, number, ok := strings.Cut(lines.Text(), "} ")
			if n, err := strconv.ParseFloat(number, 64); ok && err == nil && strings.HasPrefix(state, "lockscope_locks{") {
				seen += int(n)
			}
		}
		return seen == count
	}) {
		t.Fatalf("the program saw %d locks, want %d", seen, count)
	}
}

// A tableView is what is on the screen of a table.
type tableView struct {
	Rows        int      // elements there are
	Seen        []string // names on the screen, from the top
	Place       int      // of the first of them among all
	Count       int      // aria-rowcount
	Blank       bool     // whether some of the screen has no row although there is one
	Active      string   // the name of the row with the focus
	ActivePlace int
}

const readTable = `(() => {
  const rows = [...document.querySelectorAll("#rows .row")];
  const top = Math.max(...[".head", ".thead"].map((bar) => document.querySelector(bar).getBoundingClientRect().bottom));
  const seen = rows.filter((row) => { const box = row.getBoundingClientRect(); return box.bottom > top + 1 && box.top < innerHeight - 1; });
  const body = document.querySelector("#rows").getBoundingClientRect();
  const first = seen[0]?.getBoundingClientRect(), last = seen.at(-1)?.getBoundingClientRect();
  const from = Math.max(body.top, top), to = Math.min(body.bottom, innerHeight);
  const active = document.activeElement.closest(".row");
  return {
    Rows: rows.length, Seen: seen.map((row) => row.dataset.name),
    Place: Number(seen[0]?.getAttribute("aria-rowindex") ?? 1) - 2,
    Count: Number(document.querySelector("#table").getAttribute("aria-rowcount")) - 1,
    Blank: to > from && (!first || first.top > from + 1 || last.bottom < to - 1),
    Active: active?.dataset.name ?? "", ActivePlace: Number(active?.getAttribute("aria-rowindex") ?? 1) - 2,
  };
})()`

func (b *tab) table() tableView {
	b.t.Helper()
	return ask[tableView](b, readTable)
}

// waitTable waits until the table is as wanted, without holes, and returns it.
func (b *tab) waitTable(what string, wanted func(tableView) bool) tableView {
	b.t.Helper()
	var last tableView
	if !eventually(b.ctx, patience, func() bool {
		last = b.table()
		return !last.Blank && wanted(last)
	}) {
		b.t.Fatalf("the table never showed %s; at last it was %+v", what, last)
	}
	return last
}

// watchPlace looks at each frame where a row is.
const watchPlace = `(() => {
  const row = () => document.querySelector('#rows .row[data-name="' + %s + '"]');
  const y = row().getBoundingClientRect().top;
  window.placeSeen = { Frames: 0, Missing: 0, Moved: 0 };
  requestAnimationFrame(function look() {
    requestAnimationFrame(() => setTimeout(look)); // when the frame's own work is done
    placeSeen.Frames++;
    const now = row()?.getBoundingClientRect().top;
    if (now === undefined) placeSeen.Missing++;
    else placeSeen.Moved = Math.max(placeSeen.Moved, Math.abs(now - y));
  });
  return null;
})()`

// A placeSeen is where a row was in all frames so far.
type placeSeen struct {
	Frames, Missing int
	Moved           float64 // in pixels
}

// drop deletes names on some nodes.
func drop(t testing.TB, nodes []node, count int, name func(int) string) {
	t.Helper()
	for _, n := range nodes {
		names := make([]string, count)
		for i := range names {
			names[i] = name(i)
		}
		if err := client(t, n).Del(t.Context(), names...).Err(); err != nil {
			t.Fatalf("delete on node %s: %v", n.id, err)
		}
	}
}

// numbered is how the test's names are made, in their order.
func numbered(i int) string { return fmt.Sprintf("lock:n:%06d", i) }

func TestATableOfAHundredThousandLocks(t *testing.T) {
	const many = 100_000
	p := start(t, "embedded", "-embedded-count", "1")
	fill(t, p.nodes, many, numbered)
	p.waitCount(t, many)
	b := open(t, p.page("/"))
	b.waitLive()
	bounded := func(v tableView) tableView {
		t.Helper()
		if v.Rows > 80 {
			t.Errorf("there are %d elements for the %d rows that are seen", v.Rows, len(v.Seen))
		}
		for i, name := range v.Seen {
			if want := numbered(v.Place + i); name != want {
				t.Fatalf("row %d is %s, want %s", v.Place+i, name, want)
			}
		}
		return v
	}
	at := func(place int) func(tableView) bool {
		return func(v tableView) bool { return v.Count == many && v.Place == place && v.Rows < 80 }
	}
	bounded(b.waitTable("the first of all", at(0)))

	t.Run("the scrollbar stands for all rows", func(t *testing.T) {
		for _, part := range []float64{0.5, 0.25, 0.999, 0} {
			ask[any](b, fmt.Sprintf(`scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * %g)`, part))
			want := int(part * many)
			bounded(b.waitTable(fmt.Sprintf("about row %d", want), func(v tableView) bool {
				return v.Place >= want-200 && v.Place <= want+200 && len(v.Seen) > 5
			}))
		}
		ask[any](b, `scrollTo(0, document.documentElement.scrollHeight)`)
		bounded(b.waitTable("the last row", func(v tableView) bool { return slices.Contains(v.Seen, numbered(many-1)) }))
	})

	t.Run("keys go through all of them", func(t *testing.T) {
		ask[any](b, `scrollTo(0, 0)`)
		bounded(b.waitTable("the first of all", at(0)))
		b.keys("j")
		b.waitTable("the focus on the first row", func(v tableView) bool { return v.Active == numbered(0) })
		b.keys("jj" + kb.ArrowDown)
		b.waitTable("the focus three rows on", func(v tableView) bool { return v.Active == numbered(3) })
		b.keys(kb.End)
		bounded(b.waitTable("the focus on the last row", func(v tableView) bool { return v.Active == numbered(many-1) }))
		b.keys("k" + kb.ArrowUp)
		b.waitTable("the focus two rows before it", func(v tableView) bool { return v.Active == numbered(many-3) })
		b.keys(kb.PageUp)
		up := b.waitTable("the focus a screen before", func(v tableView) bool { return v.Active != "" && v.ActivePlace < many-8 })
		b.keys(kb.PageDown)
		b.waitTable("the focus back", func(v tableView) bool { return v.Active == numbered(many-3) && up.ActivePlace > many-100 })
		b.keys(kb.Home)
		b.waitTable("the focus on the first row again", func(v tableView) bool { return v.Active == numbered(0) && v.Place == 0 })
	})

	t.Run("the address keeps the place", func(t *testing.T) {
		ask[any](b, `scrollTo(0, document.documentElement.scrollHeight / 2)`)
		was := b.waitTable("the middle", func(v tableView) bool { return v.Place > many/3 && len(v.Seen) > 5 })
		b.wait("the address tells the place", fmt.Sprintf(`new URLSearchParams(location.search).get("offset") === "%d"`, was.Place))
		b.do("reload", navigate(ask[string](b, "location.href")))
		b.waitLong("the connection is live again", `document.querySelector("#connection").dataset.conn === "live"`, 30*time.Second)
		bounded(b.waitTable("the same rows after a reload", func(v tableView) bool {
			return v.Place >= was.Place-1 && v.Place <= was.Place+1 && v.Count == many && v.Rows < 80
		}))
		b.do("leave", navigate(p.page("/help")))
		ask[any](b, `history.back()`)
		b.wait("it is the page of locks", `document.querySelector("#rows")`)
		bounded(b.waitTable("the same rows after going back", func(v tableView) bool {
			return v.Place >= was.Place-1 && v.Place <= was.Place+1 && v.Rows < 80
		}))
	})

	t.Run("rows that come above leave those on the screen where they are", func(t *testing.T) {
		was := b.table().Seen[3]
		top := fmt.Sprintf(`document.querySelector('#rows .row[data-name="%s"]')?.getBoundingClientRect().top`, was)
		y := ask[float64](b, top)
		for round := range 4 {
			// Fewer than the window has above the screen, however they come.
			fill(t, p.nodes, 10, func(i int) string { return fmt.Sprintf("lock:a:%d:%03d", round, i) })
			more := 10 * (round + 1)
			b.waitTable(fmt.Sprintf("%d more above", more), func(v tableView) bool { return v.Count == many+more })
			b.wait("its row is where it was", fmt.Sprintf(`Math.abs(%s - %g) <= 1`, top, y))
		}
	})

	t.Run("and so do many more than the window has beside the screen", func(t *testing.T) {
		// What is deleted is free, and so no longer among those that have a holder.
		b.do("go to those that have a holder", navigate(p.page("/?library=unknown&offset=50000")))
		b.waitLive()
		was := b.waitTable("the middle", func(v tableView) bool { return v.Place > many/3 && len(v.Seen) > 5 })
		name := was.Seen[len(was.Seen)/2]
		ask[any](b, fmt.Sprintf(watchPlace, quoted(name)))
		early := func(i int) string { return fmt.Sprintf("lock:b:%03d", i) }
		step := func(what string, by int) {
			t.Helper()
			before := b.table()
			after := b.waitTable(what, func(v tableView) bool { return v.Count == was.Count+by })
			t.Logf("%s: the first row on the screen was %d and is %d", what, before.Place, after.Place)
			b.waitTable(what+", and the same rows", func(v tableView) bool { return v.Place == was.Place+by && slices.Equal(v.Seen, was.Seen) })
			seen := ask[placeSeen](b, `placeSeen`)
			if seen.Frames == 0 || seen.Missing > 0 || seen.Moved > 1 {
				t.Errorf("%s: of %d frames the row was missing in %d, and it moved by up to %.1f px", what, seen.Frames, seen.Missing, seen.Moved)
			}
		}
		fill(t, p.nodes, 700, early)
		step("700 more come at once", 700)
		drop(t, p.nodes, 700, early)
		step("700 go at once", 0)
	})

	t.Run("as cards on a small screen", func(t *testing.T) {
		b.size(360, 780)
		b.wait("the table is as high as so many cards", fmt.Sprintf(`document.querySelector("#rows").offsetHeight > 100 * %d`, many))
		b.waitTable("cards", func(v tableView) bool { return len(v.Seen) > 2 && len(v.Seen) < 12 && v.Place > many/3 })
		ask[any](b, `scrollTo(0, document.documentElement.scrollHeight)`)
		b.waitTable("the last card", func(v tableView) bool { return slices.Contains(v.Seen, numbered(many-1)) && v.Rows < 60 })
		b.picture("cards-of-many-360")
	})
}
