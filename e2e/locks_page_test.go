package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A row is what the Locks page shows of one lock.
type row struct {
	State, Chip           string
	Name, Owner           string
	Left, Held            string
	Votes                 []string // "a granted", ...
	Bar                   float64  // the part of the countdown's bar that is filled, 0 to 1
	Expires               int64    // what it counts down to, in milliseconds, 0 for nothing
	Fence                 int64    // 0 for none
	Waiting               string
	CanRelease, CanExtend bool
	Renewing              bool
}

// readRow is a script's function from a name, plain or in base64, to a row.
const readRow = `(wanted) => {
  const row = [...document.querySelectorAll("#rows .row")].find((r) => r.dataset.name === wanted || r.dataset.nameB64 === wanted);
  if (!row) return null;
  const text = (field) => row.querySelector('[data-field="' + field + '"]').textContent.trim();
  const offered = (action) => row.querySelector('[data-action="' + action + '"]').checkVisibility();
  return {
    State: row.dataset.state, Chip: row.querySelector('[data-field="state"]').dataset.state,
    Name: text("name"), Owner: text("owner"), Left: text("left"), Held: text("held"),
    Votes: [...row.querySelectorAll(".vote")].map((cell) => cell.dataset.node + " " + cell.dataset.vote),
    Bar: new DOMMatrix(getComputedStyle(row.querySelector('[data-field="bar"]')).transform).a,
    Expires: Date.parse(row.dataset.expires) || 0,
    Fence: Number(text("fence").replace(/\D/g, "")), Waiting: text("waiting"),
    CanRelease: offered("release"), CanExtend: offered("extend"),
    Renewing: row.querySelector('[data-field="renewing"]').checkVisibility(),
  };
}`

// count is the number of nodes with this vote.
func (r *row) count(vote string) int {
	n := 0
	for _, v := range r.Votes {
		if _, said, _ := strings.Cut(v, " "); said == vote {
			n++
		}
	}
	return n
}

// seconds is how long the row says the lock still lasts, -1 for no countdown.
func (r *row) seconds() float64 {
	total, number := 0.0, -1.0
	for _, part := range strings.FieldsFunc(r.Left, func(c rune) bool { return c == ' ' || c == '\u202f' }) {
		if n, err := strconv.ParseFloat(part, 64); err == nil {
			number = n
			continue
		}
		unit, ok := map[string]float64{"s": 1, "m": 60, "h": 3600}[part]
		if !ok || number < 0 {
			return -1
		}
		total += number * unit
	}
	if number < 0 {
		return -1
	}
	return total
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always can be
	}
	return string(b)
}

// row reads a row, nil when there is none.
func (b *tab) row(name string) *row {
	b.t.Helper()
	return ask[*row](b, "("+readRow+")("+quoted(name)+")")
}

// waitRow waits until a row is as wanted, and returns it.
func (b *tab) waitRow(name, what string, wanted func(*row) bool) *row {
	b.t.Helper()
	var last *row
	if !eventually(b.ctx, patience, func() bool {
		last = b.row(name)
		return last != nil && wanted(last)
	}) {
		b.t.Fatalf("the row of %q never was %s; at last it was %+v", name, what, last)
	}
	return last
}

func (b *tab) waitLive() {
	b.t.Helper()
	b.wait("the connection is live", `document.querySelector("#connection").dataset.conn === "live"`)
}

// waitNodes waits until exactly these nodes are down and the others up.
func (b *tab) waitNodes(down ...string) {
	b.t.Helper()
	var states []string
	if !eventually(b.ctx, patience, func() bool {
		states = ask[[]string](b, `[...document.querySelectorAll("#nodes [data-node]")].map((n) => n.dataset.node + " " + n.dataset.nodeState)`)
		return len(states) == 5 && !slices.ContainsFunc(states, func(s string) bool {
			id, state, _ := strings.Cut(s, " ")
			return (state == "down") != slices.Contains(down, id)
		})
	}) {
		b.t.Fatalf("the node strip never said that %v are down; at last it said %v", down, states)
	}
}

// waitToast waits for a notice that says all of the parts, and returns it.
func (b *tab) waitToast(parts ...string) string {
	b.t.Helper()
	var toasts []string
	var found string
	if !eventually(b.ctx, patience, func() bool {
		toasts = ask[[]string](b, `[...document.querySelectorAll("#toasts .toast")].map((n) => n.innerText)`)
		i := slices.IndexFunc(toasts, func(text string) bool { return containsAll(text, parts) })
		if i >= 0 {
			found = plainSpaces(toasts[i])
		}
		return i >= 0
	}) {
		b.t.Fatalf("no notice said %q, there were %q", parts, toasts)
	}
	return found
}

func containsAll(text string, parts []string) bool {
	text = plainSpaces(text)
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// plainSpaces makes plain the spaces that keep words on one line.
func plainSpaces(text string) string {
	return strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(text)
}

// A form is what to type into the acquire dialog. An empty TTL, owner or wait
// leaves the field as it is. Renew ticks "hold while this tab is open".
type form struct {
	name, ttl, owner, wait string
	renew                  bool
}

// submit opens the dialog with the mouse where it is not open, fills it and
// sends it.
func (b *tab) submit(f form) {
	b.t.Helper()
	if !ask[bool](b, `document.querySelector("#acquire").open`) {
		b.click(`.toolbar [data-action="acquire"]`)
		b.wait("the dialog is open", `document.querySelector("#acquire").open`)
	}
	b.fill("#acquire-name", f.name)
	for field, value := range map[string]string{"ttl": f.ttl, "owner": f.owner, "wait": f.wait} {
		if value != "" {
			b.fill("#acquire-"+field, value)
		}
	}
	if f.renew {
		b.click("#acquire-renew")
	}
	b.click(`[data-action="submit-acquire"]`)
}

// acquire takes a lock through the dialog.
func (b *tab) acquire(f form) {
	b.t.Helper()
	b.submit(f)
	b.wait("the dialog has closed", `!document.querySelector("#acquire").open`)
}

// act presses a button in the row of a lock.
func (b *tab) act(name, action string) {
	b.t.Helper()
	b.click(fmt.Sprintf(`#rows .row[data-name=%s] [data-action="%s"]`, quoted(name), action))
}

// lockName makes a name that no other test uses on the same program.
func lockName(t testing.TB, what string) string {
	test, _, _ := strings.Cut(t.Name(), "/")
	return "lock:" + strings.ToLower(test[len("Test"):min(len(test), 20)]) + ":" + what
}
