package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// childCommand makes the program the second process of a contention run. It
// gets an order on standard input, says that it is ready, is told when to
// start, and says what it held. In a relay both say when they have the lock.
const childCommand = "contend"

// A message is what the two processes say to each other.
type message struct {
	Order   *order     `json:",omitempty"` // parent: do this
	Ready   bool       `json:",omitempty"` // child: when shall I start?
	Start   *time.Time `json:",omitempty"` // parent: then
	HaveIt  bool       `json:",omitempty"` // both, in a relay
	Part    *part      `json:",omitempty"` // child: this is what I had, the end
	Failure string     `json:",omitempty"` // child: why there is no part, the end
}

// A line is one side of the talk.
type line struct {
	to     *json.Encoder
	from   *json.Decoder
	haveIt chan struct{}
	end    chan message // the last message, or why there is none
}

func newLine(to io.Writer, from io.Reader) *line {
	return &line{to: json.NewEncoder(to), from: json.NewDecoder(from), haveIt: make(chan struct{}, 1), end: make(chan message, 1)}
}

// next returns what the other side says next.
func (l *line) next() (message, error) {
	var m message
	err := l.from.Decode(&m)
	if err == nil && m.Failure != "" {
		err = errors.New(m.Failure)
	}
	return m, err
}

// listen passes on who has the lock until the other side ends.
func (l *line) listen() {
	for {
		m, err := l.next()
		if err != nil && m.Failure == "" {
			m.Failure = err.Error()
		}
		if m.Part != nil || m.Failure != "" {
			l.end <- m
			return
		}
		if m.HaveIt {
			l.haveIt <- struct{}{}
		}
	}
}

func (l *line) baton() *baton {
	return &baton{func() error { return l.to.Encode(message{HaveIt: true}) }, l.haveIt}
}

// childMain is the main of the second process. It ends when its parent does,
// which closes its standard input.
func childMain(ctx context.Context, stdin io.Reader, stdout io.Writer) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parent := newLine(stdout, stdin)
	p, err := parent.obey(ctx, cancel)
	last := message{Part: p}
	if err != nil {
		last = message{Failure: err.Error()}
	}
	if parent.to.Encode(last) != nil || err != nil {
		return 1
	}
	return 0
}

// obey carries out the order of the parent.
func (l *line) obey(ctx context.Context, cancel func()) (*part, error) {
	m, err := l.next()
	if err != nil {
		return nil, err
	}
	if m.Order == nil {
		return nil, errors.New("the first message is no order")
	}
	return contend(ctx, *m.Order, l.baton(), func() (time.Time, error) {
		if err := l.to.Encode(message{Ready: true}); err != nil {
			return time.Time{}, err
		}
		m, err := l.next()
		if err != nil {
			return time.Time{}, err
		}
		if m.Start == nil {
			return time.Time{}, errors.New("the second message is no start")
		}
		go func() {
			l.listen()
			cancel() // the parent is gone
		}()
		return *m.Start, nil
	})
}

// A child is the second process, seen from the first.
type child struct {
	*line
	process *exec.Cmd
	in      io.Closer
}

// startChild returns a child when it is ready to carry out an order.
func startChild(ctx context.Context, o order) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("second process: %w", err)
	}
	process := exec.CommandContext(ctx, self, childCommand)
	process.Stderr = os.Stderr
	process.WaitDelay = time.Second
	from, err := process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("second process: %w", err)
	}
	to, err := process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("second process: %w", err)
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("second process: %w", err)
	}
	c := &child{newLine(to, from), process, to}
	err = c.to.Encode(message{Order: &o})
	if err == nil {
		_, err = c.next()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("second process: %w", err), c.close())
	}
	return c, nil
}

// start tells the child when to start, and that it does not begin a relay.
func (c *child) start(at time.Time) error {
	go c.listen()
	return c.to.Encode(message{Start: &at})
}

// part returns what the child had, when it is done.
func (c *child) part() (*part, error) {
	m := <-c.end
	if m.Part == nil {
		return nil, fmt.Errorf("second process: %s", m.Failure)
	}
	return m.Part, nil
}

// close ends the child.
func (c *child) close() error {
	_ = c.in.Close()
	if err := c.process.Wait(); err != nil {
		return fmt.Errorf("second process: %w", err)
	}
	return nil
}
