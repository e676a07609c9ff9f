package embedded

import (
	"math"
	"strconv"

	"github.com/tidwall/redcon"
)

// A reply is a buffer of RESP, in the protocol version the client asked for.
type reply struct {
	buf   []byte
	proto int // 2 or 3
}

func (r *reply) ok()             { r.buf = redcon.AppendOK(r.buf) }
func (r *reply) status(s string) { r.buf = redcon.AppendString(r.buf, s) }
func (r *reply) int(v int64)     { r.buf = redcon.AppendInt(r.buf, v) }
func (r *reply) bulk(b []byte)   { r.buf = redcon.AppendBulk(r.buf, b) }
func (r *reply) text(s string)   { r.buf = redcon.AppendBulkString(r.buf, s) }
func (r *reply) array(n int)     { r.buf = redcon.AppendArray(r.buf, n) }

// lines is a text for people to read.
func (r *reply) lines(s string) {
	if r.proto == 3 {
		r.prefix('=', len(s)+4)
		r.buf = append(r.buf, "txt:"+s+"\r\n"...)
		return
	}
	r.text(s)
}

// err appends an error: the code, a space and the text.
func (r *reply) err(msg string) { r.buf = redcon.AppendError(r.buf, msg) }

func (r *reply) bool(b bool) {
	if b {
		r.int(1)
	} else {
		r.int(0)
	}
}

// null is the absent string.
func (r *reply) null() {
	if r.proto == 3 {
		r.buf = append(r.buf, "_\r\n"...)
		return
	}
	r.buf = append(r.buf, "$-1\r\n"...)
}

// nullArray is the absent list, such as an EXEC that did not happen.
func (r *reply) nullArray() {
	if r.proto == 3 {
		r.buf = append(r.buf, "_\r\n"...)
		return
	}
	r.buf = append(r.buf, "*-1\r\n"...)
}

// dict starts a map of n pairs.
func (r *reply) dict(n int) {
	if r.proto == 3 {
		r.prefix('%', n)
		return
	}
	r.array(2 * n)
}

// push starts an out-of-band message of n elements.
func (r *reply) push(n int) {
	if r.proto == 3 {
		r.prefix('>', n)
		return
	}
	r.array(n)
}

func (r *reply) prefix(c byte, n int) {
	r.buf = append(r.buf, c)
	r.buf = strconv.AppendInt(r.buf, int64(n), 10)
	r.buf = append(r.buf, '\r', '\n')
}

func (r *reply) double(f float64) {
	if r.proto == 3 {
		r.buf = append(r.buf, ',')
		r.buf = append(r.buf, formatFloat(f)...)
		r.buf = append(r.buf, '\r', '\n')
		return
	}
	r.text(formatFloat(f))
}

// formatFloat writes f as C's %.17g does, which is how Redis 7.0 prints scores.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}
