package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/lockscope/lockscope/internal/embedded"
	"github.com/lockscope/lockscope/internal/stage/pace"
	"github.com/lockscope/lockscope/lockengine"
)

// wireTimeout bounds, in real time, what is asked of a node on the stage's own
// behalf. The nodes are in this process: only a mistake takes that long.
const wireTimeout = 2 * time.Second

// fencesKey is where the engine keeps its fences on a node.
const fencesKey = "lockscope:fences"

// A node is one Redis of the stage, and everything that is wrong with it. Its
// fields are guarded by the World, but for those that never change.
type node struct {
	w      *World
	id     string
	server *embedded.Node
	time   *nodeTime

	// eye looks at what the node holds, and does what is done without a lock
	// engine. news tells of locks that become free. They change only while the
	// world is quiet.
	eye   *redis.Client
	news  *redis.PubSub
	ended chan struct{} // closed when nobody listens to news any more

	up, frozen    bool
	cutIn, cutOut bool
	slow          time.Duration
	lossy         bool
	offset        time.Duration
	// door are the messages that wait in front of a node that is frozen, line the
	// requests that it has taken in: the first is being carried out.
	door, line []func()

	out    int64
	why    string
	holder string
	until  int64
	ttl    int64
	fence  int64
	expiry *pace.Call
}

// newNode starts a node.
func newNode(w *World, id string) (*node, error) {
	n := &node{w: w, id: id, time: newNodeTime(w.clock), up: true}
	var err error
	if n.server, err = embedded.Start(embedded.Config{Clock: n.time}); err != nil {
		return nil, fmt.Errorf("stage: node %s: %w", id, err)
	}
	if err := n.connect(); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// dial returns a client of a node of ours: quick to fail, never repeating.
func dial(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: addr, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true,
		DialTimeout: wireTimeout, ReadTimeout: wireTimeout, WriteTimeout: wireTimeout,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// connect opens the stage's own connections to the node.
func (n *node) connect() error {
	ctx, cancel := context.WithTimeout(n.w.ctx, wireTimeout)
	defer cancel()
	eye := dial(n.server.Addr())
	n.w.mu.Lock()
	n.eye = eye // somebody may still be looking through the one before
	n.w.mu.Unlock()
	if err := eye.ConfigSet(ctx, "notify-keyspace-events", "Kgx").Err(); err != nil {
		return fmt.Errorf("stage: node %s: %w", n.id, err)
	}
	n.news = eye.Subscribe(ctx, "__keyspace@0__:"+LockName)
	if _, err := n.news.Receive(ctx); err != nil {
		return fmt.Errorf("stage: node %s: %w", n.id, err)
	}
	n.ended = make(chan struct{})
	go n.listen(n.news, n.ended)
	return nil
}

// disconnect closes what connect has opened.
func (n *node) disconnect() {
	if n.news != nil {
		_ = n.news.Close()
	}
	if n.ended != nil {
		<-n.ended
	}
	if n.eye != nil {
		_ = n.eye.Close()
	}
	n.news, n.ended = nil, nil
}

// close ends the node.
func (n *node) close() {
	n.disconnect()
	n.server.Thaw()
	n.server.Stop()
}

// listen passes on what the node says of the lock, until the connection ends.
func (n *node) listen(news *redis.PubSub, ended chan<- struct{}) {
	defer close(ended)
	for {
		message, err := news.ReceiveMessage(n.w.ctx)
		if err != nil {
			return
		}
		free := message.Payload == "del" || message.Payload == "expired"
		// Not at once: who breaks the node right now has to be done first.
		n.w.clock.After(0, func() {
			n.w.do(func() {
				n.refresh()
				if free {
					n.tellFree()
				}
			})
		})
	}
}

// tellFree lets the clients that wait for the lock know that this node has it no
// more, as a subscription does.
func (n *node) tellFree() {
	for _, name := range n.w.order {
		c := n.w.clients[name]
		if wake := c.waker; wake != nil && wake.wanted() && !c.dead {
			c.links[n.id].tell("free", "free", func() { wake.free(n.id) })
		}
	}
}

// refresh looks at what the node holds. Callers hold the world's lock.
func (n *node) refresh() {
	if !n.up || n.frozen || n.w.closed {
		return
	}
	n.w.ask(n.looking())
}

// looking is look through the present eye. Callers hold the world's lock.
func (n *node) looking() func() (then func()) {
	eye := n.eye
	return func() func() { return n.look(eye) }
}

// look reads what the node holds. It is called without the world's lock and
// returns what to do under it.
func (n *node) look(eye *redis.Client) (then func()) {
	ctx, cancel := context.WithTimeout(n.w.ctx, wireTimeout)
	defer cancel()
	pipe := eye.Pipeline()
	value := pipe.Get(ctx, LockName)
	left := pipe.PTTL(ctx, LockName)
	fence := pipe.ZScore(ctx, fencesKey, LockName)
	_, err := pipe.Exec(ctx)
	if err != nil && !errors.Is(err, redis.Nil) {
		return func() {} // stopped, or closed: what is shown says so already
	}
	return func() {
		if n.eye != eye {
			return // the node was restarted meanwhile
		}
		n.fence = int64(fence.Val())
		n.holds(value.Val(), left.Val())
		n.draw()
	}
}

// holds notes whose token the node holds, and for how much longer by its clock.
func (n *node) holds(token string, left time.Duration) {
	if n.expiry != nil {
		n.expiry.Stop()
	}
	if token == "" {
		n.holder, n.until, n.ttl = "", 0, 0
		return
	}
	holder := n.w.holderOf(token)
	life := n.time.onStage(left).Microseconds()
	until := n.w.now() + life
	if holder != n.holder || until > n.until+1000 {
		n.ttl = life
	}
	n.holder, n.until = holder, until
	// Redis deletes it once the last millisecond is over; so that it does,
	// somebody looks.
	n.expiry = n.w.clock.Show(n.time.onStage(left+time.Millisecond), func() { n.w.do(n.refresh) })
}

// draw shows the node as it is.
func (n *node) draw() {
	cut := ""
	switch {
	case n.cutIn && n.cutOut:
		cut = "both"
	case n.cutIn:
		cut = "in"
	case n.cutOut:
		cut = "out"
	}
	trouble := ""
	switch {
	case !n.up:
		trouble = lockengine.VoteDown.String()
	case n.frozen:
		trouble = lockengine.VoteTimeout.String()
	}
	n.w.show("n/"+n.id, NodeView{
		ID: n.id, Address: n.server.Addr(), Up: n.up, Frozen: n.frozen, Cut: cut, Slow: n.slow.Milliseconds(),
		Lossy: n.lossy, Offset: n.offset.Milliseconds(), Rate: n.time.pace(), Out: n.out, Why: n.why,
		Holder: n.holder, Until: n.until, TTL: n.ttl, Fence: n.fence,
		Words: n.words(), Trouble: trouble,
	})
}

// words say what is wrong with the node.
func (n *node) words() string {
	var words []string
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(!n.up, "stopped")
	add(n.frozen, "frozen")
	add(n.cutIn && n.cutOut, "cut off")
	add(n.cutIn && !n.cutOut, "hears nothing")
	add(n.cutOut && !n.cutIn, "cannot answer")
	add(n.slow > 0, fmt.Sprintf("slow, %d ms", n.slow.Milliseconds()))
	add(n.lossy, "answers lost")
	add(n.offset != 0, fmt.Sprintf("clock %+d s", int(n.offset.Seconds())))
	add(n.time.pace() != 1, fmt.Sprintf("clock %g×", n.time.pace()))
	return strings.Join(words, " · ")
}
