package views

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// NodesData is what the Nodes page shows.
type NodesData struct {
	Page
	Cluster
	// Trends are how the nodes were lately, one for each.
	Trends []Trend
	// MaxDrift is by how much the clocks of the nodes may differ, 0 where nobody
	// goes by them.
	MaxDrift time.Duration
}

// A Trend is how a node was lately, once a second.
type Trend struct {
	// RTT are the round trips, 0 while it was down.
	RTT []time.Duration
}

const (
	// trendWidth and trendHeight are the size of the drawing of a trend.
	trendWidth, trendHeight = 300, 44
)

// path draws the round trips: a line that ends at the right and breaks where
// the node was down.
func (t Trend) path() string {
	// One that was slow must not flatten all others: it leaves at the top.
	known := t.known()
	if len(known) == 0 {
		return ""
	}
	most := min(2*known[len(known)*95/100], known[len(known)-1])
	var b strings.Builder
	pen := "M"
	for i, rtt := range t.RTT {
		if rtt == 0 {
			pen = "M"
			continue
		}
		x := trendWidth - len(t.RTT) + i + 1
		y := trendHeight - 2 - float64(trendHeight-6)*float64(min(rtt, most))/float64(most)
		fmt.Fprintf(&b, "%s%d %.1f", pen, x, y)
		pen = "L"
	}
	return b.String()
}

// known are the round trips of when it was up, the shortest first.
func (t Trend) known() []time.Duration {
	known := slices.DeleteFunc(slices.Clone(t.RTT), func(d time.Duration) bool { return d == 0 })
	slices.Sort(known)
	return known
}

// words are the middle and the longest of the round trips.
func (t Trend) words() string {
	known := t.known()
	if len(known) == 0 {
		return ""
	}
	return "p50 " + RoundTrip(known[len(known)/2]) + " · most " + RoundTrip(known[len(known)-1])
}

// trend is how the node at an index was lately.
func (d NodesData) trend(index int) Trend {
	if index < len(d.Trends) {
		return d.Trends[index]
	}
	return Trend{}
}

// cost is what watching costs all nodes together.
func (c Cluster) cost() Cost {
	var sum Cost
	for _, n := range c.Nodes {
		sum.OperationsPerSecond += n.Cost.OperationsPerSecond
		sum.BytesPerSecond += n.Cost.BytesPerSecond
	}
	return sum
}

// rates are what watching costs now.
func (c Cost) rates() string {
	return Number(c.OperationsPerSecond) + " operations and " + Bytes(uint64(c.BytesPerSecond)) + " a second"
}

// sums are what it has cost since the start.
func (c Cost) sums() string {
	return Number(int(c.Operations)) + " operations, " + Bytes(c.BytesIn) + " read, " + Bytes(c.BytesOut) + " sent"
}

// Bytes writes an amount of data, such as "812 B", "3.2 KB" or "64 MB".
func Bytes(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10) + thin + "B"
	}
	units := []string{"KB", "MB", "GB", "TB", "PB", "EB"}
	unit, scaled := 0, float64(n)/1000
	for scaled >= 999.5 && unit < len(units)-1 {
		scaled /= 1000
		unit++
	}
	digits := 0
	if scaled < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(scaled, 'f', digits, 64) + thin + units[unit]
}

// persistence is how a node keeps what it is told.
func (n Node) persistence() string {
	switch {
	case n.Version == "":
		return dash
	case !n.Append:
		return "no append-only file"
	case n.Fsync == "":
		return "append-only file, appendfsync not known"
	}
	return "append-only file, appendfsync " + VisibleText(n.Fsync)
}

// eviction is what a node drops when its memory is full.
func (n Node) eviction() string {
	switch {
	case n.Eviction == "":
		return dash
	case n.MaxMemory <= 0:
		return VisibleText(n.Eviction) + ", no memory limit"
	}
	return VisibleText(n.Eviction) + " at " + Bytes(uint64(n.MaxMemory))
}

// notifications is how changes on a node reach this program.
func (n Node) notifications() string {
	words := dash
	switch {
	case !n.Up:
		return dash
	case n.Notifications == "live":
		words = "events arrive"
	case n.Notifications == "polling":
		words = "are not followed: it is scanned again and again"
	default:
		words = "none"
	}
	if n.Missed > 0 {
		words += ", " + Number(int(n.Missed)) + " changes were not told"
	}
	if n.Gaps > 0 {
		words += ", interrupted " + times(int(n.Gaps))
	}
	return words
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return Number(n) + " times"
}

// uptime is for how long the server process has run.
func (n Node) uptime(now time.Time) string {
	if !n.Up || n.StartedAt.IsZero() {
		return dash
	}
	return Age(now.Sub(n.StartedAt))
}

// run names the server process.
func (n Node) run() string { return cmp.Or(VisibleText(n.RunID), dash) }

// why says what a node that does not vote does not vote for.
func (n Node) why() string {
	switch n.state() {
	case "down":
		return VisibleText(n.Error)
	case "quarantined":
		return Finding{Text: n.Quarantine.Reason}.sentence() + ". Its votes do not count until whatever it may have forgotten has expired."
	case "uncounted":
		return "Its votes do not count until its memory is known."
	}
	return ""
}

// since is for how long a node has been up or down, or when it votes again.
func (n Node) since(now time.Time) string {
	switch {
	case n.state() == "quarantined":
		return n.Quarantine.words(now)
	case n.Since.IsZero():
		return ""
	}
	return "for " + Age(now.Sub(n.Since))
}

// clock is how a node's clock goes.
func (n Node) clock() string {
	if !n.Up {
		return "not measured"
	}
	return n.Clock.words()
}

// drift is the limit of the clocks in words.
func (d NodesData) drift() string {
	if d.MaxDrift == 0 {
		return ""
	}
	return "±" + thin + difference(d.MaxDrift) + " allowed"
}

func orDash(words string) string { return cmp.Or(words, dash) }
