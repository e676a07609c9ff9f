package ceiling

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

var errBadReply = errors.New("not a reply of a Redis server")

// A reply is an answer as far as a vote needs it.
type reply struct {
	kind byte   // '+', ':', '-' or '$'
	n    int64  // the integer, or the length of a string, -1 for nil
	text []byte // of an error, valid until the next call
}

// yes reports whether the reply is a vote for: OK, or a number above zero.
func (r reply) yes() bool {
	return r.kind == '+' || r.kind == ':' && r.n > 0
}

// A replyReader reads the answers of one connection.
type replyReader struct {
	from       io.Reader
	buf        []byte
	start, end int // of what was read and not yet parsed
}

func newReplyReader(from io.Reader) *replyReader {
	return &replyReader{from: from, buf: make([]byte, 64<<10)}
}

// next returns the next reply, reading on only when what there is does not
// hold a whole one.
func (r *replyReader) next() (reply, error) {
	for {
		rep, size, err := parseReply(r.buf[r.start:r.end])
		if err != nil {
			return reply{}, err
		}
		if size > 0 {
			r.start += size
			return rep, nil
		}
		if err := r.fill(); err != nil {
			return reply{}, err
		}
	}
}

func (r *replyReader) fill() error {
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		return fmt.Errorf("%w: longer than %d bytes", errBadReply, len(r.buf))
	}
	n, err := r.from.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	return err
}

// parseReply parses the reply that b begins with. The size is 0 when b does not
// hold all of it.
func parseReply(b []byte) (rep reply, size int, err error) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return reply{}, 0, nil
	}
	if end < 2 || b[end-1] != '\r' {
		return reply{}, 0, fmt.Errorf("%w: a line without a kind or an end", errBadReply)
	}
	rep.kind, rep.text, size = b[0], b[1:end-1], end+1
	switch rep.kind {
	case '+', '-':
		return rep, size, nil
	case ':', '$':
		if rep.n, err = number(rep.text); err != nil {
			return reply{}, 0, err
		}
		rep.text = nil
		if rep.kind == ':' || rep.n < 0 {
			return rep, size, nil
		}
		if size += int(rep.n) + 2; len(b) < size {
			return reply{}, 0, nil
		}
		return rep, size, nil
	}
	return reply{}, 0, fmt.Errorf("%w: unknown kind %q", errBadReply, rep.kind)
}

// number is strconv.ParseInt for the one digit that answers mostly are.
func number(b []byte) (int64, error) {
	if len(b) == 1 && b[0] >= '0' && b[0] <= '9' {
		return int64(b[0] - '0'), nil
	}
	n, err := strconv.ParseInt(string(b), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not a number", errBadReply, b)
	}
	return n, nil
}
