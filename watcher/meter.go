package watcher

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"
)

// A meter counts what the watcher costs a node, and keeps it within a budget of
// operations. It sits between the client library and the network, so that
// nothing goes past it.
//
// The budget holds in every second, not on average: a tenth of it may come at
// once, and the rest is spread. A step of a scan counts as many operations as it
// keeps the node busy for.
type meter struct {
	budget     int
	limit      *rate.Limiter
	operations atomic.Uint64
	in, out    atomic.Uint64 // bytes, from and to the node
	took       atomic.Int64  // the last single command, without waiting for the budget
	refused    refusals

	// These belong to the goroutine that calls rates.
	last   time.Time
	before Cost
}

var _ redis.Hook = (*meter)(nil)

// newMeter returns a meter for a budget of operations per second.
func newMeter(budget int) *meter {
	burst := max(budget/10, 1)
	return &meter{budget: budget, limit: rate.NewLimiter(rate.Limit(max(budget-burst, 1)), burst)}
}

// batch is how many names may be read together within the budget.
func (m *meter) batch() int { return max(1, min(flushLimit, m.limit.Burst()/operationsPerName)) }

// operationsPerName is how many operations one step of a read takes at most.
const operationsPerName = 3

const (
	// maxStep is how many keys the node is asked to look at in one step of a scan
	// at most: few enough that other clients do not notice.
	maxStep = 500
	// keysPerOperation is at how many keys a node looks in the time of another
	// operation.
	keysPerOperation = 5
	// auditShare is the part of the budget that a scan may take that only makes
	// sure.
	auditShare = 10
)

// step is how many keys one step of a scan looks at within the budget.
func (m *meter) step() int { return max(10, min(maxStep, keysPerOperation*m.limit.Burst())) }

// scanWeight is as how many operations such a step counts.
func scanWeight(step int) int { return step / keysPerOperation }

// auditTime is how long so many operations are to last in a scan that only makes
// sure.
func (m *meter) auditTime(operations int) time.Duration {
	return time.Duration(operations) * time.Second * auditShare / time.Duration(m.budget)
}

// spend waits until n operations are within the budget, and counts them.
func (m *meter) spend(ctx context.Context, n int) error {
	m.operations.Add(uint64(n))
	return m.wait(ctx, n)
}

// wait waits until n operations are within the budget.
func (m *meter) wait(ctx context.Context, n int) error {
	for n > 0 {
		part := min(n, m.limit.Burst())
		if err := m.limit.WaitN(ctx, part); err != nil {
			return err
		}
		n -= part
	}
	return nil
}

// DialHook implements redis.Hook.
func (m *meter) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (m *meter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		m.operations.Add(1)
		weight := 1
		if cmd.Name() == "scan" {
			weight = scanWeight(m.step())
		}
		if err := m.wait(ctx, weight); err != nil {
			cmd.SetErr(err)
			return err
		}
		began := time.Now()
		err := next(ctx, cmd)
		m.took.Store(int64(time.Since(began)))
		m.refused.note(cmd, err)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (m *meter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if err := m.spend(ctx, len(cmds)); err != nil {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
			return err
		}
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			m.refused.note(cmd, cmd.Err())
		}
		return err
	}
}

// dialer returns a dialer whose connections are counted.
func (m *meter) dialer(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &meteredConn{Conn: conn, meter: m}, nil
	}
}

// A meteredConn is a connection whose bytes are counted, and whose answers are
// looked at by a guard.
type meteredConn struct {
	net.Conn
	meter *meter
	guard guard // of the one who reads
}

// Read implements net.Conn.
func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.in.Add(uint64(n))
	if bad := c.guard.feed(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

// Write implements net.Conn.
func (c *meteredConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meter.out.Add(uint64(n))
	return n, err
}

// A Cost is what the watcher costs a node: events, reads, scans and looking
// whether it is well. What the lock engine does for locks is not in it.
type Cost struct {
	// Budget is how many operations a second there are at most.
	Budget int
	// Operations is how many there were since the start, BytesIn and BytesOut
	// what came from and went to the node.
	Operations, BytesIn, BytesOut uint64
	// OperationsPerSecond and BytesPerSecond, both ways together, are of the
	// last second or so.
	OperationsPerSecond, BytesPerSecond float64
}

// cost returns what the node was asked, and the rates since the call before.
func (m *meter) cost() Cost {
	now := time.Now()
	c := Cost{Budget: m.budget, Operations: m.operations.Load(), BytesIn: m.in.Load(), BytesOut: m.out.Load()}
	if passed := now.Sub(m.last).Seconds(); !m.last.IsZero() && passed > 0 {
		c.OperationsPerSecond = float64(c.Operations-m.before.Operations) / passed
		c.BytesPerSecond = float64(c.BytesIn+c.BytesOut-m.before.BytesIn-m.before.BytesOut) / passed
	}
	m.last, m.before = now, c
	return c
}
