package web

import (
	"net/http"
	"testing"
	"time"
)

func TestHowTheNodesWereIsRemembered(t *testing.T) {
	w := begin(t, 2)
	alice := w.browser()
	eventually(t, "a second sample with clocks", func() bool {
		trend := alice.get("/api/v1/nodes/trend").status(http.StatusOK).json()
		at, nodes := trend["at"].([]any), trend["nodes"].([]any)
		if len(nodes) != 2 || len(at) < 2 {
			return false
		}
		b := nodes[1].(fields)
		last := len(at) - 1
		return b["id"] == "b" && len(b["rttMicros"].([]any)) == len(at) && b["rttMicros"].([]any)[last].(float64) > 0 &&
			b["offsetMicros"].([]any)[last] != nil && b["errorMicros"].([]any)[last].(float64) > 0
	})
	nodes := alice.get("/api/v1/nodes").json()
	if nodes["maxClockDriftMicros"] != 5000.0 {
		t.Errorf("the clocks may differ by %v µs", nodes["maxClockDriftMicros"])
	}
	a := nodes["nodes"].([]any)[0].(fields)
	if a["appendOnly"] != false || a["fsync"] != nil || a["eviction"] != "noeviction" || a["maxMemory"] != 0.0 {
		t.Errorf("got %v", a)
	}
}

func TestATrendForgetsTheOldest(t *testing.T) {
	start := time.Unix(0, 0)
	tr := trend{}
	for i := range trendLength + 7 {
		tr.add(start.Add(time.Duration(i)*trendStep), nil)
	}
	all := tr.all()
	if len(all) != trendLength || all[0].at != start.Add(7*trendStep) || all[trendLength-1].at != start.Add((trendLength+6)*trendStep) {
		t.Errorf("%d samples from %s to %s", len(all), all[0].at, all[len(all)-1].at)
	}
}
