package redisnode

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A serverError is an error that the server answered, in its words.
type serverError string

func (e serverError) Error() string { return string(e) }

// RedisError makes it a redis.Error.
func (serverError) RedisError() {}

var errProtocol = errors.New("the node's answer is not of the Redis protocol")

const (
	// readBuffer holds the answers to a batch of ordinary size.
	readBuffer = 32 << 10
	// maxValue is how much of a value is kept. A lock's value is some 60 bytes;
	// whatever else stands under its name, the start of it says enough.
	maxValue = 64 << 10
	// maxLength bounds what a server may announce: 512 MiB is the largest value
	// of Redis.
	maxLength = 512 << 20
)

// A reply is one value of the Redis protocol, RESP2 or RESP3. For an array
// only its length is read, and its elements are the next replies.
type reply struct {
	kind byte   // the type byte of the protocol
	null bool   // there is no value
	n    int64  // an integer, or the length of an array
	text []byte // a string or an error, valid until the next is read
}

// err is the error that the server answered, or nil.
func (r *reply) err() error {
	if r.kind == '-' {
		return serverError(r.text)
	}
	return nil
}

func (r *reply) isText() bool { return !r.null && (r.kind == '$' || r.kind == '+') }

// read reads the next reply into r. Messages that the server pushes on its own
// are passed over.
func (r *reply) read(in *bufio.Reader) error {
	for {
		if err := r.readAny(in); err != nil {
			return err
		}
		if r.kind != '>' {
			return nil
		}
		if err := skip(in, r.n); err != nil {
			return err
		}
	}
}

func (r *reply) readAny(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			return errProtocol
		}
		return err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return errProtocol
	}
	*r = reply{kind: line[0]}
	rest := line[1 : len(line)-2]
	switch r.kind {
	case '+', '-', ',', '(', '#':
		r.text = rest
		return nil
	case '_':
		r.null = true
		return nil
	case ':':
		return r.number(rest)
	case '$', '=', '!':
		if err := r.number(rest); err != nil || r.null {
			return err
		}
		if r.kind = '$'; line[0] == '!' {
			r.kind = '-'
		}
		return r.body(in)
	case '*', '~', '>', '%':
		if err := r.number(rest); err != nil {
			return err
		}
		if line[0] == '%' {
			r.n *= 2
		}
		if line[0] != '>' {
			r.kind = '*'
		}
		return nil
	}
	return errProtocol
}

// number reads an integer. A length of -1 stands for no value.
func (r *reply) number(digits []byte) error {
	n, ok := parseInt(digits)
	if !ok {
		return errProtocol
	}
	r.n = n
	if r.kind == ':' {
		return nil
	}
	if n == -1 {
		r.null, r.n = true, 0
		return nil
	}
	if n < 0 || n > maxLength {
		return fmt.Errorf("%w: a length of %d", errProtocol, n)
	}
	return nil
}

// body reads a string of the length that was announced, and keeps its start.
func (r *reply) body(in *bufio.Reader) error {
	size := int(r.n)
	if size+2 <= in.Size() {
		whole, err := in.Peek(size + 2)
		if err != nil {
			return err
		}
		r.text = whole[:size]
		_, err = in.Discard(size + 2)
		return err
	}
	kept := make([]byte, min(size, maxValue))
	if _, err := io.ReadFull(in, kept); err != nil {
		return err
	}
	r.text = kept
	_, err := in.Discard(size - len(kept) + 2)
	return err
}

// skip passes over n replies, whatever is in them.
func skip(in *bufio.Reader, n int64) error {
	var r reply
	for ; n > 0; n-- {
		if err := r.readAny(in); err != nil {
			return err
		}
		if r.kind == '*' || r.kind == '>' {
			n += r.n
		}
	}
	return nil
}

func parseInt(digits []byte) (int64, bool) {
	if len(digits) == 0 || len(digits) > 20 {
		return 0, false
	}
	rest, negative := digits, digits[0] == '-'
	if negative {
		rest = digits[1:]
	}
	if len(rest) == 0 || len(rest) > 18 {
		n, err := strconv.ParseInt(string(digits), 10, 64)
		return n, err == nil
	}
	var n int64
	for _, d := range rest {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = 10*n + int64(d-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// The functions below write requests.

func appendHeader(b []byte, args int) []byte {
	b = append(b, '*')
	b = strconv.AppendInt(b, int64(args), 10)
	return append(b, '\r', '\n')
}

func appendString(b []byte, s string) []byte {
	b = appendLength(b, len(s))
	b = append(b, s...)
	return append(b, '\r', '\n')
}

func appendInt(b []byte, n int64) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	b = appendLength(b, len(text))
	b = append(b, text...)
	return append(b, '\r', '\n')
}

// lengths are the headers of short strings, which is nearly all.
var lengths = func() (headers [128]string) {
	for n := range headers {
		headers[n] = "$" + strconv.Itoa(n) + "\r\n"
	}
	return headers
}()

func appendLength(b []byte, n int) []byte {
	if n < len(lengths) {
		return append(b, lengths[n]...)
	}
	b = append(b, '$')
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\r', '\n')
}
