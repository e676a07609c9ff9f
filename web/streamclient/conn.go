package streamclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// silence is after how long without a frame a server that speaks every 15 s is
// taken to be gone.
const silence = 40 * time.Second

// A Conn is one connection. Send may be called beside Read, but neither twice
// at a time.
type Conn struct {
	*websocket.Conn
}

// A Dialer makes the connection below a stream, as net.Dialer does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Dial opens a stream at a ws or wss URL, with more headers such as a cookie.
// A nil dial is that of net.Dialer.
func Dial(ctx context.Context, url string, header http.Header, dial Dialer) (*Conn, error) {
	dialer := websocket.Dialer{Subprotocols: []string{Protocol}, HandshakeTimeout: 10 * time.Second, NetDialContext: dial}
	conn, answer, err := dialer.DialContext(ctx, url, header)
	if err != nil {
		if answer != nil {
			return nil, fmt.Errorf("open the stream: %w: %s", err, answer.Status)
		}
		return nil, fmt.Errorf("open the stream: %w", err)
	}
	if got := conn.Subprotocol(); got != Protocol {
		conn.Close()
		return nil, fmt.Errorf("open the stream: the server speaks %q, want %s", got, Protocol)
	}
	return &Conn{conn}, nil
}

// Send sends a message, in JSON.
func (c *Conn) Send(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return c.SendText(text)
}

// SendText sends a text as it is.
func (c *Conn) SendText(text []byte) error {
	_ = c.SetWriteDeadline(time.Now().Add(silence))
	return c.WriteMessage(websocket.TextMessage, text)
}

// Read returns the next frame. It waits for as long as a server may be silent.
// Pings are answered on the way.
func (c *Conn) Read() (Frame, error) { return c.ReadWithin(silence) }

// ReadWithin is Read with another patience.
func (c *Conn) ReadWithin(patience time.Duration) (Frame, error) {
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, text, err := c.ReadMessage()
	if err != nil {
		return Frame{}, err
	}
	f, err := parse(text)
	if err != nil {
		return f, fmt.Errorf("%w: %s", err, text)
	}
	return f, nil
}

// A watchMessage asks for a window or a feed.
type watchMessage struct {
	T     string `json:"t"`
	ID    string `json:"id"`
	Epoch string `json:"epoch,omitempty"` // of After
	Watch
}

// Watch asks for a window, a feed or the nodes.
func (c *Conn) Watch(id string, w Watch) error {
	return c.Send(watchMessage{T: "watch", ID: id, Watch: w})
}

// Resume says what the watches that are asked for next have: everything up to
// the change seq of an epoch.
func (c *Conn) Resume(epoch string, seq uint64) error {
	return c.Send(struct {
		T     string `json:"t"`
		Epoch string `json:"epoch"`
		Seq   uint64 `json:"seq"`
	}{"resume", epoch, seq})
}
