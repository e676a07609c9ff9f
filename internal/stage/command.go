package stage

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Command is something that is done to the clients, nodes and resource of a
// stage, by hand or by a scenario. Which fields it needs depends on Do.
type Command struct {
	// Do is what is done, one of Verbs.
	Do string
	// Client is a client's name, Node the ID of a node.
	Client, Node string
	// Policy is how a new client locks; empty for the way of the side.
	Policy string
	// Way is which messages a cut stops: in, out, or both.
	Way string
	// For is a length: how long a client works, waits or is paused, by how much a
	// clock jumps, how much longer a slow node takes.
	For time.Duration
	// Wait is how long a client goes on asking while somebody else has the lock.
	Wait time.Duration
	// Rate is how fast a clock goes.
	Rate float64
	// On switches something on or off.
	On bool
}

// The limits of lengths and rates in commands.
const (
	longestFor  = 10 * time.Minute
	slowestRate = 0.5
	fastestRate = 2
)

// nameForm is what a client may be called.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,15}$`)

// A verb is one thing that can be done, and what it needs to know.
type verb struct {
	// node and client say that one is named; whom, that the client must be there.
	node, client bool
	onNode       func(*World, *node, Command) error
	onClient     func(*World, *client, Command) error
	on           func(*World, Command) error
}

// verbs are all that can be done.
var verbs map[string]verb

func init() {
	onNode := func(f func(*node, Command) error) verb {
		return verb{node: true, onNode: func(_ *World, n *node, c Command) error { return f(n, c) }}
	}
	onClient := func(f func(*client, Command) error) verb {
		return verb{client: true, onClient: func(_ *World, x *client, c Command) error { return f(x, c) }}
	}
	verbs = map[string]verb{
		"stop":    onNode(func(n *node, _ Command) error { return n.stop() }),
		"restart": onNode(func(n *node, _ Command) error { return n.restart(true) }),
		"amnesia": onNode(func(n *node, _ Command) error { return n.restart(false) }),
		"freeze":  onNode(func(n *node, _ Command) error { return n.freeze() }),
		"thaw":    onNode(func(n *node, _ Command) error { return n.thaw() }),
		"cut":     onNode((*node).cut),
		"heal": onNode(func(n *node, _ Command) error {
			n.change(func() { n.cutIn, n.cutOut, n.slow, n.lossy = false, false, 0, false })
			return nil
		}),
		"slow": onNode(func(n *node, c Command) error {
			n.change(func() { n.slow = c.For })
			return nil
		}),
		"lossy": onNode(func(n *node, c Command) error {
			n.change(func() { n.lossy = c.On })
			return nil
		}),
		"empty": onNode(func(n *node, _ Command) error { return n.empty() }),
		"evict": onNode(func(n *node, _ Command) error { return n.evict() }),
		"jump":  onNode(func(n *node, c Command) error { return n.jump(c.For) }),
		"skew":  onNode(func(n *node, c Command) error { return n.skew(c.Rate) }),

		"acquire": onClient(func(x *client, c Command) error {
			return x.tell(func(ctx context.Context) error { return x.take(ctx, c.Wait) })
		}),
		"work": onClient(func(x *client, c Command) error {
			length := c.For
			if length == 0 {
				length = workTime
			}
			return x.tell(func(ctx context.Context) error { return x.work(ctx, c.Wait, length) })
		}),
		"write": onClient(func(x *client, _ Command) error {
			return x.tell(func(ctx context.Context) error { return x.write(ctx, false) })
		}),
		"extend":  onClient(func(x *client, _ Command) error { return x.tell(x.prolong) }),
		"release": onClient(func(x *client, _ Command) error { return x.tell(x.give) }),
		"loop":    onClient((*client).setLoop),
		"pause":   onClient((*client).pauseFor),
		"resume":  onClient(func(x *client, _ Command) error { x.w.do(x.resume); return nil }),
		"kill":    onClient(func(x *client, _ Command) error { x.w.do(x.kill); return nil }),
		"reckless": onClient(func(x *client, c Command) error {
			x.w.do(func() { x.reckless = c.On; x.draw() })
			return nil
		}),
		"near":   {node: true, client: true, onClient: (*World).near},
		"remove": onClient(func(x *client, _ Command) error { return x.w.remove(x) }),
		"add":    {on: (*World).add},
		"check":  {on: (*World).setCheck},
	}
}

