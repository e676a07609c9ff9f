package embedded

import (
	"bytes"
	"testing"
	"time"
)

// offline makes a node that nobody can reach, for the dispatcher alone.
func offline() *Node {
	n := &Node{cfg: Config{ScriptTime: 50 * time.Millisecond}.withDefaults(), clock: clock{source: machine{}}, clients: make(map[int64]*conn)}
	n.forget()
	n.settings = newSettings()
	n.settings.notify = classAll | classKeyspace | classKeyevent | classMiss | classNew
	n.pubsub = newPubsub()
	return n
}

// visitor is a client without a socket.
func (n *Node) visitor() *conn {
	return newConn(n, nil, nil)
}

func FuzzNoCommandPanicsOnAnyArguments(f *testing.F) {
	for _, c := range conversations() {
		for _, line := range c.lines {
			_, rest := marksOf(line)
			if len(rest) < 200 {
				var packed []byte
				for _, w := range words(f, rest) {
					packed = append(packed, w...)
					packed = append(packed, 0xfe)
				}
				f.Add(packed, packed)
			}
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		n := offline()
		defer n.scripts.close()
		c := n.visitor()
		for _, packed := range [][]byte{
			append([]byte("SET\xfes\xfe1\xfe"), first...), []byte("SET\xfes\xfe1"), []byte("HSET\xfeh\xfef\xfe1"), []byte("ZADD\xfez\xfe1\xfea"),
			first, second, first, []byte("EXEC"), second,
		} {
			args := bytes.Split(bytes.TrimSuffix(packed, []byte{0xfe}), []byte{0xfe})
			before := len(c.out.buf)
			c.handle(args)
			for rest := c.out.buf[before:]; len(rest) > 0; {
				size := replySize(rest)
				if size == 0 {
					t.Fatalf("%q: malformed reply %q", args, c.out.buf[before:])
				}
				rest = rest[size:]
			}
		}
	})
}

// replySize returns how long the reply at the front of b is, 0 if it is not
// well formed.
func replySize(b []byte) int {
	end := bytes.Index(b, []byte("\r\n"))
	if end < 1 {
		return 0
	}
	size, n := end+2, 0
	switch b[0] {
	case '+', '-', ':', '_', ',':
		return size
	case '$', '=':
		if string(b[1:end]) == "-1" {
			return size
		}
		for _, c := range b[1:end] {
			n = n*10 + int(c-'0')
		}
		if len(b) < size+n+2 {
			return 0
		}
		return size + n + 2
	case '*', '%', '>':
		if string(b[1:end]) == "-1" {
			return size
		}
		for _, c := range b[1:end] {
			n = n*10 + int(c-'0')
		}
		if b[0] == '%' {
			n *= 2
		}
		for range n {
			item := replySize(b[size:])
			if item == 0 {
				return 0
			}
			size += item
		}
		return size
	}
	return 0
}

func FuzzTheRequestParserNeverPanics(f *testing.F) {
	f.Add([]byte("*1\r\n$4\r\nPING\r\n"))
	f.Add([]byte("*1\r\n$-2\r\n"))
	f.Add([]byte("set \"a\\n\" b\r\n"))
	f.Add([]byte("$5 hello\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; len(rest) > 0; {
			done, _, left, err := nextCommand(rest, nil)
			if !done || err != nil {
				return
			}
			if len(left) >= len(rest) {
				t.Fatalf("no progress on %q", rest)
			}
			rest = left
		}
	})
}
