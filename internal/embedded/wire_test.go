package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for something before it is sure that it will
// not come.
const patience = 10 * time.Second

// A wire is the barest Redis client: it sends words and shows replies with their
// types, which a real client hides.
type wire struct {
	t  testing.TB
	nc net.Conn
	rd *bufio.Reader
}

func dial(t testing.TB, addr string) *wire {
	t.Helper()
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { nc.Close() })
	return &wire{t: t, nc: nc, rd: bufio.NewReader(nc)}
}

// A value is one reply.
type value struct {
	kind  byte // the first byte on the wire; 'n' for any null
	text  string
	items []value
}

// String shows the type and the contents.
func (v value) String() string {
	switch v.kind {
	case '*', '%', '>', '~':
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = item.String()
		}
		return string(v.kind) + "[" + strings.Join(parts, " ") + "]"
	case '$', '=':
		return strconv.Quote(v.text)
	}
	return string(v.kind) + v.text
}

// sorted returns v with its lists in order, for replies whose order is free.
func (v value) sorted() value {
	items := make([]value, len(v.items))
	for i, item := range v.items {
		items[i] = item.sorted()
	}
	if len(items) != 2 || items[1].kind != '*' { // SCAN: cursor and list
		sort.Slice(items, func(i, j int) bool { return items[i].String() < items[j].String() })
	}
	v.items = items
	return v
}

func encode(words ...string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}

func (w *wire) send(words ...string) {
	w.t.Helper()
	w.nc.SetWriteDeadline(time.Now().Add(patience))
	if _, err := w.nc.Write(encode(words...)); err != nil {
		w.t.Fatalf("send %q: %v", words, err)
	}
}

func (w *wire) do(words ...string) value {
	w.t.Helper()
	w.send(words...)
	return w.receive()
}

func (w *wire) receive() value {
	w.t.Helper()
	w.nc.SetReadDeadline(time.Now().Add(patience))
	v, err := w.read()
	if err != nil {
		w.t.Fatalf("receive: %v", err)
	}
	return v
}

// ended tells whether the server closes the connection without another word.
func (w *wire) ended() bool {
	w.nc.SetReadDeadline(time.Now().Add(patience))
	_, err := w.rd.ReadByte()
	var timeout net.Error
	return err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
}

func (w *wire) read() (value, error) {
	line, err := w.rd.ReadString('\n')
	if err != nil {
		return value{}, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return value{}, errors.New("empty line")
	}
	v := value{kind: line[0], text: line[1:]}
	n, _ := strconv.Atoi(v.text)
	switch v.kind {
	case '_':
		return value{kind: 'n'}, nil
	case '$', '=':
		if n < 0 {
			return value{kind: 'n', text: "string"}, nil
		}
		b := make([]byte, n+2)
		_, err = io.ReadFull(w.rd, b)
		v.text = string(b[:n])
	case '*', '%', '>', '~':
		if n < 0 {
			return value{kind: 'n', text: "array"}, nil
		}
		if v.text = ""; v.kind == '%' {
			n *= 2
		}
		for range n {
			item, err := w.read()
			if err != nil {
				return value{}, err
			}
			v.items = append(v.items, item)
		}
	}
	return v, err
}

// until polls for something that must come true, without assuming when.
func until(t testing.TB, what string, true func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !true() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %v in vain for: %s", patience, what)
		}
	}
}

// startNode runs a node for the length of the test.
func startNode(t testing.TB, cfg Config) *Node {
	t.Helper()
	n, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return n
}
