package views

import (
	"regexp"
	"strings"
	"testing"
)

func stageData() StageData {
	return StageData{
		Page: Page{Title: "Stage", Base: "/base", Static: "/base/static/0a1b", Version: "v1", Active: "stage", Stage: true},
		ID:   "AAAAAAAAAAAAAAAAAAAAAA", Scenario: "herd", Step: 2,
		Scenarios: []StageScenario{
			{ID: "herd", Title: "Thundering herd", Teaches: "One. Two. Three.", Expected: "x", Help: "waiting", Steps: 3, Compare: true},
			{ID: "first-yes", Title: "<b>First</b>", Steps: 4},
		},
		Policies: []StagePolicy{{ID: "ours", Label: "ours"}, {ID: "del", Label: "unlock by DEL"}},
	}
}

func TestTheStagePageHoldsWhatItsScriptsNeed(t *testing.T) {
	t.Parallel()
	page := render(t, Stage(stageData()))
	for _, want := range []string{
		`data-stage="AAAAAAAAAAAAAAAAAAAAAA"`, `data-scenario="herd"`, `data-step="2"`, `href="/base/stage?scenario=herd"`,
		`data-help="/base/help#waiting"`, `&lt;b&gt;First&lt;/b&gt;`, `value="del"`, `id="figures"`, `id="vote-granted"`,
		`href="/base/static/0a1b/css/stagering.css"`, `src="/base/static/0a1b/js/stage.js"`, `aria-current="page"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, bad := range []string{" style=", " onclick=", "<style", "<b>First"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, vote := range Votes {
		if !strings.Contains(page, `id="vote-`+vote+`"`) {
			t.Errorf("there is no sign for %s", vote)
		}
	}
	if strings.Contains(page, "js/main.js") {
		t.Error("the page loads the scripts of another")
	}
}

func TestAMenuSaysWhatItSendsAndWhen(t *testing.T) {
	t.Parallel()
	do := regexp.MustCompile(`^[a-z]+( [a-z]+=[a-z0-9-]+)*$`)
	when := regexp.MustCompile(`^(!?[a-z]+(!?=[a-z0-9|]+)?)( !?[a-z]+(!?=[a-z0-9|]+)?)*$`)
	for _, groups := range [][][]order{clientOrders, nodeOrders} {
		for _, group := range groups {
			for _, o := range group {
				if o.Label == "" || !do.MatchString(o.Do) || o.When != "" && !when.MatchString(o.When) {
					t.Errorf("got %+v", o)
				}
			}
		}
	}
}

func TestTheStageIsLedToOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	d := sample()
	if page := render(t, Locks(d)); strings.Contains(page, "/stage") {
		t.Error("a page without a stage leads to it")
	}
	d.Stage = true
	if page := render(t, Locks(d)); !strings.Contains(page, `href="/base/stage"`) {
		t.Error("nothing leads to the stage")
	}
}

func TestAStageThatIsNotThereSaysWhatToDo(t *testing.T) {
	t.Parallel()
	page := render(t, StageRefused(stageData().Page, "Gone", "It was <swept>.", "/base/stage?scenario=herd"))
	for _, want := range []string{"<h1>Gone</h1>", "It was &lt;swept&gt;.", `href="/base/stage?scenario=herd"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
