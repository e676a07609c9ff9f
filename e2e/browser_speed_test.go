package e2e

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/redis/go-redis/v9"
)

// speedEnv names how long the page is watched for under load, such as "60s". Much
// less does for what is asserted: that nothing grows.
const speedEnv = "E2E_SPEED"

// watchFrames keeps two numbers of each frame: how long the page worked on it, from
// its first script to the end of its painting, and how long after the one before
// it came.
const watchFrames = `(() => {
  window.frames60 = { work: [], gaps: [] };
  const { port1, port2 } = new MessageChannel();
  let begun = 0, before = 0;
  port1.onmessage = () => frames60.work.push(performance.now() - begun); // comes when the frame is painted
  requestAnimationFrame(function frame(at) {
    requestAnimationFrame(frame);
    begun = performance.now();
    if (before) frames60.gaps.push(at - before);
    before = at;
    port2.postMessage(0);
  });
})()`

// A frameTimes are milliseconds.
type frameTimes struct {
	Frames                           int
	WorkP50, WorkP95, WorkP99        float64
	GapP50, GapP95, GapP99, LongestW float64
}

const readFrames = `(() => {
  const at = (list, part) => [...list].sort((a, b) => a - b)[Math.min(Math.floor(list.length * part), list.length - 1)] ?? 0;
  const { work, gaps } = frames60;
  return {
    Frames: work.length, WorkP50: at(work, 0.5), WorkP95: at(work, 0.95), WorkP99: at(work, 0.99), LongestW: Math.max(0, ...work),
    GapP50: at(gaps, 0.5), GapP95: at(gaps, 0.95), GapP99: at(gaps, 0.99),
  };
})()`

// metrics are what the browser measures of the page.
func (b *tab) metrics() map[string]float64 {
	b.t.Helper()
	found := make(map[string]float64)
	for _, m := range call(b, performance.GetMetrics, cdp.Empty{}).Metrics {
		found[m.Name] = m.Value
	}
	return found
}

// heap is what scripts hold on to, in bytes.
func (b *tab) heap() float64 {
	b.t.Helper()
	call(b, heapprofiler.CollectGarbage, cdp.Empty{})
	return b.metrics()["JSHeapUsedSize"]
}

// churn makes changes to many names, so many a second, until stop. Each is one on
// all nodes.
func churn(t testing.TB, nodes []node, many, perSecond int) (stop func() (changes int)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	clients := make([]*redis.Client, len(nodes))
	for i, n := range nodes {
		clients[i] = client(t, n)
	}
	changes := 0
	const beat = 20 * time.Millisecond
	wg.Go(func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		begun := time.Now()
		for round := 0; ; round++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			due := int(time.Since(begun).Seconds()*float64(perSecond)) - changes
			for _, c := range clients {
				_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
					for i := range due {
						// Spread over all names; a third changes hands, the others are extended.
						n := (changes + i) * 7919 % many
						if (changes+i)%3 == 0 {
							p.Set(ctx, numbered(n), fmt.Sprintf("value-%d-%d", n, round), time.Hour)
						} else {
							p.PExpire(ctx, numbered(n), time.Hour)
						}
					}
					return nil
				})
				if err != nil && ctx.Err() == nil {
					t.Errorf("changing names: %v", err)
					return
				}
			}
			changes += due
		}
	})
	return func() int {
		cancel()
		wg.Wait()
		return changes
	}
}

func TestBrowserSpeed(t *testing.T) {
	const many, perSecond = 10_000, 2000
	length, err := time.ParseDuration(os.Getenv(speedEnv))
	if err != nil {
		length = 2 * time.Second
	}
	p := start(t, "embedded", "-embedded-count", "3")
	fill(t, p.nodes, many, numbered)
	p.waitCount(t, many)

	b := open(t, p.page("/help"))
	call(b, performance.Enable, performance.EnableParams{})
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchFrames})
	ask[any](b, `location.assign("/")`)
	b.waitLong("the table is there", `document.querySelector("#rows .row") && document.querySelector("#connection").dataset.conn === "live"`, 30*time.Second)
	b.waitTable("the first rows", func(v tableView) bool { return v.Count == many && len(v.Seen) > 10 })
	first := ask[float64](b, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1`)
	done := ask[float64](b, `performance.getEntriesByType("navigation")[0].domComplete`)
	t.Logf("%d locks: first rows after %.0f ms, page complete after %.0f ms", many, first, done)

	ask[any](b, `frames60.work.length = frames60.gaps.length = 0`)
	b.wait("some quiet frames", `frames60.work.length > 60`)
	quiet := ask[frameTimes](b, readFrames)

	stop := churn(t, p.nodes, many, perSecond)
	warm := time.After(min(length/2, 5*time.Second))
	<-warm
	ask[any](b, `frames60.work.length = frames60.gaps.length = 0`)
	before, begun := b.heap(), b.metrics()
	from := time.Now()
	timer := time.NewTimer(length)
	defer timer.Stop()
	<-timer.C
	busy := ask[frameTimes](b, readFrames)
	took := time.Since(from).Seconds()
	ended := b.metrics()
	after := b.heap()
	changes := stop()
	view := b.table()

	t.Logf("quiet: work p50 %.1f p95 %.1f p99 %.1f ms, frames %.1f ms apart (p95)", quiet.WorkP50, quiet.WorkP95, quiet.WorkP99, quiet.GapP95)
	t.Logf("%d changes, %d a second for %.0f s: work a frame p50 %.1f p95 %.1f p99 %.1f max %.1f ms; frames p50 %.1f p95 %.1f p99 %.1f ms apart",
		changes, perSecond, took, busy.WorkP50, busy.WorkP95, busy.WorkP99, busy.LongestW, busy.GapP50, busy.GapP95, busy.GapP99)
	for _, name := range []string{"ScriptDuration", "RecalcStyleDuration", "LayoutDuration", "TaskDuration"} {
		t.Logf("%s: %.1f %% of the time", name, 100*(ended[name]-begun[name])/took)
	}
	t.Logf("heap %.2f MB at the start, %.2f MB at the end; %.0f DOM nodes, then %.0f; %d rows", before/1e6, after/1e6, begun["Nodes"], ended["Nodes"], view.Rows)

	// What a busy machine does not change.
	if view.Rows > 80 {
		t.Errorf("there are %d rows in the page", view.Rows)
	}
	if grown := after - before; grown > 2e6 {
		t.Errorf("the heap has grown by %.1f MB", grown/1e6)
	}
	if ended["Nodes"] > 2*begun["Nodes"]+2000 {
		t.Errorf("there were %.0f DOM nodes and are %.0f", begun["Nodes"], ended["Nodes"])
	}
	if busy.Frames == 0 || changes < perSecond {
		t.Errorf("%d frames and %d changes were seen", busy.Frames, changes)
	}
}
