package views

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 23, 10, 0, 0, 123_000_000, time.UTC)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func votes(words ...string) []Vote {
	all := make([]Vote, len(words))
	for i, word := range words {
		all[i] = Vote{Node: string(rune('a' + i)), Vote: word}
	}
	return all
}

func held(name, owner string) Lock {
	return Lock{
		Name: name, State: "held", ExpiresAt: now.Add(8400 * time.Millisecond),
		Holder: Holder{Owner: owner, Fingerprint: "1a2b3c4d", Managed: true, Since: now.Add(-42 * time.Second)},
		Votes:  votes("granted", "granted", "down"),
	}
}

func sample(rows ...Lock) LocksData {
	return LocksData{
		Page: Page{Title: "Locks", Base: "/base", Static: "/base/static/0a1b", Environment: "prod", Version: "v1.2.3", Active: "locks"},
		Rows: rows, Total: len(rows), Counts: Counts{Total: len(rows), Held: len(rows)},
		Cluster: threeNodes(),
		Terms:   Terms{DefaultTTL: 10 * time.Second, MaxTTL: time.Minute, Watch: []string{"lock:*"}},
	}
}

func threeNodes() Cluster {
	return Cluster{Quorum: 2, ServerTime: now, Nodes: []Node{
		{ID: "a", Address: "127.0.0.1:7001", Up: true, Votes: true, RTT: 310 * time.Microsecond, Notifications: "live"},
		{ID: "b", Address: "127.0.0.1:7002", Up: true, Votes: true, RTT: 1900 * time.Microsecond, Notifications: "polling"},
		{ID: "c", Address: "127.0.0.1:7003", Error: "connection refused"},
	}}
}

// rowsOf returns the part of the page that holds the rows of the first paint.
func rowsOf(t *testing.T, page string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `id="rows"`)
	if !ok {
		t.Fatal("the page has no rows")
	}
	rows, _, _ := strings.Cut(rest, `id="empty"`)
	return rows
}

func TestTheFirstPaintHoldsEveryRowNodeAndCount(t *testing.T) {
	t.Parallel()
	page := plainSpaces(render(t, Locks(sample(held("lock:x", "alice"), held("lock:y", "bob")))))
	for _, want := range []string{
		`data-name="lock:x"`, `data-name="lock:y"`, ">alice<", ">bob<", ">8.4 s<", ">42 s<",
		"127.0.0.1:7001", ">310 µs<", ">1.9 ms<", "down · connection refused", "polling",
		"quorum <b>2</b> of 3", `data-chip="held"`, "<noscript>", "v1.2.3", "env-danger",
		`data-expires="2026-11-23T10:00:08.523Z"`, `data-base="/base"`, `src="/base/static/0a1b/js/main.js"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestHostileNamesAndOwnersAreEscaped(t *testing.T) {
	t.Parallel()
	lock := held("lock:<img src=x onerror=alert(1)>\u202e\"", "<script>alert(1)</script>\x1b")
	bytes := held("lock:\xff\x00", "x")
	page := render(t, Locks(sample(lock, bytes)))
	for _, bad := range []string{"<img", "<script>alert", "\u202e<", "\x1b", "\xff"} {
		if strings.Contains(rowsOf(t, page), bad) {
			t.Errorf("the page holds %q as it is", bad)
		}
	}
	for _, want := range []string{
		`<span class="esc">U+202E</span>`, `<span class="esc">\x1b</span>`,
		`<span class="esc">\xff</span><span class="esc">\x00</span>`, `data-name-b64="bG9jazr/AA=="`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestAVoteStripTellsItsVotesInWords(t *testing.T) {
	t.Parallel()
	strip := render(t, voteStrip(votes("granted", "other", "down"), 2))
	if want := `aria-label="votes: a granted, b other, c down"`; !strings.Contains(strip, want) {
		t.Errorf("got %s, want %s", strip, want)
	}
	cells := regexp.MustCompile(`data-node="(\w)" data-vote="(\w+)"( data-notch)?`).FindAllString(strip, -1)
	want := []string{`data-node="a" data-vote="granted"`, `data-node="b" data-vote="other"`, `data-node="c" data-vote="down" data-notch`}
	if !slices.Equal(cells, want) {
		t.Errorf("got %q, want %q", cells, want)
	}
}

func TestAVoteSaysWhyItIsNoClearAnswer(t *testing.T) {
	t.Parallel()
	all := votes("granted", "amnesia", "quarantined")
	all[1].Reason = "it lost its memory: this vote does not count"
	all[2].Reason = "sits out \u202e<27 s>"
	strip := render(t, voteStrip(all, 2))
	for _, want := range []string{
		`title="a: granted"`,
		`title="b: amnesia · it lost its memory: this vote does not count"`,
		`title="c: quarantined · sits out U+202E&lt;27 s&gt;"`,
		`aria-label="votes: a granted, b amnesia (it lost its memory: this vote does not count), c quarantined (sits out U+202E&lt;27 s&gt;)"`,
	} {
		if !strings.Contains(strip, want) {
			t.Errorf("got %s, want %s", strip, want)
		}
	}
}

func TestTheLegendExplainsEveryVote(t *testing.T) {
	t.Parallel()
	legend := render(t, voteLegend())
	for _, word := range Votes {
		if voteMeaning[word] == "" {
			t.Errorf("%s is not explained", word)
		}
		if want := `data-vote="` + word + `"`; !strings.Contains(legend, want) {
			t.Errorf("the legend lacks %s", want)
		}
	}
}

func TestFencesAndWaitersStandInTheirColumns(t *testing.T) {
	t.Parallel()
	wanted, quiet, observed := held("lock:a", "alice"), held("lock:b", "bob"), held("lock:c", "")
	wanted.Fence, wanted.Waiters = 1795402113123456, Waiters{Visible: true, Count: 1284}
	quiet.Fence, quiet.Waiters = 1795402113123457, Waiters{Visible: true}
	page := plainSpaces(render(t, Locks(sample(wanted, quiet, observed))))
	for _, want := range []string{
		"data-has-fence", "data-has-waiters", ">1 795 402 113 123 456<", ">1 795 402 113 123 457<",
		`data-field="waiting">1,284<`, `data-field="waiting">—<`, `data-field="waiting">not visible<`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	rows := rowsOf(t, page)
	if got := strings.Count(rows, " data-fenced"); got != 2 {
		t.Errorf("%d rows say that they have a fence, want 2", got)
	}
	if got := strings.Count(rows, " data-waited"); got != 1 {
		t.Errorf("%d rows say that somebody waits, want 1", got)
	}
	if plain := render(t, Locks(sample(observed))); strings.Contains(plain, "data-has-") {
		t.Error("a column is shown that has nothing to say")
	}
}

func TestThePageNeedsNoUnsafeInline(t *testing.T) {
	t.Parallel()
	empty := sample()
	readOnly := sample(held("lock:x", "alice"))
	readOnly.ReadOnly = true
	for _, page := range []string{
		render(t, Locks(sample(held("lock:x", "alice")))),
		render(t, Locks(empty)),
		render(t, Locks(readOnly)),
		render(t, Error(Page{Title: "Not found"}, 404, "Not found", "there is nothing here")),
	} {
		if found := regexp.MustCompile(`(?i)<[^>]*\s(style|on\w+)\s*=[^>]*>|<style|javascript:`).FindString(page); found != "" {
			t.Errorf("the page holds %s", found)
		}
		for _, script := range regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`).FindAllStringSubmatch(page, -1) {
			if !strings.Contains(script[1], "src=") || script[2] != "" {
				t.Errorf("the page holds an inline script: %s", script[0])
			}
		}
	}
}

