package watcher

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A link passes bytes on to a server until it is silenced: then it keeps the
// connections open and passes nothing.
type link struct {
	addr   string
	silent atomic.Bool
}

func (l *link) silence() { l.silent.Store(true) }

// silentLink returns a link to the server at addr that lasts as long as the
// test.
func silentLink(t *testing.T, addr string) *link {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l := &link{addr: ln.Addr().String()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	keep := func(c net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, c)
	}
	pass := func(to, from net.Conn) {
		defer to.Close()
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			if l.silent.Load() {
				continue
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				_, _ = io.WriteString(near, "-ERR no server\r\n")
				near.Close()
				continue
			}
			keep(near)
			keep(far)
			wg.Go(func() { pass(far, near) })
			wg.Go(func() { pass(near, far) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l
}
