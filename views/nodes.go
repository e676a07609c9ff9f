package views

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// state is what a node is, in one word: "up", "down", "quarantined" while it
// sits out, or "uncounted" while nothing is known of its memory yet.
func (n Node) state() string {
	switch {
	case !n.Up:
		return "down"
	case n.Quarantine != nil:
		return "quarantined"
	case !n.Votes:
		return "uncounted"
	}
	return "up"
}

// words is the right part of a node's card: its round trip, or what is wrong.
func (n Node) words(now time.Time) string {
	switch n.state() {
	case "down":
		if n.Error != "" {
			return "down · " + n.Error
		}
		return "down"
	case "quarantined":
		return n.Quarantine.words(now)
	case "uncounted":
		return "no vote yet"
	}
	if n.RTT <= 0 {
		return "up"
	}
	return RoundTrip(n.RTT)
}

// words is when a node that sits out votes again.
func (q Quarantine) words(now time.Time) string {
	switch left := q.Until.Sub(now); {
	case q.Until.IsZero():
		return "sits out"
	case left <= 0:
		return "back any moment"
	default:
		return "back in " + Wait(left)
	}
}

// words is how far a clock is off: "120 µs behind ± 80 µs".
func (c *Clock) words() string {
	if c == nil {
		return "not measured"
	}
	way := "ahead"
	if c.Offset < 0 {
		way = "behind"
	}
	words := "exact"
	if c.Offset.Abs() >= time.Microsecond {
		words = difference(c.Offset.Abs()) + " " + way
	}
	if c.Error >= time.Microsecond {
		words += " ±" + thin + difference(c.Error)
	}
	switch {
	case c.Jumps == 1:
		words += ", jumped once"
	case c.Jumps > 1:
		words += ", jumped " + Number(c.Jumps) + " times"
	}
	return words
}

// difference writes by how much two clocks differ, however much that is.
func difference(d time.Duration) string {
	if d < time.Second {
		return RoundTrip(d)
	}
	return Remaining(d)
}

// grave is the first finding that breaks a promise, empty when none does.
func (n Node) grave() string {
	for _, finding := range n.Findings {
		if finding.Grave {
			return finding.Text
		}
	}
	return ""
}

// version is what runs on the node: "Redis 7.0.15 · standalone · master".
func (n Node) version() string {
	server := ""
	if n.Version != "" {
		server = "Redis " + n.Version
	}
	return join(server, n.Mode, n.Role)
}

// join puts dots between those words that are not empty.
func join(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " · ")
}

// tip is what a card says to a pointer or the focus that rests on it.
func (n Node) tip() string {
	var known []string
	switch n.state() {
	case "down":
		known = append(known, VisibleText(n.Error))
	case "quarantined":
		known = append(known, VisibleText(n.Quarantine.Reason), "its votes do not count")
	case "uncounted":
		known = append(known, "its votes do not count until its memory is known")
	}
	known = append(known, VisibleText(n.grave()), VisibleText(n.version()))
	if n.Up && n.Notifications != "" {
		known = append(known, "notifications "+n.Notifications)
	}
	if n.Up && n.Clock != nil {
		known = append(known, "clock "+n.Clock.words())
	}
	known = append(known, Number(n.Keys)+" keys")
	return join(known...)
}

// voting is the number of nodes whose votes count.
func (c Cluster) voting() int {
	n := 0
	for _, node := range c.Nodes {
		if node.state() == "up" {
			n++
		}
	}
	return n
}

// nodeCardData is what styles and scripts know a card by.
func nodeCardData(n Node, index int) templ.Attributes {
	return templ.Attributes{
		"data-node": n.ID, "data-node-state": n.state(), "data-grave": n.grave() != "", "aria-describedby": tipID(index),
	}
}

// nodeAnchor names the place of a node on the Nodes page.
func nodeAnchor(id string) string { return "node-" + id }

// sentence is the text of a finding, which goes on from the node's name.
func (f Finding) sentence() string {
	first, size := utf8.DecodeRuneInString(f.Text)
	if size == 0 {
		return ""
	}
	return VisibleText(string(unicode.ToUpper(first)) + f.Text[size:])
}

// tipID names the tip of the node at an index, for aria-describedby.
func tipID(index int) string { return "node-tip-" + strconv.Itoa(index) }
