package embedded

import (
	"bytes"

	"github.com/tidwall/redcon"
)

// maxRequest is how many bytes one command may have. Real Redis allows 512 MB
// for one argument; nothing about a lock is that large.
const maxRequest = 64 << 20

type protocolError string

func (e protocolError) Error() string { return "Protocol error: " + string(e) }

const (
	errRequestTooLarge = protocolError("too big request")
	errBulkLength      = protocolError("invalid bulk length")
)

// nextCommand takes one command from the front of buf. args point into buf.
func nextCommand(buf []byte, argv [][]byte) (done bool, args [][]byte, left []byte, err error) {
	// The parser slices before it looks at the sign of a length.
	defer func() {
		if recover() != nil {
			done, err = false, errBulkLength
		}
	}()
	done, args, _, left, err = redcon.ReadNextCommand(buf, argv)
	if !done && err == nil {
		err = checkLengths(buf)
	}
	return done, args, left, err
}

// checkLengths looks at the lengths announced in a request that is not complete
// yet, so that an impossible one is refused now and not waited for.
func checkLengths(buf []byte) error {
	if len(buf) == 0 || buf[0] != '*' {
		return nil
	}
	_, rest, found := bytes.Cut(buf, []byte("\r\n"))
	for found && len(rest) > 0 && rest[0] == '$' {
		var line []byte
		line, rest, found = bytes.Cut(rest, []byte("\r\n"))
		if !found {
			break
		}
		n, ok := parseInt(line[1:])
		switch {
		case !ok || n < 0:
			return errBulkLength
		case n > maxRequest:
			return errRequestTooLarge
		case int64(len(rest)) < n+2:
			return nil
		}
		rest = rest[n+2:]
	}
	return nil
}
