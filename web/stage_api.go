package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/lockscope/lockscope/internal/stage"
)

// stageAPI describes the calls of the stage page.
func (s *Server) stageAPI(api huma.API) {
	huma.Register(api, s.query("stageScenarios", "/api/v1/stage/scenarios", "List what a stage can play"), s.listScenarios)
	huma.Register(api, s.command(api, "openStage", "/api/v1/stage/open", http.StatusCreated, "Open a stage"), s.openStage)
	huma.Register(api, s.command(api, "orderStage", "/api/v1/stage/order", http.StatusOK, "Do something on a stage",
		http.StatusConflict, http.StatusGone), s.orderStage)
}

// A Scenario is something that a stage can play.
type Scenario struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Teaches  string `json:"teaches" doc:"Three sentences to take home."`
	Expected string `json:"expected" doc:"What comes of it; this is checked whenever it is played."`
	Watch    string `json:"watch" doc:"What to look at."`
	Help     string `json:"help" doc:"The part of the Help page that says more."`
	Steps    int    `json:"steps"`
	Sides    int    `json:"sides" doc:"2 when it always shows two worlds side by side."`
	Compare  bool   `json:"compare" doc:"True when it can be shown beside another world."`
}

type scenariosOutput struct {
	Body struct {
		Scenarios []Scenario `json:"scenarios" nullable:"false"`
	}
}

func (s *Server) listScenarios(context.Context, *struct{}) (*scenariosOutput, error) {
	out := &scenariosOutput{}
	for _, sc := range s.stages.all.Scenarios() {
		out.Body.Scenarios = append(out.Body.Scenarios, Scenario{
			ID: sc.ID, Title: sc.Title, Teaches: sc.Teaches, Expected: sc.Expected, Watch: sc.Watch, Help: sc.Help,
			Steps: len(sc.Steps), Sides: max(1, len(sc.Sides)), Compare: sc.Beside != nil,
		})
	}
	return out, nil
}

// A StageWanted is what is to be on a stage.
type StageWanted struct {
	Scenario string   `json:"scenario,omitempty" doc:"The id of a scenario; none for a stage to play with."`
	Step     int      `json:"step,omitempty" doc:"Where to begin: what comes before is played as fast as can be."`
	Compare  bool     `json:"compare,omitempty" doc:"Show two worlds side by side."`
	Policies []string `json:"policies,omitempty" nullable:"false" maxItems:"2" doc:"Without a scenario: how clients lock in each world (ours, sample, single, del or polling), or what our engine goes without there (no-quarantine, no-fence)."`
}

func (w StageWanted) wanted() stage.Wanted {
	return stage.Wanted{Scenario: w.Scenario, Step: w.Step, Compare: w.Compare, Policies: w.Policies}
}

type openStageInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		StageWanted
		Tab string `json:"tab" doc:"The secret word of the tab that will drive: 16 to 64 letters, digits, - and _."`
	}
}

type openStageOutput struct {
	Body struct {
		Stage OpenedStage `json:"stage"`
	}
}

// An OpenedStage is where a stage can be watched.
type OpenedStage struct {
	ID   string `json:"id" doc:"Whoever knows it may watch."`
	Path string `json:"path" doc:"The page that shows it."`
}

// openStage opens a stage for the session.
func (s *Server) openStage(ctx context.Context, in *openStageInput) (*openStageOutput, error) {
	if bad := checkTab(in.Body.Tab); bad != nil {
		return nil, bad
	}
	own, _ := sessionOf(ctx)
	opened, err := s.stages.all.Open(string(own[:]), in.Body.Tab, in.Body.wanted())
	if err != nil {
		return nil, s.stageProblem(err)
	}
	out := &openStageOutput{}
	out.Body.Stage = OpenedStage{ID: opened.ID, Path: s.stagePath(opened.ID, in.Body.wanted())}
	return out, nil
}

// stagePath is the address of a stage.
func (s *Server) stagePath(id string, want stage.Wanted) string {
	query := url.Values{"id": {id}}
	if want.Scenario != "" {
		query.Set("scenario", want.Scenario)
	}
	if want.Compare {
		query.Set("compare", "1")
	}
	if len(want.Policies) > 0 {
		query.Set("policies", strings.Join(want.Policies, ","))
	}
	return s.base + "/stage?" + query.Encode()
}

