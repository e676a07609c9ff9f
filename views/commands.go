package views

import (
	"slices"
	"strings"
)

// A Command is something that a page does when it is told by a key or from the
// palette. What is said of it stands here, once: the list of keys, the palette,
// the hints and the Help page are drawn from it. What it does, and when it can be
// done, stands with the page's scripts: see static/js/commands.js.
type Command struct {
	// ID names the command for the scripts.
	ID string
	// Label says what it does.
	Label string
	// Keys are the ways to give it: each is one key as the browser names it, or
	// some with spaces between that are struck one after the other. "mod+k" is K
	// with the key of the system's commands. Without any it is in the palette only.
	Keys []string
	// Pages are those that have it, by Page.Active; none are all.
	Pages []string
	// Operates is true where a read-only page does not offer it.
	Operates bool
	// Repeats is true where holding the key gives it again and again.
	Repeats bool
	// Bare is true where it makes no sense in the palette, such as a move by a row.
	Bare bool
}

// Commands are those of all pages, in the order of the lists.
var Commands = []Command{
	{ID: "palette", Label: "Find a command or a lock", Keys: []string{"mod+k"}, Bare: true},
	{ID: "keys", Label: "Show the keys of this page", Keys: []string{"?"}},
	{ID: "theme", Label: "Change the colour scheme", Keys: []string{"t"}},
	{ID: "copy-link", Label: "Copy the link to this view"},
	{ID: "go-locks", Label: "Go to Locks", Keys: []string{"g l"}},
	{ID: "go-nodes", Label: "Go to Nodes", Keys: []string{"g n"}},
	{ID: "go-activity", Label: "Go to Activity", Keys: []string{"g a"}},
	{ID: "go-stage", Label: "Go to the Stage", Keys: []string{"g s"}},
	{ID: "go-help", Label: "Go to Help", Keys: []string{"g h"}},

	{ID: "search", Label: "Search", Keys: []string{"/"}, Pages: []string{"locks", "activity"}},
	{ID: "acquire", Label: "Acquire a lock", Keys: []string{"n"}, Pages: []string{"locks", "lock"}, Operates: true},
	{ID: "next", Label: "Next row", Keys: []string{"j"}, Pages: []string{"locks"}, Repeats: true, Bare: true},
	{ID: "previous", Label: "Row before", Keys: []string{"k"}, Pages: []string{"locks"}, Repeats: true, Bare: true},
	{ID: "page-down", Label: "Down by a screen", Keys: []string{"PageDown"}, Pages: []string{"locks"}, Repeats: true, Bare: true},
	{ID: "page-up", Label: "Up by a screen", Keys: []string{"PageUp"}, Pages: []string{"locks"}, Repeats: true, Bare: true},
	{ID: "first", Label: "First of all rows", Keys: []string{"Home"}, Pages: []string{"locks"}, Bare: true},
	{ID: "last", Label: "Last of all rows", Keys: []string{"End"}, Pages: []string{"locks"}, Bare: true},
	{ID: "open", Label: "Open the panel of the row", Keys: []string{"Enter"}, Pages: []string{"locks"}, Bare: true},
	{ID: "menu", Label: "Menu of the row", Keys: []string{"m"}, Pages: []string{"locks"}, Bare: true},
	{ID: "pick", Label: "Select the row", Keys: []string{"x", "Space"}, Pages: []string{"locks"}, Bare: true},
	{ID: "pick-mine", Label: "Select all locks that are mine", Pages: []string{"locks"}, Operates: true},
	{ID: "extend", Label: "Extend the lease", Keys: []string{"e"}, Pages: []string{"locks", "lock"}, Operates: true},
	{ID: "release", Label: "Release the lock", Pages: []string{"lock"}, Operates: true},
	{ID: "pause", Label: "Pause, or resume", Keys: []string{"p"}, Pages: []string{"locks", "lock", "nodes", "activity"}},

	{ID: "stage-next", Label: "Next step, after the last one the next scenario", Keys: []string{"PageDown", "ArrowRight"}, Pages: []string{"stage"}},
	{ID: "stage-back", Label: "Step before", Keys: []string{"PageUp", "ArrowLeft"}, Pages: []string{"stage"}},
	{ID: "stage-play", Label: "Play, or pause", Keys: []string{"Space", "p"}, Pages: []string{"stage"}},
	{ID: "stage-message", Label: "Next message", Keys: []string{"s"}, Pages: []string{"stage"}},
	{ID: "stage-live", Label: "Back to the present", Keys: []string{"End"}, Pages: []string{"stage"}},
	{ID: "stage-restart", Label: "Begin again", Keys: []string{"r"}, Pages: []string{"stage"}},
	{ID: "stage-take", Label: "Now you: take over from the script", Keys: []string{"y"}, Pages: []string{"stage"}},
	{ID: "stage-compare", Label: "Compare", Keys: []string{"c"}, Pages: []string{"stage"}},
	{ID: "stage-present", Label: "Present", Keys: []string{"f"}, Pages: []string{"stage"}},

	{ID: "escape", Label: "Close the panel, or clear the search", Keys: []string{"Escape"}, Pages: []string{"locks", "activity"}, Bare: true},
}

