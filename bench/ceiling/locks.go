package ceiling

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

const unlockScript = `if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) end return 0`

var unlockSHA = func() string {
	sum := sha1.Sum([]byte(unlockScript))
	return hex.EncodeToString(sum[:])
}()

// Locks takes locks on a set of nodes. It is safe for use by many goroutines.
type Locks struct {
	conns    []*conn
	majority int
	lockTail []byte // NX PX and the lease
	calls    sync.Pool
	running  sync.WaitGroup
}

// Dial connects to the nodes. Locks last for ttl.
func Dial(ctx context.Context, addrs []string, ttl time.Duration) (*Locks, error) {
	l := &Locks{majority: len(addrs)/2 + 1}
	l.lockTail = appendArgs(nil, "NX", "PX", strconv.FormatInt(ttl.Milliseconds(), 10))
	l.calls.New = func() any { return &call{locks: l, decided: make(chan bool, 1)} }
	for _, addr := range addrs {
		c, err := dial(ctx, addr)
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("node %s: %w", addr, err)
		}
		l.conns = append(l.conns, c)
		l.running.Go(c.write)
		l.running.Go(c.read)
	}
	return l, nil
}

// Close ends the connections.
func (l *Locks) Close() {
	for _, c := range l.conns {
		c.fail(net.ErrClosed)
	}
	l.running.Wait()
}

// Lock sets name to token where it is free, and reports whether a majority of
// the nodes did.
func (l *Locks) Lock(name, token string) bool {
	k := l.calls.Get().(*call)
	k.command = append(k.command[:0], "*6\r\n$3\r\nSET\r\n"...)
	k.command = appendArgs(k.command, name, token)
	k.command = append(k.command, l.lockTail...)
	return l.do(k)
}

// Unlock deletes name where it is token, and reports whether a majority of the
// nodes did.
func (l *Locks) Unlock(name, token string) bool {
	k := l.calls.Get().(*call)
	k.command = append(k.command[:0], "*5\r\n$7\r\nEVALSHA\r\n"...)
	k.command = appendArgs(k.command, unlockSHA, "1", name, token)
	return l.do(k)
}

// Ping returns when a majority of the nodes has answered a PING.
func (l *Locks) Ping() bool {
	k := l.calls.Get().(*call)
	k.command = append(k.command[:0], "*1\r\n$4\r\nPING\r\n"...)
	return l.do(k)
}

// do sends the command to all nodes. Every node has it before the first answer
// can finish the call, since the caller counts as well.
func (l *Locks) do(k *call) bool {
	for _, c := range l.conns {
		c.submit(k.command, k)
	}
	return k.wait()
}

// Err says why a connection failed, nil when none did.
func (l *Locks) Err() error {
	var errs []error
	for _, c := range l.conns {
		c.mu.Lock()
		errs = append(errs, c.failed)
		c.mu.Unlock()
	}
	return errors.Join(errs...)
}

// appendCommand appends a whole command.
func appendCommand(b []byte, args ...string) []byte {
	b = append(b, '*')
	b = strconv.AppendInt(b, int64(len(args)), 10)
	return appendArgs(append(b, '\r', '\n'), args...)
}

// appendArgs appends arguments of a command.
func appendArgs(b []byte, args ...string) []byte {
	for _, arg := range args {
		b = append(b, '$')
		b = strconv.AppendInt(b, int64(len(arg)), 10)
		b = append(b, '\r', '\n')
		b = append(b, arg...)
		b = append(b, '\r', '\n')
	}
	return b
}
