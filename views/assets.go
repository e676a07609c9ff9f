package views

import "slices"

// Styles are the style sheets of every page, in the order of the cascade. A page
// may have others of its own, see Kits.
//
// They are sent as one, which is called Sheet.
var Styles = []string{
	"tokens.css", "base.css", "layout.css", "controls.css", "nodes.css",
	"table.css", "votes.css", "menu.css", "dialog.css", "panel.css", "attempt.css", "toast.css",
	"palette.css", "narrow.css",
}

// Sheet is where Styles are, one after the other.
const Sheet = "css/all.css"

// Modules are the scripts that the Locks page ends up importing. Naming them in
// the head lets a browser fetch them side by side and not one import after the
// other.
var Modules = []string{
	"main.js", "acquire.js", "admit.js", "announce.js", "api.js", "attempt.js", "attemptcard.js", "behind.js", "bulk.js", "clock.js",
	"commands.js", "connection.js", "copy.js", "countdown.js", "facets.js", "filters.js", "finding.js", "follow.js", "force.js", "format.js",
	"fuzzy.js", "history.js", "holds.js", "lane.js", "leases.js", "lock.js", "lockfacts.js", "node.js", "nodefacts.js", "nodepanel.js", "nodes.js",
	"order.js", "page.js", "palette.js", "panel.js", "pause.js", "refusal.js", "row.js", "rowactions.js", "rowmenu.js", "selection.js",
	"settings.js", "shared.js", "shell.js", "store.js", "stream.js", "tab.js", "table.js", "theme.js", "times.js", "title.js",
	"toast.js", "viewport.js", "visible.js", "votes.js", "waiting.js",
}

// A Kit is what a page loads beside Styles.
type Kit struct {
	// Styles and Scripts are paths below the folder of the assets. Scripts are
	// no modules and run before those.
	Styles, Scripts []string
	// Modules are all that the page ends up importing, in the folder js. The
	// first one imports the others.
	Modules []string
}

// Kits are those of all pages, by Page.Active.
var Kits = map[string]Kit{
	"locks": {Modules: Modules},
	"lock": {Styles: []string{"css/lockpage.css", "css/feed.css"}, Modules: with("lockpage.js", reading, acting, feeding, []string{
		"attempt.js", "attemptcard.js", "countdown.js", "force.js", "holders.js", "holds.js", "lockfacts.js", "lockknown.js", "lockvotes.js", "shell.js",
	})},
	"nodes": {
		Styles:  []string{"css/nodespage.css", "vendor/uPlot.min.css"},
		Scripts: []string{"vendor/uPlot.iife.min.js"},
		Modules: with("nodespage.js", reading, []string{"admit.js", "chart.js", "finding.js", "nodefacts.js"}),
	},
	"activity": {Styles: []string{"css/feed.css"}, Modules: with("activity.js", reading, feeding)},
	"":         {Modules: with("error.js", shared)},
	"help":     {Styles: []string{"css/help.css"}, Modules: with("help.js", reading)},
	"stage": {Styles: []string{"css/stage.css", "css/stagering.css"}, Modules: with("stage.js", shared, []string{
		"connection.js", "format.js", "stagedrive.js", "stagefigure.js", "stagelanes.js", "stagelayout.js", "stagemarks.js",
		"stagemenu.js", "stageplayhead.js", "stagering.js", "stagescript.js", "stagestream.js", "stagetape.js", "tab.js",
	})},
}

// shared is what every page imports, reading what shows locks as they are now,
// acting what takes them, and feeding what tells of events.
var (
	shared = []string{
		"announce.js", "api.js", "commands.js", "fuzzy.js", "palette.js", "settings.js", "shared.js", "theme.js",
		"toast.js", "visible.js",
	}
	reading = slices.Concat(shared, []string{
		"clock.js", "connection.js", "copy.js", "format.js", "lock.js", "node.js", "nodes.js", "page.js", "pause.js",
		"stream.js", "tab.js",
		"times.js", "title.js",
	})
	acting = []string{
		"acquire.js", "leases.js", "lock.js", "refusal.js", "votes.js", "waiting.js",
	}
	feeding = []string{"auditline.js", "eventline.js", "feed.js", "lock.js"}
)

// with returns a module and those that it imports, each once.
func with(main string, imported ...[]string) []string {
	return append([]string{main}, slices.Compact(slices.Sorted(slices.Values(slices.Concat(imported...))))...)
}

// kit is what the page loads.
func (p Page) kit() Kit { return Kits[p.Active] }

// live reports whether the page follows the locks as they change: all do but that
// of an error.
func (p Page) live() bool { return p.Active != "" }

// current is how the entry of the navigation is marked: "page" for the one of
// this page, "true" for the one that leads to it, empty for others.
func (p Page) current(entry navEntry) string {
	switch {
	case entry.ID == p.Active:
		return "page"
	case entry.ID == "locks" && p.Active == "lock":
		return "true"
	}
	return ""
}

// A navEntry is a page that the navigation links to.
type navEntry struct{ ID, Label, Path string }

// nav are the pages that exist.
var nav = []navEntry{
	{ID: "locks", Label: "Locks", Path: "/"},
	{ID: "nodes", Label: "Nodes", Path: "/nodes"},
	{ID: "activity", Label: "Activity", Path: "/activity"},
	{ID: "stage", Label: "Stage", Path: "/stage"},
	{ID: "help", Label: "Help", Path: "/help"},
}

// nav are the pages that are offered.
func (p Page) nav() []navEntry {
	if p.Stage {
		return nav
	}
	return slices.DeleteFunc(slices.Clone(nav), func(e navEntry) bool { return e.ID == "stage" })
}
