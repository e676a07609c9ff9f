package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

func TestWhatIsFoughtForIsTold(t *testing.T) {
	w := begin(t, 3)
	alice, bob := w.browser(), w.browser()
	lease := alice.acquire("lock:order:1")
	for range 3 {
		bob.post("acquire", fields{"name": "lock:order:1"}).problem(http.StatusConflict, codeHeld)
	}
	w.set("lock:\xff", "v", time.Minute, 0, 1, 2)
	w.awaitState("lock:\xff", watcher.StateHeld)
	alice.post("release", fields{"lease": lease["id"]}).status(http.StatusOK)
	eventually(t, "the hold is over", func() bool {
		return w.board.Contention(watcher.ByHold, 1).Names[0].Hold.Count == 1
	})
	answer := alice.get("/api/v1/contention").status(http.StatusOK).json()
	name := answer["names"].([]any)[0].(fields)
	if name["name"] != "lock:order:1" || name["attempts"] != 4.0 || name["failures"] != 3.0 || name["holds"] != 1.0 ||
		name["waitingSince"] != nil || name["hold"].(fields)["p99Micros"].(float64) <= 0 {
		t.Errorf("got %v", name)
	}
	if other := answer["names"].([]any)[1].(fields); other["name"] != nil || other["nameB64"] != "bG9jazr/" || other["attempts"] != 0.0 {
		t.Errorf("got %v", other)
	}
	if prefix := answer["prefixes"].([]any)[0].(fields); prefix["name"] != "lock:order" || prefix["failures"] != 3.0 {
		t.Errorf("got %v", prefix)
	}
	if answer["since"] == nil || answer["dropped"] != 0.0 {
		t.Errorf("got %v", answer)
	}
	if list := alice.get("/api/v1/contention?sort=hold&limit=1").status(http.StatusOK).json()["names"].([]any); len(list) != 1 {
		t.Errorf("got %v", list)
	}
	for path, field := range map[string]string{"sort=odd": "sort", "limit=0": "limit", "limit=1001": "limit"} {
		alice.get("/api/v1/contention?" + path).field(field)
	}
}
