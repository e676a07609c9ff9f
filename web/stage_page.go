package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/internal/stage"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/views"
)

// stagePage shows a stage, or for somebody who has none yet what can be played on
// one. Opening one is a command, and so left to the page's scripts.
func (s *Server) stagePage(c echo.Context) error {
	if !arrivesFromElsewhere(c.Request()) {
		s.ensureSession(c)
	}
	id, want, err := s.stageQuery(c)
	if err != nil {
		var bad *lockengine.ArgumentError
		if !errors.As(err, &bad) {
			return err
		}
		return s.render(c, http.StatusNotFound, views.StageRefused(s.page("Stage", ""), "No stage can show that",
			bad.Field+": got "+bad.Got+", want "+bad.Want+".", s.base+"/stage"))
	}
	if id != "" {
		if _, err := s.stages.all.Find(id); err != nil {
			return s.render(c, http.StatusGone, views.StageRefused(s.page("Stage", ""), "This stage was swept",
				"A stage is cleared away when nobody has watched it for a minute, or when it has been open for very long. Its link leads nowhere any more.",
				s.stageAgain(c)))
		}
	}
	return s.render(c, http.StatusOK, views.Stage(views.StageData{
		Page: s.page("Stage", "stage"), ID: id, Scenario: want.Scenario, Step: want.Step, Compare: want.Compare, With: strings.Join(want.Policies, ","),
		Scenarios: s.viewScenarios(), Policies: viewPolicies(stage.Policies), Beside: viewPolicies(stage.Rivals()),
		MaxClients: stage.MaxClients,
	}))
}

// stageQuery reads the address of the page.
func (s *Server) stageQuery(c echo.Context) (id string, want stage.Wanted, err error) {
	id = c.QueryParam("id")
	want.Scenario = c.QueryParam("scenario")
	want.Compare = c.QueryParam("compare") == "1"
	if want.Scenario == "" {
		if policies := c.QueryParam("policies"); policies != "" {
			want.Policies = strings.Split(policies, ",")
		}
		return id, want, s.stages.all.Check(want)
	}
	if err := s.stages.all.Check(want); err != nil {
		return id, want, err
	}
	sc, err := s.stages.all.Scenario(want.Scenario)
	if err != nil {
		return id, want, err
	}
	if text := c.QueryParam("step"); text != "" {
		step, err := strconv.Atoi(text)
		if err != nil || step < 1 || step > len(sc.Steps) {
			return id, want, &lockengine.ArgumentError{Field: "step", Got: strconv.Quote(shorten(text)),
				Want: "1 to " + strconv.Itoa(len(sc.Steps)) + " of " + strconv.Quote(sc.Title)}
		}
		want.Step = step
	}
	return id, want, nil
}

// stageAgain is the address that opens a new stage like one that is gone.
func (s *Server) stageAgain(c echo.Context) string {
	again := url.Values{}
	for _, name := range []string{"scenario", "step", "compare", "policies"} {
		if value := c.QueryParam(name); value != "" {
			again.Set(name, value)
		}
	}
	if len(again) == 0 {
		return s.base + "/stage"
	}
	return s.base + "/stage?" + again.Encode()
}

func (s *Server) viewScenarios() []views.StageScenario {
	var list []views.StageScenario
	for _, sc := range s.stages.all.Scenarios() {
		list = append(list, views.StageScenario{
			ID: sc.ID, Title: sc.Title, Watch: sc.Watch, Teaches: sc.Teaches, Expected: sc.Expected, Help: sc.Help,
			Steps: len(sc.Steps), Compare: sc.Beside != nil,
		})
	}
	return list
}

func viewPolicies(policies []string) []views.StagePolicy {
	list := make([]views.StagePolicy, len(policies))
	for i, policy := range policies {
		list[i] = views.StagePolicy{ID: policy, Label: stage.PolicyLabel(policy)}
	}
	return list
}
