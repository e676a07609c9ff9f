package e2e

import (
	"bytes"
	"net"
	"regexp"
	"strings"
	"sync"
)

// A programLog keeps what a program writes and notices where it listens.
type programLog struct {
	announced chan struct{} // closed when the dashboard has said its URL

	mu    sync.Mutex // guards everything below
	rest  []byte     // a line that has not ended yet
	lines []string
	url   string
	nodes []node
}

var (
	nodeLine      = regexp.MustCompile(`msg=node id=(\S+) address=(\S+)`)
	dashboardLine = regexp.MustCompile(`msg=dashboard url=(\S+)`)
)

func newProgramLog() *programLog { return &programLog{announced: make(chan struct{})} }

func (l *programLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.line(string(line))
		l.rest = rest
	}
}

func (l *programLog) line(line string) {
	l.lines = append(l.lines, line)
	if found := nodeLine.FindStringSubmatch(line); found != nil {
		_, port, _ := net.SplitHostPort(found[2])
		l.nodes = append(l.nodes, node{id: found[1], address: found[2], port: port})
	}
	if found := dashboardLine.FindStringSubmatch(line); found != nil && l.url == "" {
		l.url = found[1]
		close(l.announced)
	}
}

func (l *programLog) dashboard() (url string, nodes []node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.url, l.nodes
}

// String is all that was written.
func (l *programLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// tail is the end of it, as much as a failed test wants to show.
func (l *programLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[max(0, len(l.lines)-30):], "\n")
}