func TestAReadOnlyPageOffersNoCommand(t *testing.T) {
	t.Parallel()
	d := sample()
	d.ReadOnly = true
	page := render(t, Locks(d))
	for _, bad := range []string{`data-action="acquire"`, `id="acquire"`, `data-action="admit"`, `id="admit"`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	if !strings.Contains(page, "data-readonly") {
		t.Error("the page does not tell its scripts that it is read-only")
	}
}

func TestTheAttemptCardHasALinePerNodeAndWaitsForScripts(t *testing.T) {
	t.Parallel()
	card := regexp.MustCompile(`(?s)<section id="attempt".*?</section>`).FindString(render(t, Locks(sample())))
	head, _, _ := strings.Cut(card, ">")
	if !strings.HasSuffix(head, " hidden") {
		t.Errorf("the card of no lock is not hidden: %s", head)
	}
	var nodes []string
	for _, line := range regexp.MustCompile(`data-attempt-node="(.)"`).FindAllStringSubmatch(card, -1) {
		nodes = append(nodes, line[1])
	}
	if !slices.Equal(nodes, []string{"a", "b", "c"}) {
		t.Errorf("the card has lines for %q", nodes)
	}
	if strings.Contains(card, "style=") {
		t.Error("the card carries a style that the page's policy forbids")
	}
}

func TestAnEmptyPageSaysHowToTakeALock(t *testing.T) {
	t.Parallel()
	page := render(t, Locks(sample()))
	want := "for p in 7001 7002; do redis-cli -p $p SET lock:demo me NX PX 10000; done"
	if !strings.Contains(page, want) {
		t.Errorf("the page lacks %s", want)
	}
	one := sample()
	one.Quorum, one.Nodes = 1, []Node{{ID: "a", Address: "redis.example:6379", Up: true}}
	if want := "redis-cli -h redis.example -p 6379 SET lock:demo me NX PX 10000"; !strings.Contains(render(t, Locks(one)), want) {
		t.Errorf("the page of one node lacks %s", want)
	}
	one.Nodes[0].Mode = "cluster"
	if want := "redis-cli -c -h redis.example -p 6379 SET lock:demo me NX PX 10000"; !strings.Contains(render(t, Locks(one)), want) {
		t.Errorf("no %q for a cluster", want)
	}
}

func TestAFilterWithoutRowsIsNotAnEmptyPage(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Query.Text = "zzz"
	page := render(t, Locks(d))
	hidden := regexp.MustCompile(`(?s)<section id="(empty|no-match)"[^>]*?( hidden)?>`).FindAllStringSubmatch(page, -1)
	for _, section := range hidden {
		if got, want := section[2] != "", section[1] == "empty"; got != want {
			t.Errorf("%s: hidden is %t, want %t", section[1], got, want)
		}
	}
	if len(hidden) != 2 {
		t.Fatalf("found %d sections, want 2", len(hidden))
	}
}

func TestWhoHoldsALockIsSaidAsFarAsItIsKnown(t *testing.T) {
	t.Parallel()
	for want, holder := range map[string]Holder{
		"alice":                         {Owner: "alice", Fingerprint: "1a2b3c4d"},
		"unknown client · 1a2b3c4d":     {Fingerprint: "1a2b3c4d"},
		"probably redsync · 1a2b3c4d":   {Fingerprint: "1a2b3c4d", Library: "redsync"},
		"lockscope · 1a2b3c4d":          {Fingerprint: "1a2b3c4d", Library: "lockscope"},
		"perhaps redlock-rb · 1a2b3c4d": {Fingerprint: "1a2b3c4d", Library: "redlock-rb", Confidence: "ambiguous"},
		"ShedLock · web-1":              {Fingerprint: "1a2b3c4d", Library: "ShedLock", Confidence: "certain", Host: "web-1"},
		"probably x · web-1 pid 7":      {Fingerprint: "1a2b3c4d", Library: "x", Confidence: "likely", Host: "web-1", PID: 7},
		"redisson · client 1 thread 2":  {Fingerprint: "1a2b3c4d", Library: "redisson", Confidence: "certain", Owner: "client 1 thread 2"},
		"—":                             {},
	} {
		if got := holder.words(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatARowCountsDownTo(t *testing.T) {
	t.Parallel()
	vote := func(in time.Duration) Vote { return Vote{Vote: "granted", ExpiresAt: now.Add(in)} }
	holder := Holder{Fingerprint: "1a2b3c4d"}
	for _, c := range []struct {
		name string
		lock Lock
		want string
	}{
		{"a held lock to the end of its quorum", Lock{State: "held", Holder: holder, ExpiresAt: now.Add(5 * time.Second), Votes: []Vote{vote(9 * time.Second)}}, "5.0 s"},
		{"a held lock without end to nothing", Lock{State: "held", Holder: holder, Flags: []string{"no-expiry"}}, "no expiry"},
		{"residue to the last token", Lock{State: "residue", Holder: holder, Votes: []Vote{vote(3 * time.Second), vote(4 * time.Second)}}, "4.0 s"},
		{"residue that never goes to nothing", Lock{State: "residue", Holder: holder, Flags: []string{"no-expiry"}, Votes: []Vote{vote(3 * time.Second)}}, "no expiry"},
		{"a free name to nothing", Lock{State: "free"}, "—"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := plainSpaces(c.lock.left(now)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPageNamesJustTheModulesThatItImports(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`(?m)^import .* from "\./([\w.-]+)";$`)
	// boot.js stands in the head by itself; types.js holds types only.
	loaded := map[string]bool{"boot.js": true, "types.js": true}
	for page, kit := range Kits {
		reached := make(map[string]bool)
		queue := slices.Clone(kit.Modules[:1])
		for len(queue) > 0 {
			module := queue[0]
			queue = queue[1:]
			if reached[module] {
				continue
			}
			reached[module], loaded[module] = true, true
			source, err := os.ReadFile("../static/js/" + module)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range imports.FindAllStringSubmatch(string(source), -1) {
				queue = append(queue, found[1])
			}
		}
		named := slices.Sorted(slices.Values(kit.Modules))
		if want := slices.Sorted(maps.Keys(reached)); !slices.Equal(named, want) {
			t.Errorf("%s names %q, imports %q", page, named, want)
		}
	}
	if have := namesIn(t, "js"); !slices.Equal(have, slices.Sorted(maps.Keys(loaded))) {
		t.Errorf("js holds %q, the pages load %q", have, slices.Sorted(maps.Keys(loaded)))
	}
}

func TestEveryStyleIsLoaded(t *testing.T) {
	t.Parallel()
	loaded := slices.Clone(Styles)
	for page, kit := range Kits {
		for _, path := range append(kit.Styles, kit.Scripts...) {
			if _, err := os.Stat("../static/" + path); err != nil {
				t.Errorf("%s: %v", page, err)
			}
			if name, own := strings.CutPrefix(path, "css/"); own {
				loaded = append(loaded, name)
			}
		}
	}
	slices.Sort(loaded)
	if have, want := namesIn(t, "css"), slices.Compact(loaded); !slices.Equal(have, want) {
		t.Errorf("css holds %q, the pages load %q", have, want)
	}
}

func namesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir("../static/" + folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
