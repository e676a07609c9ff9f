package watcher

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// What a node may answer at most. The client library believes every length that
// it is told, and takes the memory for it at once.
const (
	// maxBulk is the longest text, in bytes. Names are the longest that are
	// read whole.
	maxBulk = 64 << 20
	// maxElements is the longest list.
	maxElements = 1 << 20
	// maxNesting is how deep lists may be in lists.
	maxNesting = 16
	// maxLine is the longest line that is no text with a length, in bytes.
	maxLine = 64 << 10
)

// errGarbage says that a node does not speak the protocol.
var errGarbage = errors.New("its answers are not those of Redis")

// A guard looks at the lengths in what a node answers before the client library
// does. It is fed everything that is read from one connection.
type guard struct {
	skip    int    // bytes of a text that are still to come
	line    []byte // the beginning of a line
	nesting int    // lists that began one right in the other
}

// feed looks at the next bytes.
func (g *guard) feed(p []byte) error {
	for len(p) > 0 {
		if g.skip > 0 {
			n := min(g.skip, len(p))
			g.skip -= n
			p = p[n:]
			continue
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			g.line = append(g.line, p...)
			if len(g.line) > maxLine {
				return fmt.Errorf("%w: a line of more than %d bytes", errGarbage, maxLine)
			}
			return nil
		}
		line := p[:end]
		if len(g.line) > 0 {
			line = append(g.line, line...)
			g.line = g.line[:0]
		}
		if err := g.header(line); err != nil {
			return err
		}
		p = p[end+1:]
	}
	return nil
}

// header looks at a line without its end.
func (g *guard) header(line []byte) error {
	if len(line) == 0 {
		return nil // the library refuses it
	}
	switch line[0] {
	case '$', '=', '!':
		n, err := length(line, maxBulk)
		g.skip, g.nesting = max(n, -2)+2, 0
		return err
	case '*', '%', '~', '>', '|':
		if g.nesting++; g.nesting > maxNesting {
			return fmt.Errorf("%w: lists in lists in lists", errGarbage)
		}
		_, err := length(line, maxElements)
		return err
	}
	g.nesting = 0
	return nil
}

// length reads the length of a text or list; negative for none. What is no
// number the library refuses.
func length(line []byte, most int) (int, error) {
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(line[1:], []byte{'\r'})), 10, 64)
	if err == nil && n > int64(most) || errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%w: a length of %s", errGarbage, shorten(string(line[1:])))
	}
	if err != nil || n < 0 {
		return -2, nil
	}
	return int(n), nil
}
