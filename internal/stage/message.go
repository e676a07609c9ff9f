package stage

import (
	"strconv"
	"time"
)

// A message is something on its way. It is guarded by the World.
type message struct {
	link  *link
	key   string // empty for one that is not drawn
	view  MessageView
	delay time.Duration
}

// message puts a message on its way, behind those that were sent before it in
// the same direction.
func (l *link) message(from, to, text, kind string, last *time.Duration, quiet bool) *message {
	now := l.w.clock.Elapsed()
	due := max(now+l.delay(), *last+time.Microsecond)
	*last = due
	m := &message{link: l, delay: due - now}
	if quiet {
		return m
	}
	l.w.lastID++
	l.w.flying++
	m.key = "m/" + strconv.Itoa(l.w.lastID)
	m.view = MessageView{From: from, To: to, Text: text, Kind: kind, Sent: now.Microseconds(), Due: due.Microseconds()}
	l.w.show(m.key, m.view)
	return m
}

// arrives says what happens when the message does, under the world's lock.
func (m *message) arrives(f func()) {
	w := m.link.w
	arrived := func() { w.do(f) }
	if m.key == "" {
		w.clock.After(m.delay, arrived)
	} else {
		w.clock.Show(m.delay, arrived)
	}
}

// gone takes a message away that has arrived.
func (m *message) gone() {
	if m.key == "" {
		return
	}
	if m.view.Held == "" {
		m.link.w.flying--
	}
	m.link.w.show(m.key, nil)
}

// hold keeps a message where it has arrived.
func (m *message) hold(why string) {
	if m.key != "" {
		m.view.Held = why
		m.link.w.flying--
		m.link.w.show(m.key, m.view)
	}
}

// lose shows for a moment that a message has not arrived.
func (m *message) lose(why string) {
	if m.key == "" {
		return
	}
	w := m.link.w
	m.view.Lost = why
	w.show(m.key, m.view)
	w.clock.Show(lostShown, func() { w.do(m.gone) })
}
