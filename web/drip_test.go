package web

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

func TestAWriteMayTakeLongerThanItsDeadlineWhileItMoves(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	defer ours.Close()
	d := &drip{Conn: ours, idle: time.Minute}
	const pieces, deadline = 12, 500 * time.Millisecond
	written := make(chan error, 1)
	start := time.Now()
	_ = d.SetWriteDeadline(start.Add(deadline))
	go func() {
		n, err := d.Write(make([]byte, pieces*dripSize))
		if n != pieces*dripSize && err == nil {
			err = io.ErrShortWrite
		}
		written <- err
	}()
	piece, slow := make([]byte, dripSize), time.NewTicker(deadline/8)
	defer slow.Stop()
	for range pieces {
		<-slow.C
		if _, err := io.ReadFull(theirs, piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-written; err != nil || time.Since(start) < deadline {
		t.Errorf("got %v after %s, want the write to end well after more than %s", err, time.Since(start), deadline)
	}
}

func TestAWriteThatStandsStillEnds(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	defer ours.Close()
	d := &drip{Conn: ours}
	_ = d.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	go func() { _, _ = io.ReadFull(theirs, make([]byte, dripSize)) }()
	n, err := d.Write(make([]byte, 3*dripSize))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n != dripSize {
		t.Errorf("got %d bytes and %v, want one piece and a timeout", n, err)
	}
}
