package watcher

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine/target"
	"pgregory.net/rapid"

	"github.com/lockscope/lockscope/internal/redistest"
)

// A tamper passes everything on between a client and a server but the events
// of subscriptions: those it loses, doubles and reorders, as it is told.
type tamper struct {
	addr string

	mu sync.Mutex // guards what follows
	// lose, double and hold are with what chance, of 100, an event is lost,
	// comes twice, or comes later than others.
	lose, double, hold int
	// mute drops everything on connections that have subscribed.
	mute  bool
	conns []net.Conn
}

// set changes what is done to events.
func (p *tamper) set(lose, double, hold int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose, p.double, p.hold = lose, double, hold
}

// tampered returns a tamper before the server at addr, for the length of the
// test.
func tampered(t testing.TB, addr string) *tamper {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &tamper{addr: ln.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				near.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, near, far)
			p.mu.Unlock()
			wg.Go(func() {
				defer far.Close()
				_, _ = io.Copy(far, near) // ends with the connection
			})
			wg.Go(func() {
				defer near.Close()
				p.answers(near, bufio.NewReader(far))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		wg.Wait()
	})
	return p
}

// answers passes on what the server says, value by value.
func (p *tamper) answers(to io.Writer, from *bufio.Reader) {
	var held [][]byte
	subscribed := false
	for {
		value, err := readValue(from)
		if err != nil {
			return
		}
		subscribed = subscribed || bytes.HasPrefix(value, []byte("*3\r\n$10\r\npsubscribe\r\n"))
		out := p.alter(value, &held)
		p.mu.Lock()
		mute := p.mute && subscribed
		p.mu.Unlock()
		for _, value := range out {
			if mute {
				continue
			}
			if _, err := to.Write(value); err != nil {
				return
			}
		}
	}
}

// alter returns what is passed on instead of a value.
func (p *tamper) alter(value []byte, held *[][]byte) (out [][]byte) {
	if !bytes.HasPrefix(value, []byte("*4\r\n$8\r\npmessage\r\n")) {
		// What was held comes at the latest with the next answer to a ping.
		out = append(*held, value)
		*held = nil
		return out
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	chance := func(of int) bool { return rand.IntN(100) < of }
	switch {
	case chance(p.lose):
	case chance(p.hold):
		*held = append(*held, value)
	case chance(p.double):
		out = append(out, value, value)
	default:
		out = append(out, value)
	}
	if len(*held) > 0 && chance(20) {
		at := rand.IntN(len(*held))
		out = append(out, (*held)[at])
		*held = append((*held)[:at], (*held)[at+1:]...)
	}
	return out
}

// readValue reads one value of the protocol as its bytes are.
func readValue(from *bufio.Reader) ([]byte, error) {
	line, err := from.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
	switch line[0] {
	case '$':
		if n >= 0 {
			text := make([]byte, n+2)
			_, err = io.ReadFull(from, text)
			line = append(line, text...)
		}
	case '*':
		for ; n > 0 && err == nil; n-- {
			var part []byte
			part, err = readValue(from)
			line = append(line, part...)
		}
	case '%':
		for n *= 2; n > 0 && err == nil; n-- {
			var part []byte
			part, err = readValue(from)
			line = append(line, part...)
		}
	}
	return line, err
}

// watchThrough runs a Watcher of the server behind the tamper.
func watchThrough(t *testing.T, p *tamper, cfg Config) *Board {
	t.Helper()
	w, err := New([]Source{{ID: "a", Target: target.Server(&redis.Options{Addr: p.addr})}}, cfg)
	must(t, err)
	runWatcher(t, w)
	b := w.Board()
	eventually(t, b, "it is read and live", func() bool {
		n := b.Nodes()[0]
		return !n.Synced.IsZero() && n.Notifications == NotificationsLive
	})
	return b
}

// Events that are lost, doubled and reordered in any way, beside any writes: in
// the end the Board shows what a scan finds.
func TestWhateverBecomesOfEventsTheViewIsRightInTheEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	ctx := t.Context()
	p := tampered(t, server.Addr())
	b := watchThrough(t, p, Config{Resync: 200 * time.Millisecond})
	const names = 5
	rapid.Check(t, func(rt *rapid.T) {
		p.set(rapid.IntRange(0, 60).Draw(rt, "lose"), rapid.IntRange(0, 60).Draw(rt, "double"), rapid.IntRange(0, 60).Draw(rt, "hold"))
		for i, op := range rapid.SliceOfN(rapid.IntRange(0, 9), 1, 60).Draw(rt, "ops") {
			name := fmt.Sprint("lock:", rapid.IntRange(0, names-1).Draw(rt, "name"))
			value := fmt.Sprint("v", i%4)
			var err error
			switch op {
			case 0, 1, 2:
				err = node.SetNX(ctx, name, value, time.Minute).Err()
			case 3:
				err = node.Set(ctx, name, value, 0).Err()
			case 4, 5:
				err = node.Del(ctx, name).Err()
			case 6:
				err = node.PExpire(ctx, name, time.Duration(1+i)*time.Millisecond).Err()
			case 7:
				_, err = node.TxPipelined(ctx, func(q redis.Pipeliner) error {
					q.Del(ctx, name)
					q.HSet(ctx, name, value, "1")
					return nil
				})
			case 8:
				err = node.FlushAll(ctx).Err()
			case 9:
				err = node.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub").Err()
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		eventually(t, b, "the view is that of the node", func() bool {
			held, err := bareScan(ctx, node)
			must(t, err)
			return equal(held, shown(b, 0))
		})
	})
}

func TestASubscriptionThatFallsSilentIsNoticedAndWhatItMissedIsFound(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	p := tampered(t, server.Addr())
	b := watchThrough(t, p, Config{Resync: time.Hour})
	setOn(t, redisClients{node}, "lock:x", "v", time.Minute)
	awaitState(t, b, "lock:x", StateHeld)

	p.mu.Lock()
	p.mute = true // the node itself still answers
	p.mu.Unlock()
	must(t, node.Del(t.Context(), "lock:x").Err())
	setOn(t, redisClients{node}, "lock:y", "v", time.Minute)
	eventually(t, b, "a gap", func() bool { return b.Nodes()[0].Gaps > 0 })
	p.mu.Lock()
	p.mute = false
	p.mu.Unlock()
	awaitState(t, b, "lock:x", StateFree)
	awaitState(t, b, "lock:y", StateHeld)
	eventually(t, b, "live again", func() bool { return b.Nodes()[0].Notifications == NotificationsLive })
	page := b.Activity(0, maxActivity)
	gap := false
	for _, a := range page.Events {
		gap = gap || a.Kind == ActivityGap && a.Node == "a"
	}
	if !gap {
		t.Errorf("what happened: %+v", page.Events)
	}
}
