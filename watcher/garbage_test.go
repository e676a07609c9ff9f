package watcher

import (
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"

	"github.com/lockscope/lockscope/internal/redistest"
)

// nonsense is a server that passes the first answers of a real one on, up to
// three of each connection, and then answers whatever it is asked with what say
// returns.
func nonsense(t *testing.T, real string, say func() string) (addr string, met *atomic.Int64) {
	met = &atomic.Int64{}
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var wg sync.WaitGroup
	var mu sync.Mutex
	conns := make(map[net.Conn]bool)
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			met.Add(1)
			mu.Lock()
			conns[conn] = true
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				sane, err := net.Dial("tcp", real)
				if err != nil {
					return
				}
				defer sane.Close()
				buf := make([]byte, 4096)
				for left := rand.IntN(4); ; left-- {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					answer := []byte(say())
					if left > 0 {
						if _, err = sane.Write(buf[:n]); err == nil {
							n, err = sane.Read(buf)
						}
						if answer = buf[:n]; err != nil {
							return
						}
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return ln.Addr().String(), met
}

func TestANodeThatAnswersGarbageIsDownAndDisturbsNobody(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	for name, say := range map[string]func() string{
		"another protocol":        func() string { return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
		"a length without end":    func() string { return "$9223372036854775807\r\n" },
		"a length of gigabytes":   func() string { return "$4000000000\r\nx" },
		"a list without end":      func() string { return "*2147483647\r\n" },
		"a negative list":         func() string { return "*-5\r\n" },
		"lists within lists":      func() string { return strings.Repeat("*1\r\n", 100_000) },
		"a line without end":      func() string { return "+" + strings.Repeat("x", 4096) },
		"a map of itself":         func() string { return "%1\r\n%1\r\n+a\r\n+b\r\n+c\r\n" },
		"numbers for everything":  func() string { return strings.Repeat(":7\r\n", 100) },
		"nothing for everything":  func() string { return strings.Repeat("$-1\r\n", 100) },
		"too many good answers":   func() string { return strings.Repeat("+OK\r\n", 100) },
		"errors with bad letters": func() string { return strings.Repeat("-ERR \x1b[31m\u202e\xff\r\n", 3) },
		"an empty line":           func() string { return "\r\n" },
		"random bytes": func() string {
			b := make([]byte, 1+rand.IntN(64))
			for i := range b {
				b[i] = "$*%+-:_,#=!~>(|\r\n0123456789-abc\x00\xff"[rand.IntN(33)]
			}
			return string(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			addr, met := nonsense(t, server.Addr(), say)
			sources := append(sourcesOf([]*spawnServer{server}), Source{ID: "b", Target: target.Server(&redis.Options{Addr: addr})})
			w, err := New(sources, Config{})
			must(t, err)
			runWatcher(t, w)
			b := w.Board()
			// It is asked again and again, and goes mad later or sooner.
			eventually(t, b, "the other node is read and it is not", func() bool {
				l, _ := b.Lock("lock:x")
				n := b.Nodes()[1]
				return met.Load() >= 5 && l.State != "" && l.Votes[0].Vote == yes && l.Votes[1].Vote != yes && l.Votes[1].Vote != free &&
					!n.Up && n.Error != "not reached yet" && n.Error != ""
			})
			if n := b.Nodes()[1]; n.Error != shorten(n.Error) {
				t.Errorf("got %+v", n)
			}
		})
	}
}
