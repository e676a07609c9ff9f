package embedded

import "github.com/lockscope/lockscope/internal/glob"

// pubsub is who listens to what on a node.
type pubsub struct {
	channels map[string]map[*conn]struct{}
	patterns map[string]map[*conn]struct{}
}

func newPubsub() pubsub {
	return pubsub{channels: make(map[string]map[*conn]struct{}), patterns: make(map[string]map[*conn]struct{})}
}

// idle tells that nobody listens at all.
func (p *pubsub) idle() bool { return len(p.channels) == 0 && len(p.patterns) == 0 }

// subscriptions are one client's channels or patterns, oldest first.
type subscriptions []string

func (s subscriptions) index(name string) int {
	for i, have := range s {
		if have == name {
			return i
		}
	}
	return -1
}

func (c *conn) subscribed() bool { return len(c.channels)+len(c.patterns) > 0 }

// publish gives a message to everyone who listens on channel, and returns how
// many times it was given. It never waits for a client.
func (n *Node) publish(channel, payload string) int64 {
	var receivers int64
	if listeners := n.pubsub.channels[channel]; len(listeners) > 0 {
		message := [2]reply{{proto: 2}, {proto: 3}}
		for c := range listeners {
			m := &message[c.out.proto-2]
			if m.buf == nil {
				m.push(3)
				m.text("message")
				m.text(channel)
				m.text(payload)
			}
			c.deliver(m.buf)
			receivers++
		}
	}
	for pattern, listeners := range n.pubsub.patterns {
		if !glob.Match(pattern, channel) {
			continue
		}
		message := [2]reply{{proto: 2}, {proto: 3}}
		for c := range listeners {
			m := &message[c.out.proto-2]
			if m.buf == nil {
				m.push(4)
				m.text("pmessage")
				m.text(pattern)
				m.text(channel)
				m.text(payload)
			}
			c.deliver(m.buf)
			receivers++
		}
	}
	return receivers
}

// deliver queues a push for a client, or disconnects it when it is too far
// behind.
func (c *conn) deliver(b []byte) {
	if c.box != nil && !c.box.put(b) {
		c.node.stats.droppedSubscribers++
		c.drop()
	}
}

// listen gives a client the box that subscribers need.
func (c *conn) listen() {
	if c.box != nil || c.nc == nil {
		return
	}
	box := newOutbox(c.nc, c.node.cfg.SubscriberLimit)
	c.box = box
	c.life.wg.Go(func() { box.run(&c.node.gate, c.life.stop) })
}

func publish(x *call) {
	x.out.int(x.node.publish(string(x.args[1]), string(x.args[2])))
}

func subscribe(x *call) {
	x.join("subscribe", x.node.pubsub.channels, &x.conn.channels)
}

func psubscribe(x *call) {
	x.join("psubscribe", x.node.pubsub.patterns, &x.conn.patterns)
}

func unsubscribe(x *call) {
	x.part("unsubscribe", x.node.pubsub.channels, &x.conn.channels)
}

func punsubscribe(x *call) {
	x.part("punsubscribe", x.node.pubsub.patterns, &x.conn.patterns)
}

// join adds the names in the arguments to what the client listens to.
func (x *call) join(verb string, all map[string]map[*conn]struct{}, mine *subscriptions) {
	c := x.conn
	c.listen()
	for _, arg := range x.args[1:] {
		name := string(arg)
		if mine.index(name) < 0 {
			*mine = append(*mine, name)
			if all[name] == nil {
				all[name] = make(map[*conn]struct{})
			}
			all[name][c] = struct{}{}
		}
		x.confirm(verb, &name)
	}
}

// part takes the names in the arguments, or all, away.
func (x *call) part(verb string, all map[string]map[*conn]struct{}, mine *subscriptions) {
	names := make([]string, 0, len(x.args))
	for _, arg := range x.args[1:] {
		names = append(names, string(arg))
	}
	if len(x.args) == 1 {
		names = append(names, *mine...)
		if len(names) == 0 {
			x.confirm(verb, nil)
			return
		}
	}
	for _, name := range names {
		mine.remove(x.conn, all, name)
		x.confirm(verb, &name)
	}
}

// remove takes one name away.
func (s *subscriptions) remove(c *conn, all map[string]map[*conn]struct{}, name string) {
	i := s.index(name)
	if i < 0 {
		return
	}
	*s = append((*s)[:i], (*s)[i+1:]...)
	delete(all[name], c)
	if len(all[name]) == 0 {
		delete(all, name)
	}
}

// confirm tells the client what it now listens to. Without a name there was
// nothing to leave.
func (x *call) confirm(verb string, name *string) {
	x.out.push(3)
	x.out.text(verb)
	if name == nil {
		x.out.null()
	} else {
		x.out.text(*name)
	}
	x.out.int(int64(len(x.conn.channels) + len(x.conn.patterns)))
}

// unsubscribeAll makes the client listen to nothing. Callers hold mu.
func (n *Node) unsubscribeAll(c *conn) {
	for len(c.channels) > 0 {
		c.channels.remove(c, n.pubsub.channels, c.channels[0])
	}
	for len(c.patterns) > 0 {
		c.patterns.remove(c, n.pubsub.patterns, c.patterns[0])
	}
}

func pubsubChannels(x *call) {
	if len(x.args) > 3 {
		x.fail("ERR unknown subcommand or wrong number of arguments for '" + string(x.args[1]) + "'. Try PUBSUB HELP.")
		return
	}
	var found []string
	for name := range x.node.pubsub.channels {
		if len(x.args) < 3 || glob.Match(string(x.args[2]), name) {
			found = append(found, name)
		}
	}
	x.out.array(len(found))
	for _, name := range found {
		x.out.text(name)
	}
}

func pubsubNumSub(x *call) {
	x.out.array(2 * (len(x.args) - 2))
	for _, name := range x.args[2:] {
		x.out.bulk(name)
		x.out.int(int64(len(x.node.pubsub.channels[string(name)])))
	}
}
