package views

import "slices"

// Styles are the style sheets of every page, in the order of the cascade.
var Styles = []string{
	"tokens.css", "base.css", "layout.css", "controls.css", "nodes.css",
	"table.css", "votes.css", "dialog.css", "panel.css", "attempt.css", "toast.css",
	"narrow.css",
}

// Modules are the scripts that the Locks page ends up importing. Naming them in
// the head lets a browser fetch them side by side and not one import after the
// other.
var Modules = []string{
	"main.js", "acquire.js", "admit.js", "announce.js", "api.js", "attempt.js",
	"attemptcard.js", "clock.js",
	"connection.js", "copy.js", "countdown.js", "filters.js", "format.js", "history.js",
	"keys.js", "leases.js", "lock.js", "node.js", "nodepanel.js", "nodes.js", "panel.js",
	"refusal.js", "row.js", "settings.js", "shell.js", "store.js", "stream.js",
	"tab.js", "table.js", "theme.js", "toast.js", "visible.js", "votes.js", "waiting.js",
}

// A navEntry is a page that the navigation links to.
type navEntry struct{ ID, Label, Path string }

// nav are the pages that exist.
var nav = []navEntry{
	{ID: "locks", Label: "Locks", Path: "/"},
	{ID: "stage", Label: "Stage", Path: "/stage"},
}

// nav are the pages that are offered.
func (p Page) nav() []navEntry {
	if p.Stage {
		return nav
	}
	return slices.DeleteFunc(slices.Clone(nav), func(e navEntry) bool { return e.ID == "stage" })
}

// StageStyles and StageModules are what the stage page has on top: the styles that
// are its own, and all modules that it ends up importing.
var (
	StageStyles  = []string{"stage.css", "stagering.css"}
	StageModules = []string{
		"stage.js", "announce.js", "api.js", "connection.js", "format.js", "keys.js", "settings.js", "stagedrive.js",
		"stagefigure.js", "stagelanes.js", "stagemenu.js", "stageplayhead.js", "stagering.js", "stagescript.js",
		"stagestream.js", "stagetape.js", "tab.js", "theme.js", "toast.js", "visible.js",
	}
)