// commands are those of the page.
func (p Page) commands() []Command { return p.commandsOf(p.Active) }

// commandsOf are those of a page, given by its Page.Active.
func (p Page) commandsOf(page string) []Command {
	var offered []Command
	for _, c := range Commands {
		elsewhere := c.Pages != nil && !slices.Contains(c.Pages, page)
		if elsewhere || c.Operates && p.ReadOnly || c.ID == "go-stage" && !p.Stage {
			continue
		}
		offered = append(offered, c)
	}
	return offered
}

// keys are how a command is given, for the page's scripts.
func (c Command) keys() string { return strings.Join(c.Keys, ",") }

// A keyGroup is the keys of a page under its name.
type keyGroup struct {
	title    string
	commands []Command
}

// keyGroups parts what has keys into that of every page and that of the page.
func (p Page) keyGroups() []keyGroup {
	every, own := keyGroup{title: "On every page"}, keyGroup{title: "On this page"}
	for _, c := range p.commands() {
		if c.Pages == nil {
			every.commands = append(every.commands, c)
		} else {
			own.commands = append(own.commands, c)
		}
	}
	if len(own.commands) == 0 {
		return []keyGroup{every}
	}
	return []keyGroup{own, every}
}

// allKeys are the keys of all pages that are offered, for the Help page.
func (p Page) allKeys() []keyGroup {
	pages := p.nav()
	pages = slices.Insert(pages, 1, navEntry{ID: "lock", Label: "One lock"})
	groups := []keyGroup{{title: "On every page"}}
	for _, page := range pages {
		groups = append(groups, keyGroup{title: page.Label})
		last := len(groups) - 1
		for _, c := range p.commandsOf(page.ID) {
			switch {
			case len(c.Keys) == 0:
			case c.Pages != nil:
				groups[last].commands = append(groups[last].commands, c)
			case last == 1:
				groups[0].commands = append(groups[0].commands, c)
			}
		}
	}
	return slices.DeleteFunc(groups, func(g keyGroup) bool { return len(g.commands) == 0 })
}

// A caps is what stands on the keys of one way to give a command.
type caps []string

var capOf = map[string]string{
	"Escape": "Esc", "PageDown": "PgDn", "PageUp": "PgUp",
	"ArrowRight": "→", "ArrowLeft": "←", "ArrowDown": "↓", "ArrowUp": "↑",
}

// caps are the ways to give a command, as they stand on a keyboard.
func (c Command) caps() []caps {
	ways := make([]caps, len(c.Keys))
	for i, way := range c.Keys {
		if key, ok := strings.CutPrefix(way, "mod+"); ok {
			ways[i] = caps{"Ctrl", strings.ToUpper(key)}
			continue
		}
		for _, key := range strings.Split(way, " ") {
			if named, ok := capOf[key]; ok {
				key = named
			}
			ways[i] = append(ways[i], key)
		}
	}
	return ways
}

// commandNamed finds a command by its ID.
func commandNamed(id string) Command {
	i := slices.IndexFunc(Commands, func(c Command) bool { return c.ID == id })
	return Commands[i]
}

// hints are the commands that the foot of the page reminds of.
func (p Page) hints() []Command {
	short := map[string]string{"search": "search", "acquire": "acquire", "open": "open", "pause": "pause", "stage-next": "next step"}
	var hints []Command
	for _, c := range p.commands() {
		if label, ok := short[c.ID]; ok {
			c.Label = label
			hints = append(hints, c)
		}
	}
	return hints
}
