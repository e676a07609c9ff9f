package views

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryCommandIsKnownOnceAndItsKeysDoNotClash(t *testing.T) {
	t.Parallel()
	ids := make(map[string]bool)
	for _, c := range Commands {
		if ids[c.ID] {
			t.Errorf("%s stands twice", c.ID)
		}
		ids[c.ID] = true
	}
	for page := range Kits {
		keys := make(map[string]string)
		for _, c := range (Page{Active: page, Stage: true}).commands() {
			for _, way := range c.Keys {
				// Of two keys, the first must not be a command by itself.
				first, _, _ := strings.Cut(way, " ")
				for _, taken := range []string{way, first} {
					if other, ok := keys[taken]; ok && other != c.ID {
						t.Errorf("%s: %q gives %s and %s", page, taken, other, c.ID)
					}
				}
				keys[way] = c.ID
			}
		}
	}
}

func TestEveryCommandIsDoneByAScript(t *testing.T) {
	t.Parallel()
	var scripts strings.Builder
	for _, name := range namesIn(t, "js") {
		source, err := os.ReadFile("../static/js/" + name)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(source)
	}
	for _, c := range Commands {
		// The pages are the links of the navigation, and some stand in a list.
		if !strings.HasPrefix(c.ID, "go-") && !strings.Contains(scripts.String(), `"`+c.ID+`"`) {
			t.Errorf("no script does %s", c.ID)
		}
	}
	for _, found := range regexp.MustCompile(`onCommand\("([\w-]+)"`).FindAllStringSubmatch(scripts.String(), -1) {
		if !slices.ContainsFunc(Commands, func(c Command) bool { return c.ID == found[1] }) {
			t.Errorf("a script does %s, which is not in Commands", found[1])
		}
	}
}

func TestTheListOfKeysIsThatOfThePage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what       string
		page       Page
		want, none []string
	}{
		{"Locks", Page{Active: "locks"}, []string{"search", "acquire", "next", "palette", "go-nodes"}, []string{"stage-next", "stage-play", "go-stage"}},
		{"Locks to be read only", Page{Active: "locks", ReadOnly: true}, []string{"search"}, []string{"acquire"}},
		{"Help with a stage", Page{Active: "help", Stage: true}, []string{"go-stage", "theme"}, []string{"search", "acquire"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			html := render(t, page(c.page))
			for _, id := range c.want {
				if !strings.Contains(html, `data-command="`+id+`"`) {
					t.Errorf("%s is not in the list", id)
				}
			}
			for _, id := range c.none {
				if strings.Contains(html, `data-command="`+id+`"`) {
					t.Errorf("%s is in the list", id)
				}
			}
		})
	}
}

func TestHelpTellsTheKeysOfAllPages(t *testing.T) {
	t.Parallel()
	groups := (Page{Active: "help", Stage: true}).allKeys()
	var titles []string
	said := make(map[string]bool)
	for _, group := range groups {
		titles = append(titles, group.title)
		for _, c := range group.commands {
			said[c.ID] = true
		}
	}
	if want := []string{"On every page", "Locks", "One lock", "Nodes", "Activity", "Stage"}; !slices.Equal(titles, want) {
		t.Errorf("the groups are %q, want %q", titles, want)
	}
	for _, c := range Commands {
		if len(c.Keys) > 0 && !said[c.ID] {
			t.Errorf("%s is not told", c.ID)
		}
	}
}
