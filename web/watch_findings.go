package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/views"
	"github.com/lockscope/lockscope/watcher"
)

// withoutPermission tells what does not work when the watcher may not use a
// command.
var withoutPermission = map[string]string{
	"psubscribe":            "changes are not told by events, and the node is scanned again and again",
	watcher.MissingChannels: "changes are not told by events, and the node is scanned again and again",
	"config|get":            "it cannot be told whether the node sends events, other than by trying",
	"config|set":            "the node cannot be made to send events",
	"scan":                  "locks that are there already are not found",
	"info":                  "version, role and restarts of the node are not known",
	"dbsize":                "that a node was emptied is noticed late",
	"ping":                  "it cannot be told whether the node is well",
	"memory|usage":          "it cannot be told whether a large key is too large to be read",
	watcher.MissingKeys:     "what it holds of some watched names is not known",
}

// joinFindings returns the findings of the engine and those of the watcher that
// it has not.
func joinFindings(engine []lockengine.Finding, watch []Finding) []Finding {
	list := make([]Finding, 0, len(engine)+len(watch))
	for _, f := range engine {
		list = append(list, Finding(f))
	}
	for _, f := range watch {
		if !slices.ContainsFunc(list, func(known Finding) bool { return known.Mend == f.Mend }) {
			list = append(list, f)
		}
	}
	return list
}

// watchFindings are what an operator should mend so that the node can be
// watched. patterns are those of the watched names.
func watchFindings(n watcher.NodeStatus, patterns []string) []Finding {
	var list []Finding
	for what := range strings.FieldsSeq(n.Missing) {
		f := Finding{Code: "watch-permission", Text: "watching: this user may not use " + strings.ToUpper(strings.ReplaceAll(what, "|", " ")),
			Mend: "ACL SETUSER <user> +" + what}
		switch what {
		case watcher.MissingKeys:
			f.Text = "watching: this user may not read all keys that are watched"
			f.Mend = "ACL SETUSER <user> %R~" + strings.Join(patterns, " %R~")
		case watcher.MissingChannels:
			f.Text = "watching: this user may not subscribe to the events of the keys that are watched"
			f.Mend = "ACL SETUSER <user> &__keyspace@<db>__:" + strings.Join(patterns, " &__keyspace@<db>__:")
		}
		if why := withoutPermission[what]; why != "" {
			f.Text += ": " + why
		} else {
			f.Text += ": locks cannot be read"
		}
		list = append(list, f)
	}
	if n.Storm > 0 {
		list = append(list, Finding{Code: "storm",
			Text: fmt.Sprintf("the node sends %s events a second, too many to follow without slowing others: it is scanned, and changes are seen late. Watch fewer names, or follow more where there are processors to spare", views.Number(n.Storm)),
			Mend: fmt.Sprintf("LOCKSCOPE_WATCH_EVENTS=%d", (2*n.Storm/1000+1)*1000)})
	}
	if n.Flags != "" {
		list = append(list, Finding{Code: "notifications",
			Text: "the node does not send all events: changes are seen up to a second late",
			Mend: "CONFIG SET notify-keyspace-events " + n.Flags})
	}
	return list
}
