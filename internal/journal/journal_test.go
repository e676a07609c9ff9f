package journal

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // a Redis that is away is what the tests are about
	goleak.VerifyTestMain(m)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// A buffer is a log that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// open returns a journal that is written until the test or stop ends it.
func open(t *testing.T, opts *redis.Options) (j *Journal, log *buffer, stop func()) {
	t.Helper()
	log = &buffer{}
	j = New(opts, slog.New(slog.NewTextHandler(log, nil)))
	j.Open(t.Context())
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { j.Run(ctx) })
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return j, log, stop
}

func add(j *Journal, n int) {
	for range n {
		j.Add(Entry{Action: "acquire", Outcome: "done", Name: []byte("lock:\xff")})
	}
}

// awaitWritten waits until nothing waits for the stream.
func awaitWritten(t *testing.T, j *Journal) {
	t.Helper()
	await(t, "everything is written", func() bool { s := j.Status(); return s.Waiting == 0 && s.Away == "" })
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

func TestEntriesAreNumberedAndTheOldestAreForgotten(t *testing.T) {
	j := New(nil, slog.New(slog.DiscardHandler))
	told := 0
	j.Watch(func() { told++ })
	add(j, 3)
	p := j.Page(0, 10)
	if len(p.Entries) != 3 || p.Missed != 0 || p.Entries[0].Seq+2 != p.Last || p.Next != p.Last || told != 3 {
		t.Fatalf("got %+v, told %d times", p, told)
	}
	if e := p.Entries[0]; e.ID == "" || e.ID == p.Entries[1].ID || e.At.IsZero() || string(e.Name) != "lock:\xff" {
		t.Errorf("got %+v", e)
	}
	first := p.Entries[0].Seq
	if p := j.Page(first, 1); len(p.Entries) != 1 || p.Entries[0].Seq != first+1 || p.Next != first+1 {
		t.Errorf("got %+v", p)
	}
	add(j, Kept)
	if p := j.Page(0, 2*Kept); len(p.Entries) != Kept || p.Missed != 3 || p.Entries[0].Seq != first+3 {
		t.Errorf("%d entries, %d missed", len(p.Entries), p.Missed)
	}
	if p := j.Page(j.Last()+7, 2*Kept); len(p.Entries) != Kept {
		t.Errorf("of another process: %d entries", len(p.Entries))
	}
	if s := j.Status(); s.Durable || s.Waiting != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestEntriesOutliveTheProcess(t *testing.T) {
	server := redistest.Start(t)
	opts := &redis.Options{Addr: server.Addr()}
	j, _, stop := open(t, opts)
	j.Add(Entry{Action: "force-release", Outcome: "changed", Actor: "browser-3f2a", Address: "127.0.0.1", Name: []byte("lock:\xff"),
		Expected: "11111111", Found: "22222222", Reason: "it hangs", Nodes: []Answer{{Node: "a", Result: "changed", Fingerprint: "22222222"}}})
	add(j, 250)
	before := j.Page(0, Kept).Entries
	stop() // writes what waits
	again, _, _ := open(t, opts)
	after := again.Page(0, Kept).Entries
	if len(after) != len(before) {
		t.Fatalf("%d entries of %d", len(after), len(before))
	}
	for i := range after {
		a, b := *after[i], *before[i]
		same := a.At.Equal(b.At)
		a.Seq, b.Seq, a.At = 0, 0, b.At
		if !same || fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
			t.Fatalf("entry %d is %+v, was %+v", i, a, b)
		}
	}
	if again.Epoch() == j.Epoch() {
		t.Error("two processes number alike")
	}
	add(again, 1)
	if p := again.Page(again.Last()-1, 10); len(p.Entries) != 1 || p.Missed != 0 {
		t.Errorf("got %+v", p)
	}
	if p := again.Page(0, Kept); len(p.Entries) != 252 || p.Missed != 0 {
		t.Errorf("%d entries, %d missed", len(p.Entries), p.Missed)
	}
}

func TestAJournalThatIsAwayBlocksNothingAndLosesNothing(t *testing.T) {
	server := redistest.Start(t)
	opts := &redis.Options{Addr: server.Addr()}
	j, log, _ := open(t, opts)
	add(j, 1)
	awaitWritten(t, j)
	must(t, server.Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = server.Signal(syscall.SIGCONT) })
	add(j, 5)
	await(t, "it is away", func() bool { s := j.Status(); return s.Away != "" && s.Waiting == 5 })
	if s := j.Status(); s.Since.IsZero() || s.Lost != 0 {
		t.Errorf("got %+v", s)
	}
	must(t, server.Signal(syscall.SIGCONT))
	awaitWritten(t, j)
	for _, want := range []string{"the journal cannot be written", "the journal is written again"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log says:\n%s", log)
		}
	}
	// What was sent twice, since no answer came, is one entry all the same.
	again, _, _ := open(t, opts)
	if p := again.Page(0, Kept); len(p.Entries) != 6 {
		t.Errorf("%d entries of 6", len(p.Entries))
	}
}

func TestAJournalThatIsAwayAtTheStartIsReadWhenItComes(t *testing.T) {
	server := redistest.Start(t)
	opts := &redis.Options{Addr: server.Addr()}
	j, _, stop := open(t, opts)
	add(j, 3)
	stop()
	must(t, server.Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = server.Signal(syscall.SIGCONT) })
	late, _, _ := open(t, opts)
	add(late, 2)
	if p := late.Page(0, 10); len(p.Entries) != 2 || late.Status().Away == "" {
		t.Errorf("got %+v, %+v", p, late.Status())
	}
	own := late.Last()
	must(t, server.Signal(syscall.SIGCONT))
	awaitWritten(t, late)
	if p := late.Page(0, 10); len(p.Entries) != 5 || p.Missed != 0 || p.Last != own {
		t.Errorf("got %+v", p)
	}
}

func TestWhatDoesNotFitIsCounted(t *testing.T) {
	j := New(&redis.Options{Addr: "127.0.0.1:1"}, slog.New(slog.DiscardHandler))
	defer j.stream.client.Close()
	add(j, Kept+4)
	if s := j.Status(); s.Lost != 4 || s.Waiting != Kept {
		t.Errorf("got %+v", s)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
