package redisnode

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
)

const (
	// dialTimeout is how long opening the connection may take. An engine does
	// not wait that long; the operations of that time are told "not sent".
	dialTimeout = 2 * time.Second
	// answerTimeout is how long an answer may take until the connection is
	// given up. It is longer than an engine waits, so that a slow node's late
	// answers are still heard and the connection is kept.
	answerTimeout = time.Second
	// maxQueue is how many operations may wait for a node.
	maxQueue = 8192
	// maxBatch is how many operations are written in one go.
	maxBatch = 512
)

var (
	errClosed = errors.New("not sent: the node's connection was closed")
	// errQueueFull is known to the engine, for which it is no failure.
	errQueueFull = lockengine.Crowded().Err
)

// A Node is one Redis server that votes: always the same one, or the present
// master of servers under Redis Sentinel.
type Node struct {
	id        string
	opts      redis.Options // of the connection for locks
	follow    *follower     // which server that is; nil when it is always the same
	aside     *redis.Client // for questions about the node itself
	wake      chan struct{}
	ctx       context.Context // ends with Close, and with it a dial under way
	cancel    context.CancelFunc
	running   sync.WaitGroup
	questions chan entry

	run     atomic.Pointer[string] // the server process that the connection is to
	history atomic.Pointer[string] // of the connection for questions, see history.go
	legacy  atomic.Bool            // the server is too old for SET NX GET

	mu      sync.Mutex // guards everything below
	queue   []entry
	closed  bool
	asleep  bool  // the writer waits to be woken
	current *conn // nil while there is no connection
}

// An entry is an operation. again marks one that is sent for the second time,
// alone and with its script in full.
type entry struct {
	op    *lockengine.Op
	again bool
}

var _ lockengine.Node = (*Node)(nil)

// New returns the node called id at the server that opts describe. It connects
// in the background; a server that is not there answers every operation with
// lockengine.VoteDown. Timeouts, pool and retries of opts are not used.
func New(id string, opts *redis.Options) *Node { return newNode(id, target.Server(opts)) }

// newNode returns the node at a target that is one server at a time.
func newNode(id string, at *target.Target) *Node {
	ctx, cancel := context.WithCancel(context.Background())
	n := &Node{
		id:        id,
		ctx:       ctx,
		cancel:    cancel,
		wake:      make(chan struct{}, 1),
		questions: make(chan entry, maxQuestions),
	}
	n.opts = *at.Options
	ours(&n.opts)
	if at.Mode == target.Sentinel {
		n.follow = newFollower(ctx, at, n.opts)
		n.opts.Addr, n.opts.Dialer = at.Master, n.follow.connect
		n.running.Go(n.follow.run)
	}
	aside := n.opts
	aside.OnConnect = func(ctx context.Context, conn *redis.Conn) error {
		history, err := n.whoIsThere(ctx, conn)
		n.history.Store(&history)
		return err
	}
	n.aside = redis.NewClient(&aside)
	n.running.Add(2)
	go n.runLocks()
	go n.runAside()
	return n
}

// ours makes options those of a connection of ours: one, without silent repeats,
// with timeouts that heed the context, and without greetings that older servers do
// not know.
func ours(o *redis.Options) {
	o.PoolSize, o.PipelinePoolSize = 1, -1 // pipelines have no pool of their own
	o.MaxRetries = -1
	o.DialTimeout, o.DialerRetries = dialTimeout, 1
	o.ReadTimeout, o.WriteTimeout = answerTimeout, answerTimeout
	o.ContextTimeoutEnabled = true
	o.ConnMaxIdleTime, o.ConnMaxLifetime = -1, -1
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// ID names the node.
func (n *Node) ID() string { return n.id }

// Submit hands over an operation, see [lockengine.Node].
func (n *Node) Submit(op *lockengine.Op) {
	e := entry{op: op}
	if op.Kind == lockengine.KindHealth || op.Kind == lockengine.KindMark {
		n.submitQuestion(e)
		return
	}
	n.mu.Lock()
	closed, crowded := n.closed, len(n.queue) >= maxQueue
	if !closed && !crowded {
		n.queue = append(n.queue, e)
	}
	lone := n.current
	if lone != nil && lone.isLoneLocked() {
		n.asleep = false
		lone.takeLocked()
	} else {
		lone = nil
		n.wakeLocked()
	}
	n.mu.Unlock()
	switch {
	case lone != nil:
		lone.writeLone()
	case closed:
		e.refuse(errClosed)
	case crowded:
		e.refuse(errQueueFull)
	}
}

// wakeLocked wakes the writer if it sleeps.
func (n *Node) wakeLocked() {
	if n.asleep {
		n.asleep = false
		n.wake <- struct{}{} // there is room: a sleeping writer has taken the last
	}
}

// submitQuestion hands over a question about the node itself.
func (n *Node) submitQuestion(e entry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		e.refuse(errClosed)
		return
	}
	select {
	case n.questions <- e:
	default:
		e.refuse(errQueueFull)
	}
}

// refuse answers an operation that will not be sent.
func (e entry) refuse(why error) {
	e.op.Answer = lockengine.Answer{Vote: lockengine.VoteDown, Void: true, Err: why}
	e.op.To.Complete(e.op)
}

// runID is the identity of the server process, empty when it is not known.
func (n *Node) runID() string {
	if run := n.run.Load(); run != nil {
		return *run
	}
	return ""
}

// Close answers what waits, gives up what is on its way and closes the
// connection. It may be called again.
func (n *Node) Close() error {
	n.cancel()
	n.mu.Lock()
	n.closed = true
	if n.current != nil {
		n.current.raw.Close()
	}
	n.wakeLocked()
	n.mu.Unlock()
	err := notClosed(n.aside.Close())
	n.running.Wait()
	return err
}

// notClosed is err, unless it says that there was nothing to close any more.
func notClosed(err error) error {
	if errors.Is(err, redis.ErrClosed) {
		return nil
	}
	return err
}
