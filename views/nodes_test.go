package views

import (
	"strings"
	"testing"
	"time"
)

// outNode is a node that sits out.
func outNode(until time.Time) Node {
	return Node{ID: "d", Address: "127.0.0.1:7004", Up: true, Quarantine: &Quarantine{Until: until, Reason: "it lost its memory"}}
}

func TestACardSaysHowItsNodeIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, state, words string
		node               Node
	}{
		{"a node that votes shows its round trip", "up", "310 µs", Node{Up: true, Votes: true, RTT: 310 * time.Microsecond}},
		{"before the first round trip it is up", "up", "up", Node{Up: true, Votes: true}},
		{"a node that is down says why", "down", "down · connection refused", Node{Error: "connection refused"}},
		{"a node that is down counts no time down", "down", "down", Node{Quarantine: &Quarantine{Until: now}}},
		{"a quarantine counts down to its end", "quarantined", "back in 27 s", outNode(now.Add(26500 * time.Millisecond))},
		{"a quarantine that is over is over soon", "quarantined", "back any moment", outNode(now)},
		{"a quarantine without end sits out", "quarantined", "sits out", outNode(time.Time{})},
		{"a node whose memory is not known has no vote", "uncounted", "no vote yet", Node{Up: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.node.state(); got != c.state {
				t.Errorf("state: got %q, want %q", got, c.state)
			}
			if got := plainSpaces(c.node.words(now)); got != c.words {
				t.Errorf("words: got %q, want %q", got, c.words)
			}
		})
	}
}

func TestAClockIsSaidWithItsError(t *testing.T) {
	t.Parallel()
	for want, clock := range map[string]*Clock{
		"not measured":                           nil,
		"exact":                                  {},
		"120 µs behind ± 80 µs":                  {Offset: -120 * time.Microsecond, Error: 80 * time.Microsecond},
		"48 ms ahead ± 1.2 ms, jumped once":      {Offset: 48 * time.Millisecond, Error: 1200 * time.Microsecond, Jumps: 1},
		"1 m 30 s behind ± 1 µs, jumped 3 times": {Offset: -90 * time.Second, Error: time.Microsecond, Jumps: 3},
	} {
		if got := plainSpaces(clock.words()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTheTipOfANodeBeginsWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	node := outNode(now.Add(time.Minute))
	node.Version, node.Mode, node.Role, node.Notifications, node.Keys = "7.0.15", "standalone", "master", "live", 1284
	node.Clock = &Clock{Offset: 120 * time.Microsecond, Error: 80 * time.Microsecond}
	node.Findings = []Finding{{Code: "fsync", Text: "weak"}, {Code: "clock", Grave: true, Text: "its clock is off"}}
	want := "it lost its memory · its votes do not count · its clock is off · Redis 7.0.15 · standalone · master" +
		" · notifications live · clock 120 µs ahead ± 80 µs · 1,284 keys"
	if got := plainSpaces(node.tip()); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	down := Node{Error: "refused\u202e"}
	if got, want := down.tip(), "refusedU+202E · 0 keys"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyNodesThatMayVoteAreCounted(t *testing.T) {
	t.Parallel()
	d := sample(held("lock:x", "alice"))
	d.Nodes = append(d.Nodes, outNode(now.Add(27*time.Second)), Node{ID: "e", Up: true})
	d.Quorum = 3
	page := plainSpaces(render(t, Locks(d)))
	for _, want := range []string{
		`quorum <b>3</b> of 5 · <span data-field="voting">2</span> vote`, `data-short="true"`,
		`data-node="d" data-node-state="quarantined"`, ">back in 27 s<", `data-node="e" data-node-state="uncounted"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestAGraveFindingIsMarkedOnTheCard(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Nodes[0].Findings = []Finding{{Code: "fsync", Text: "weak", Mend: "CONFIG SET appendfsync always"}}
	d.Nodes[1].Findings = []Finding{{Code: "eviction", Grave: true, Text: "locks are dropped", Mend: "CONFIG SET maxmemory-policy noeviction"}}
	page := render(t, Locks(d))
	if got := strings.Count(page, " data-grave"); got != 1 {
		t.Errorf("%d cards are marked, want 1", got)
	}
	if want := `data-grave data-node="b" data-node-state="up"`; !strings.Contains(page, want) {
		t.Errorf("the page lacks %s", want)
	}
}

func TestAdmittingANodeSaysWhatMayGoWrong(t *testing.T) {
	t.Parallel()
	page := render(t, Locks(sample()))
	_, dialog, ok := strings.Cut(page, `<dialog id="admit"`)
	if !ok {
		t.Fatal("the page has no dialog to admit a node")
	}
	dialog, _, _ = strings.Cut(dialog, "</dialog>")
	for _, want := range []string{"may be given to a second holder", `aria-describedby="admit-risk"`, `data-action="submit-admit"`, `data-action="close" autofocus`} {
		if !strings.Contains(dialog, want) {
			t.Errorf("the dialog lacks %s", want)
		}
	}
}
