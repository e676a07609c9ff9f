package redisnode

import (
	"bufio"
	"context"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// go-redis opens the connection: dialling, TLS, AUTH, the protocol's hello and
// the choice of the database are its business. Then the connection is ours,
// since one batch after another without waiting for answers is what it cannot
// do. The client stays, idle, until the connection ends.

// Keys of ours on every node.
const (
	// fencesKey is a sorted set: the fence of each lock name.
	fencesKey = "lockscope:fences"
	// bornKey is the marker by which a node is known to have its memory.
	bornKey = "lockscope:born"
)

// fencesIndex is an entry of fencesKey that stands for no lock. It is longer
// than 64 bytes, which makes the server index the set: small sets without an
// index are searched from end to end, and cost it three times as much.
const fencesIndex = "lockscope: the highest fencing token of each lock name; this entry makes it an indexed set"

// indexFences has the set of fences indexed, also when it is new.
func indexFences(ctx context.Context, c redis.Cmdable) {
	c.ZAddNX(ctx, fencesKey, redis.Z{Member: fencesIndex})
}

// firstNative is the first version of Redis with SET NX GET.
const firstNative = 7

// A conn is one connection with what is under way on it.
type conn struct {
	node   *Node
	client *redis.Client
	raw    net.Conn
	in     *bufio.Reader

	taken []entry // by the writer, from the queue
	born  string  // what the reader saw last under the key of the marker
	// marker is what of it vouches for the server, and lost why nothing does.
	marker, lost string
	history      string // of the server, where the marker tells it

	overdue *time.Timer // gives up the connection when an answer is overdue

	// Guarded by the node's mutex.
	sent   []*batch // written or being written, oldest first
	spare  []*batch
	calm   bool  // the last batch was of one operation
	armed  bool  // overdue will look at the oldest batch
	broken error // why nothing more can be sent
}

// connect opens a connection to the server.
func (n *Node) connect() (*conn, error) {
	c := &conn{node: n}
	o := n.opts
	dial := redis.NewDialer(&o)
	if n.opts.Dialer != nil {
		dial = n.opts.Dialer
	}
	o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := dial(ctx, network, addr)
		c.raw = raw
		return raw, err
	}
	greeted := false
	o.OnConnect = func(ctx context.Context, conn *redis.Conn) error {
		var err error
		c.history, err = n.onConnect(ctx, conn)
		greeted = err == nil
		return err
	}
	c.client = redis.NewClient(&o)
	// A user may be allowed to lock and not to ping.
	if err := c.client.Ping(n.ctx).Err(); err != nil && !(greeted && refused(err)) {
		c.client.Close()
		return nil, err
	}
	if err := c.raw.SetDeadline(time.Time{}); err != nil {
		c.client.Close()
		return nil, err
	}
	c.in = bufio.NewReaderSize(c.raw, readBuffer)
	return c, nil
}

// onConnect asks a new connection who the server is, and makes it know the
// scripts before the first is used. What it refuses is done without.
func (n *Node) onConnect(ctx context.Context, conn *redis.Conn) (history string, err error) {
	if history, err = n.whoIsThere(ctx, conn); err != nil {
		return "", err
	}
	_, err = conn.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, s := range scripts {
			p.ScriptLoad(ctx, s.text)
		}
		indexFences(ctx, p)
		return nil
	})
	if refused(err) {
		return history, nil
	}
	return history, err
}

// whoIsThere asks a new connection which server process it is to, and how old
// its version is. Both connections ask: a restart shows although no lock is
// taken. Of a server that may be replaced they ask for the history, and say nothing
// of the process: the marker does.
func (n *Node) whoIsThere(ctx context.Context, conn *redis.Conn) (history string, err error) {
	var fields map[string]string
	if n.follow != nil {
		if history, fields, err = readHistory(ctx, conn); err != nil {
			return "", err
		}
	} else {
		info, err := conn.Info(ctx, "server").Result()
		if err != nil && !refused(err) {
			return "", err
		}
		fields = parseInfo(info)
		n.run.Store(new(fields["run_id"]))
	}
	if major, _, found := cutVersion(fields["redis_version"]); found {
		n.legacy.Store(major < firstNative)
	}
	return history, nil
}

// vouches returns the marker of what stands under its key, as far as it vouches
// for a server of the history, and in words why it does not.
func (n *Node) vouches(value, history string) (marker, lost string) {
	if n.follow == nil || value == "" {
		return value, ""
	}
	of, marker, ok := cutHistory(value)
	switch {
	case !ok:
		return "", "its memory marker does not say of which server it is"
	case of != history:
		return "", "another server took over, or it was restarted: it may lack the last locks"
	}
	return marker, ""
}

func cutVersion(version string) (major int, rest string, ok bool) {
	for i, r := range version {
		if r == '.' {
			major, err := strconv.Atoi(version[:i])
			return major, version[i+1:], err == nil
		}
	}
	return 0, "", false
}

// runLocks keeps a connection and sends what has gathered on it.
func (n *Node) runLocks() {
	defer n.running.Done()
	for n.ctx.Err() == nil {
		c, err := n.connect()
		if err != nil {
			// What waited for this is told; what comes next is worth a new try.
			n.refuseAll(err)
			n.sleep(func() bool { return len(n.queue) > 0 })
			continue
		}
		c.run()
	}
	n.refuseAll(errClosed)
}

// sleep waits until ready, which is called under the lock, or Close.
func (n *Node) sleep(ready func() bool) {
	for {
		n.mu.Lock()
		if n.closed || ready() {
			n.mu.Unlock()
			return
		}
		n.asleep = true
		n.mu.Unlock()
		<-n.wake
	}
}

// refuseAll answers everything that waits: it will not be sent.
func (n *Node) refuseAll(why error) {
	n.mu.Lock()
	queue := n.queue
	n.queue = nil
	n.mu.Unlock()
	for _, e := range queue {
		e.refuse(why)
	}
}

// run writes and reads until the connection breaks or is closed.
func (c *conn) run() {
	n := c.node
	c.overdue = time.AfterFunc(answerTimeout, c.checkOverdue)
	n.mu.Lock()
	n.current, c.armed = c, true
	if n.closed {
		c.raw.Close()
	}
	n.mu.Unlock()
	n.running.Add(1)
	done := make(chan struct{})
	go func() {
		defer n.running.Done()
		defer close(done)
		c.readAll()
	}()
	c.writeAll()
	<-done
	c.overdue.Stop()
	n.mu.Lock()
	n.current = nil
	n.mu.Unlock()
	_ = c.client.Close()
}