// Verbs are all that a Command can do, in order.
func Verbs() []string {
	all := make([]string, 0, len(verbs))
	for name := range verbs {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// check reports the first thing in a command that cannot be used.
func (c Command) check() error {
	switch {
	case c.For.Abs() > longestFor:
		return badInput("for", c.For.String(), "at most "+longestFor.String())
	case c.For < 0 && c.Do != "jump":
		return badInput("for", c.For.String(), "0s or longer")
	case c.Wait < 0 || c.Wait > longestFor:
		return badInput("wait", c.Wait.String(), "0s to "+longestFor.String())
	case c.Do == "skew" && !(c.Rate >= slowestRate && c.Rate <= fastestRate):
		return badInput("rate", fmt.Sprint(c.Rate), fmt.Sprintf("%g to %d, where 1 is a clock that goes right", slowestRate, fastestRate))
	case c.Do == "jump" && c.For == 0:
		return badInput("for", "0s", "by how much the clock jumps, such as -15s")
	case c.Do == "cut" && !slices.Contains([]string{"", "in", "out", "both"}, c.Way):
		return badInput("way", c.Way, "in, out or both")
	}
	return nil
}

// apply carries out a command.
func (w *World) apply(c Command) error {
	v, known := verbs[c.Do]
	if !known {
		return badInput("do", strconv.Quote(c.Do), "one of "+strings.Join(Verbs(), ", "))
	}
	if err := c.check(); err != nil {
		return err
	}
	return w.quiet(func() error {
		var n *node
		var x *client
		var err error
		w.mu.Lock()
		if v.node {
			n, err = w.node(c.Node)
		}
		if v.client && err == nil {
			x, err = w.client(c.Client)
		}
		w.mu.Unlock()
		switch {
		case err != nil:
			return err
		case v.onNode != nil:
			return v.onNode(w, n, c)
		case v.onClient != nil:
			return v.onClient(w, x, c)
		}
		return v.on(w, c)
	})
}

// cut keeps messages from getting through.
func (n *node) cut(c Command) error {
	n.change(func() {
		n.cutIn = c.Way != "out"
		n.cutOut = c.Way != "in"
	})
	return nil
}

// setLoop makes a client work again and again, or stop that.
func (c *client) setLoop(cmd Command) error {
	var stop chan struct{}
	c.w.do(func() {
		switch {
		case cmd.On && c.loops == nil && !c.dead:
			stop = make(chan struct{})
			c.loops = stop
		case !cmd.On && c.loops != nil:
			close(c.loops)
			c.loops = nil
		}
		c.draw()
	})
	if stop == nil {
		return nil
	}
	return c.tell(func(ctx context.Context) error { return c.loop(ctx, stop) })
}

// pauseFor pauses a client, for a while or until it is resumed.
func (c *client) pauseFor(cmd Command) error {
	c.w.do(func() {
		c.pause()
		if cmd.For > 0 {
			c.w.clock.Show(cmd.For, func() { c.w.do(c.resume) })
		}
	})
	return nil
}

// near makes the way between a client and a node short or long.
func (w *World) near(c *client, cmd Command) error {
	w.do(func() { c.links[cmd.Node].way = max(cmd.For, 100*time.Microsecond) })
	return nil
}

// setCheck switches the fence check of the resource.
func (w *World) setCheck(c Command) error {
	w.do(func() {
		w.resource.check = c.On
		w.resource.draw()
	})
	return nil
}

// add lets a client appear, in the place of one that is dead.
func (w *World) add(cmd Command) error {
	policy := cmd.Policy
	if policy == "" {
		policy = w.side.Policy
	}
	if err := checkPolicy(policy); err != nil {
		return err
	}
	if !nameForm.MatchString(cmd.Client) || cmd.Client == resourceID || len(cmd.Client) == 1 {
		return badInput("client", strconv.Quote(cmd.Client), "a name of 2 to 16 small letters, digits and dashes")
	}
	w.mu.Lock()
	old, taken := w.clients[cmd.Client]
	count := len(w.clients)
	w.mu.Unlock()
	switch {
	case taken && !old.dead:
		return badInput("client", strconv.Quote(cmd.Client), "a name that no client on this stage has")
	case !taken && count >= MaxClients:
		return badInput("client", fmt.Sprintf("client number %d", count+1), fmt.Sprintf("at most %d clients on a stage", MaxClients))
	}
	c, err := newClient(w, cmd.Client, policy)
	if err != nil {
		return err
	}
	w.do(func() {
		if !taken {
			w.order = append(w.order, c.name)
		}
		w.clients[c.name] = c
		c.draw()
	})
	return nil
}

// remove takes a client from the stage, as if its process had ended.
func (w *World) remove(c *client) error {
	w.do(func() {
		c.kill()
		delete(w.clients, c.name)
		w.order = slices.DeleteFunc(w.order, func(name string) bool { return name == c.name })
		w.show("c/"+c.name, nil)
	})
	return nil
}
