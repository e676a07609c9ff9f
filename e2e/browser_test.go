package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a test waits for what should be there at once.
const patience = 20 * time.Second

// startBrowser starts the one browser, headless, with a profile of its own that
// goes with it.
func startBrowser() (stop func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1440, 900),
		chromedp.CombinedOutput(io.Discard),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses root otherwise
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		cancelAllocator()
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	browser = ctx
	return func() {
		within, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(within) // it is killed below if it does not close
		cancel()
		cancelAllocator()
	}, nil
}

// A tab is a page in the browser, with everything the page complained about.
type tab struct {
	t   testing.TB
	ctx context.Context
	// These belong to the test: how its reader has set the system.
	width  int64
	colour string // the scheme
	calm   bool   // without motion

	mu       sync.Mutex // guards everything below
	problems []string
	requests []string // addresses asked for
	expected []string
	closed   bool // by close, before the test ended
}

// open opens an address in a browser profile of its own: nothing is shared
// with other tabs, cookies least of all.
func open(t testing.TB, address string) *tab {
	t.Helper()
	return newTab(t, browser, address, chromedp.WithNewBrowserContext())
}

// another opens an address in a second tab of the same profile.
func (b *tab) another(address string) *tab {
	b.t.Helper()
	return newTab(b.t, b.ctx, address)
}

func newTab(t testing.TB, parent context.Context, address string, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.hear))...)
	b.ctx = ctx
	// Not within a deadline: the tab would end with it.
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		t.Fatalf("open a tab: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() && !b.isClosed() {
			b.picture(strings.NewReplacer("/", "-", " ", "-").Replace("failed-" + t.Name()))
		}
		cancel()
		b.check(address)
	})
	// Every tab behaves as the one in front of its reader.
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.size(1440, 900)
	b.do("open "+address, chromedp.Navigate(address))
	return b
}

// close closes the tab, as its user would. It cannot be used any more.
func (b *tab) close() {
	b.t.Helper()
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	call(b, page.Close, cdp.Empty{})
}

func (b *tab) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// hear takes down what the browser says about the page.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelWarning || e.Entry.Level == log.EntryLevelError {
			b.problems = append(b.problems, fmt.Sprintf("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		text := make([]string, len(e.Args))
		for i, arg := range e.Args {
			text[i] = string(arg.Value) + arg.Description
		}
		b.problems = append(b.problems, fmt.Sprintf("console.%s: %s", e.Type, strings.Join(text, " ")))
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.problems = append(b.problems, "exception: "+text)
	case *page.EventJavascriptDialogOpening:
		b.problems = append(b.problems, "a script opened a dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		b.requests = append(b.requests, e.URL)
	}
}

// expect names a part of what the browser will rightly say: it notes every
// refusal of the server and every lost connection.
func (b *tab) expect(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, parts...)
}

// heard reports whether the browser has said something with this part.
func (b *tab) heard(part string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.problems, func(s string) bool { return strings.Contains(s, part) })
}

func (b *tab) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests)
}

// check fails the test for what was said unexpectedly and for requests to
// other servers than the page's own.
func (b *tab) check(address string) {
	home, err := url.Parse(address)
	if err != nil {
		b.t.Error(err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, problem := range b.problems {
		if !slices.ContainsFunc(b.expected, func(part string) bool { return strings.Contains(problem, part) }) {
			b.t.Errorf("the page complained: %s", problem)
		}
	}
	for _, request := range b.requests {
		if u, err := url.Parse(request); err != nil || (u.Host != home.Host && u.Scheme != "about" && u.Scheme != "data") {
			b.t.Errorf("the page asked for %s", request)
		}
	}
}

// do carries out steps in the page, as its user would.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (b *tab) keys(keys string) {
	b.t.Helper()
	var steps []chromedp.Action[chromedp.Void]
	for _, key := range keys {
		steps = append(steps, press(key))
	}
	b.do(fmt.Sprintf("type %q", keys), steps...)
}

// press strikes one key as a keyboard does: the browser itself makes the
// character from it, and makes none when a script has taken the key.
func press(key rune) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		strokes := kb.Encode(key)
		down, up := *strokes[0], *strokes[len(strokes)-1]
		for _, stroke := range strokes {
			if stroke.Type == input.DispatchKeyEventTypeChar {
				down.Text, down.UnmodifiedText = stroke.Text, stroke.UnmodifiedText
			}
		}
		for _, stroke := range []input.DispatchKeyEventParams{down, up} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, stroke); err != nil {
				return err
			}
		}
		return nil
	})
}

// fill replaces what stands in a field, by hand.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.click(selector)
	b.do("fill "+selector, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete))
	if len(text) > 8 {
		call(b, input.InsertText, input.InsertTextParams{Text: text}) // this long it is pasted
	} else if text != "" {
		b.keys(text)
	}
}

// size makes the page as wide and high as given, in CSS pixels.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.width = width
	b.do("resize", chromedp.EmulateViewport(width, height))
}

// scheme sets the colour scheme of the system, "dark" or "light".
func (b *tab) scheme(name string) {
	b.t.Helper()
	b.colour = name
	b.emulate()
}

// still turns motion off, for tests that look at much and not at motion.
func (b *tab) still() {
	b.t.Helper()
	b.calm = true
	b.emulate()
}

func (b *tab) emulate() {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: b.colour}}
	if b.calm {
		features = append(features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// ask evaluates an expression in the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := tryAsk[T](b, expression)
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

func tryAsk[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// wait waits until an expression in the page is true.
func (b *tab) wait(what, expression string) {
	b.t.Helper()
	b.waitLong(what, expression, patience)
}

func (b *tab) waitLong(what, expression string, patience time.Duration) {
	b.t.Helper()
	var last error
	if !eventually(b.ctx, patience, func() bool {
		var ok bool
		ok, last = tryAsk[bool](b, "Boolean("+expression+")")
		return last == nil && ok
	}) {
		b.t.Fatalf("waited %s in vain: %s\n%s: %v", patience, what, expression, errors.Join(last))
	}
}

// eventually asks until the answer is yes or the patience is over.
func eventually(ctx context.Context, patience time.Duration, ask func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !ask() {
		select {
		case <-ctx.Done():
			return ask()
		case <-again.C:
		}
	}
	return true
}

// navigate goes to an address in the same tab.
func navigate(address string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(address) }
