package watcher

import (
	"container/list"
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// maxQuiet is how many names without a live token are kept on show at most.
const maxQuiet = 500

// A Board is what is shown: for every name, what each node says now. It does
// no IO and reads only the clock.
type Board struct {
	now           func() time.Time
	base          time.Time // instant 0
	epoch         string
	quorum        int
	patterns      []string
	clockDrift    time.Duration
	freeRetention time.Duration
	// hint, when set, is told the names that the engine did something to. It
	// is set before the Board is shared.
	hint func(name string)
	// alarm, when set, is told of every overlap, outside of any lock. It is
	// set before the Board is shared.
	alarm func(Overlap)

	intake intake
	// liveNodes is how many nodes tell their changes by events.
	liveNodes atomic.Int32
	wake      chan struct{} // capacity 1: tick has something to do before its timer

	mu      sync.Mutex // guards what follows
	nodes   []boardNode
	entries map[string]*entry
	order   nameOrder
	due     dueHeap
	quiet   *list.List // of quietEntry: names without a live token, oldest first
	counts  Counts
	log     changeLog
	subs    map[*Subscription]struct{}
	wakes   wakes
	armed   instant // when run wakes next
	// everSynced is on how many nodes a scan has ended at least once. Below a
	// quorum, what is found is what was there before the watcher.
	everSynced   int
	ballot       ballot // of the entry that is being judged
	managed      managed
	spare        []lockengine.Event // memory for the intake
	history      history
	activity     activityRing
	contention   contention
	overlapCount uint64
	alarms       []Overlap // those that alarm was not told of yet
}

// A quietEntry is an entry without a live token since an instant.
type quietEntry struct {
	entry *entry
	since instant
}

// newBoard returns an empty Board for the nodes, on the clock now.
func newBoard(sources []Source, cfg Config, now func() time.Time) *Board {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	b := &Board{
		now: now, base: now(),
		epoch:         hex.EncodeToString(random[:]),
		quorum:        len(sources)/2 + 1,
		patterns:      cfg.Patterns,
		clockDrift:    cfg.ClockDrift,
		freeRetention: cfg.FreeRetention,
		managed:       newManaged(),
		history:       newHistory(),
		contention:    newContention(),
		wake:          make(chan struct{}, 1),
		wakes:         wakes{quorum: len(sources)/2 + 1, nodes: len(sources), byName: make(map[string]*interest)},
		nodes:         make([]boardNode, len(sources)),
		entries:       make(map[string]*entry),
		quiet:         list.New(),
		subs:          make(map[*Subscription]struct{}),
		armed:         never,
	}
	for i, s := range sources {
		b.nodes[i].status = NodeStatus{
			ID: s.ID, Error: "not reached yet", Since: b.base, Notifications: NotificationsNone,
		}
	}
	return b
}

// Epoch names this Board. A seq of another epoch says nothing about this one.
func (b *Board) Epoch() string { return b.epoch }

// Quorum is how many nodes have to hold a token for the lock to be held: more
// than half of the configured ones.
func (b *Board) Quorum() int { return b.quorum }

// Patterns select the names that are watched. They are not to be changed.
func (b *Board) Patterns() []string { return b.patterns }

// Seq is the number of the last change. It grows by one with every name that
// changes.
func (b *Board) Seq() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.last
}

// Lock returns what is known of name; false when nothing is.
func (b *Board) Lock(name string) (Lock, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c)
	e := b.entries[name]
	if e == nil {
		return Lock{}, false
	}
	return b.view(e, c), true
}

// Nodes returns the status of every node, in their order.
func (b *Board) Nodes() []NodeStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	nodes := make([]NodeStatus, len(b.nodes))
	for i := range b.nodes {
		nodes[i] = b.nodes[i].status
		nodes[i].Keys = b.nodes[i].keys
	}
	return nodes
}

// Since returns the names that changed after seq, deleted ones too, each once.
// It reports false when that is too long ago to tell, or seq is not from this
// Board.
func (b *Board) Since(seq uint64) (names []string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.since(seq)
}

// Subscribe returns a Subscription that gathers changes from now on.
func (b *Board) Subscribe() *Subscription {
	s := &Subscription{board: b, ready: make(chan struct{}, 1), names: make(map[string]struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.pending.Seq = b.log.last
	b.subs[s] = struct{}{}
	return s
}

func (b *Board) unsubscribe(s *Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subs, s)
}

// clock reads the clock.
func (b *Board) clock() clock {
	t := b.now()
	return clock{wall: t, now: instant(t.Sub(b.base))}
}

// poke makes run call tick soon.
func (b *Board) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// run lets time pass on the Board until ctx ends.
func (b *Board) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-b.wake:
		}
		timer.Reset(b.tick())
		b.sound()
	}
}

// sound tells of the overlaps that were found.
func (b *Board) sound() {
	b.mu.Lock()
	alarms := b.alarms
	b.alarms = nil
	b.mu.Unlock()
	if b.alarm == nil {
		return
	}
	for _, o := range alarms {
		b.alarm(o)
	}
}

// idleTick is how often tick runs when nothing is due.
const idleTick = time.Minute

// tick brings the Board up to the present: votes end, states change with time,
// names that were free for long go, and what the engine told is joined in. It
// returns after how long it has to be called again.
func (b *Board) tick() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.clock()
	b.digest(c)
	b.managed.prune(c)
	for b.due.next() <= c.now {
		b.refresh(b.due[0], c, false)
	}
	b.retire(c)
	b.armed = min(b.due.next(), b.nextRetirement(), c.now.add(idleTick))
	return b.armed.sub(c.now)
}

// rearm makes run wake earlier if something is due before it would. The caller
// holds mu.
func (b *Board) rearm() {
	if min(b.due.next(), b.nextRetirement()) < b.armed {
		b.poke()
	}
}
