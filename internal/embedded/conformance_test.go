package embedded

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/lockscope/lockscope/internal/redistest"
)

// A conversation is said to a real redis-server and to a node, and every reply
// and every event must be the same. Each line is one command: words between
// spaces, or in double quotes with the escapes of Go. Before the command may
// stand, in this order:
//
//	@b   said on a second connection (any letter; @a is the default)
//	~    numbers in the reply may differ by the time it takes (2,000 units)
//	?    the order within lists is free
//	!    of an error, only the first word is compared
//	-    the reply is not compared at all
//
// "expired KEY" is no command: it waits for the event.
type conversation struct {
	name  string
	lines []string
}

func TestNodesReplyLikeRealRedis(t *testing.T) {
	real := redistest.Start(t, "--hz", "500")
	for _, proto := range []string{"2", "3"} {
		t.Run("RESP"+proto, func(t *testing.T) {
			node := startNode(t, Config{})
			for _, c := range conversations() {
				t.Run(c.name, func(t *testing.T) {
					a := startTalk(t, real.Addr(), proto)
					b := startTalk(t, node.Addr(), proto)
					for _, line := range c.lines {
						compare(t, line, a.say(line), b.say(line))
					}
					want, got := a.events(), b.events()
					if strings.Join(want, "\n") != strings.Join(got, "\n") {
						t.Errorf("events\nreal Redis:\n  %s\nnode:\n  %s", strings.Join(want, "\n  "), strings.Join(got, "\n  "))
					}
				})
			}
		})
	}
}

func compare(t *testing.T, line string, want, got value) {
	t.Helper()
	marks, _ := marksOf(line)
	if strings.Contains(marks, "-") {
		return
	}
	if strings.Contains(marks, "?") {
		want, got = want.sorted(), got.sorted()
	}
	if strings.Contains(marks, "!") && want.kind == '-' && got.kind == '-' {
		want.text, _, _ = strings.Cut(want.text, " ")
		got.text, _, _ = strings.Cut(got.text, " ")
	}
	if strings.Contains(marks, "~") && near(want, got) {
		return
	}
	if want.String() != got.String() {
		t.Errorf("%s\nreal Redis: %s\nnode:       %s", line, want, got)
	}
}

// near tells whether two replies are the same but for the time it takes.
func near(a, b value) bool {
	if a.kind != b.kind || len(a.items) != len(b.items) {
		return false
	}
	for i := range a.items {
		if !near(a.items[i], b.items[i]) {
			return false
		}
	}
	x, errX := strconv.ParseFloat(a.text, 64)
	y, errY := strconv.ParseFloat(b.text, 64)
	if errX != nil || errY != nil {
		return a.text == b.text
	}
	return math.Abs(x-y) <= 2000
}

// marksOf splits a line into its marks and the command.
func marksOf(line string) (marks, rest string) {
	for line != "" && strings.ContainsRune("~?!-@", rune(line[0])) {
		n := 1
		if line[0] == '@' {
			n = 2
		}
		marks += line[:n]
		line = strings.TrimLeft(line[n:], " ")
	}
	return marks, line
}

// words splits a command as the conversation's grammar says.
func words(t testing.TB, line string) []string {
	var out []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			out, line = append(out, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			t.Fatalf("bad quotes: %s", line)
		}
		word, _ := strconv.Unquote(quoted)
		out, line = append(out, word), line[len(quoted):]
	}
	return out
}

// A talk is one side of a conversation.
type talk struct {
	t     *testing.T
	addr  string
	proto string
	wires map[string]*wire

	ears  *wire
	done  chan struct{}
	mu    sync.Mutex // guards heard
	heard []string   // events, "channel payload"
}

func startTalk(t *testing.T, addr, proto string) *talk {
	k := &talk{t: t, addr: addr, proto: proto, wires: make(map[string]*wire), done: make(chan struct{})}
	first := k.wire("@a")
	first.do("FLUSHALL")
	first.do("SCRIPT", "FLUSH")
	first.do("CONFIG", "SET", "notify-keyspace-events", "KEA")
	k.ears = dial(t, addr)
	k.ears.do("PSUBSCRIBE", "__key*")
	go k.listen()
	t.Cleanup(func() {
		k.ears.nc.Close()
		<-k.done
	})
	return k
}

func (k *talk) wire(name string) *wire {
	if k.wires[name] == nil {
		k.wires[name] = dial(k.t, k.addr)
		k.wires[name].do("HELLO", k.proto)
	}
	return k.wires[name]
}

func (k *talk) listen() {
	defer close(k.done)
	for {
		v, err := k.ears.read()
		if err != nil {
			return
		}
		if len(v.items) == 4 {
			k.mu.Lock()
			k.heard = append(k.heard, v.items[2].text+" "+v.items[3].text)
			k.mu.Unlock()
		}
	}
}

func (k *talk) has(event string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.heard {
		if e == event {
			return true
		}
	}
	return false
}

func (k *talk) say(line string) value {
	k.t.Helper()
	marks, rest := marksOf(line)
	command := words(k.t, rest)
	if command[0] == "expired" {
		until(k.t, line+" on "+k.addr, func() bool { return k.has("__keyevent@0__:expired " + command[1]) })
		return value{}
	}
	name := "@a"
	if i := strings.IndexByte(marks, '@'); i >= 0 {
		name = marks[i : i+2]
	}
	if command[0] == "receive" { // one more push or reply
		return k.wire(name).receive()
	}
	return k.wire(name).do(command...)
}

// events returns what was heard, up to now.
func (k *talk) events() []string {
	const last = "__key__end"
	k.wire("@z").do("PUBLISH", last, "x")
	until(k.t, "end of events", func() bool { return k.has(last + " x") })
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.heard[:len(k.heard)-1]
}