// leastTab is how long the word of a tab has to be that drives a stage: it is what
// the driver is known by.
const leastTab = 16

func checkTab(tab string) error {
	if len(tab) < leastTab || !tabForm.MatchString(tab) {
		return invalid(FieldError{Field: "tab", Message: "want 16 to 64 letters, digits, - and _"})
	}
	return nil
}

type orderStageInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		StageWanted
		Stage  string  `json:"stage" doc:"The id of the stage."`
		Tab    string  `json:"tab" doc:"The secret word of the tab that gives the order."`
		Do     string  `json:"do" doc:"What to do, such as time.run, script.next, stop or acquire."`
		Client string  `json:"client,omitempty" doc:"The client that it is about."`
		Node   string  `json:"node,omitempty" doc:"The node that it is about: a to e."`
		Policy string  `json:"policy,omitempty" doc:"How a new client locks: ours, sample, single, del or polling."`
		Way    string  `json:"way,omitempty" doc:"Which messages a cut stops: in, out or both."`
		For    string  `json:"for,omitempty" doc:"A length of time on the stage, such as 11s." example:"11s"`
		Wait   string  `json:"wait,omitempty" doc:"How long an acquire goes on asking, such as 30s." example:"30s"`
		Rate   float64 `json:"rate,omitempty" doc:"How fast a clock goes, 1 for right."`
		On     bool    `json:"on,omitempty" doc:"Switches something on or off."`
		At     int64   `json:"at,omitempty" doc:"The moment to look at, in microseconds of the stage."`
		Speed  float64 `json:"speed,omitempty" doc:"How fast the stage goes: 0.001 to 1, or 0 for as fast as can be."`
	}
}

type orderStageOutput struct {
	Body struct {
		OK bool `json:"ok"`
	}
}

// orderStage carries out the order of a viewer.
func (s *Server) orderStage(_ context.Context, in *orderStageInput) (*orderStageOutput, error) {
	b := &in.Body
	if bad := checkTab(b.Tab); bad != nil {
		return nil, bad
	}
	order := stage.Order{
		Command: stage.Command{Do: b.Do, Client: b.Client, Node: b.Node, Policy: b.Policy, Way: b.Way, Rate: b.Rate, On: b.On},
		At:      b.At, Speed: b.Speed, Wanted: b.wanted(),
	}
	var err error
	if order.For, err = stageLength("for", b.For); err != nil {
		return nil, err
	}
	if order.Wait, err = stageLength("wait", b.Wait); err != nil {
		return nil, err
	}
	on, err := s.stages.all.Find(b.Stage)
	if err == nil {
		err = on.Drive(b.Tab, order)
	}
	if err != nil {
		return nil, s.stageProblem(err)
	}
	out := &orderStageOutput{}
	out.Body.OK = true
	return out, nil
}

// stageLength reads a length of time; none is 0.
func stageLength(field, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d == math.MinInt64 {
		return 0, invalid(FieldError{Field: field, Message: "want a length of time such as 11s or 200ms", Got: shorten(text)})
	}
	return d, nil
}

// stageProblem says why something cannot be done on a stage.
func (s *Server) stageProblem(err error) error {
	var (
		driver *stage.DriverError
		full   *stage.FullError
	)
	switch {
	case errors.As(err, &driver):
		return problem(http.StatusConflict, codeNotDriver, driver.Error())
	case errors.As(err, &full):
		return problem(http.StatusServiceUnavailable, codeFull, full.Error())
	case errors.Is(err, stage.ErrGone):
		return problem(http.StatusGone, codeGone, stage.ErrGone.Error())
	case errors.Is(err, stage.ErrClosed):
		return shuttingDown()
	}
	if p := engineProblem(err); p != nil {
		return p
	}
	s.log.Error("a stage failed", "error", err)
	return problem(http.StatusInternalServerError, codeInternal, "something went wrong on the server")
}
