package web

import (
	"bufio"
	"net"
	"net/http"
	"time"
)

const (
	// dripSize is how much of a frame is written at a time, in bytes.
	dripSize = 16 << 10
	// sendBuffer is how much the system may keep for a socket that does not
	// read, in bytes. What waits there is old by the time it is read, so it is
	// less than the system would take, and enough for 3 MB/s over 20 ms.
	sendBuffer = 64 << 10
)

// A drip is a connection on which a write deadline holds for every dripSize
// bytes of a write, not for all of it: a window of 200 rows takes longer than
// that on a slow line, and is fine as long as it moves. While it moves, no other
// sign of life is needed; pings and what answers them wait behind it.
type drip struct {
	net.Conn
	idle time.Duration // how long it may be without a sign of life

	// These belong to the writer.
	patience time.Duration // for each piece, 0 for none
	moved    int           // since it was last a sign of life, in bytes
}

// SetWriteDeadline sets how long each piece may take: the time from now to t.
func (d *drip) SetWriteDeadline(t time.Time) error {
	d.patience = 0
	if !t.IsZero() {
		d.patience = max(time.Until(t), 1)
	}
	return d.Conn.SetWriteDeadline(t)
}

// Write writes all of p unless a piece of it takes too long.
func (d *drip) Write(p []byte) (written int, err error) {
	for {
		piece := p[written:min(written+dripSize, len(p))]
		n, err := d.Conn.Write(piece)
		written += n
		// More than the system keeps: the other end must have taken some.
		if d.moved += n; d.moved > 2*sendBuffer && d.idle > 0 {
			d.moved = 0
			_ = d.Conn.SetReadDeadline(time.Now().Add(d.idle))
		}
		if err != nil || written == len(p) {
			return written, err
		}
		if d.patience > 0 {
			_ = d.Conn.SetWriteDeadline(time.Now().Add(d.patience))
		}
	}
}

// A dripper hands out the connection of a request as a drip.
type dripper struct {
	http.ResponseWriter
	idle time.Duration
}

// Unwrap is for http.ResponseController.
func (d dripper) Unwrap() http.ResponseWriter { return d.ResponseWriter }

// Hijack takes the connection over.
func (d dripper) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(d.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // without it the stream is late, not wrong
	}
	return &drip{Conn: conn, idle: d.idle}, buffered, nil
}
