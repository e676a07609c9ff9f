package journal

import (
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Kept is how many entries are in memory, and as many again may wait for the
// stream: 10 MB at most where names and reasons are long.
const Kept = 10_000

// A Journal keeps entries. Its methods may be called by several goroutines.
type Journal struct {
	epoch  string
	log    *slog.Logger
	stream *stream // nil where entries are kept in memory only

	mu      sync.Mutex // guards everything below
	ring    []*Entry   // the entry number n at n modulo Kept
	first   uint64     // the number of the first entry there ever was
	last    uint64     // and of the last
	waiting []*Entry   // for the stream, oldest first
	status  Status
	changed []func()
}

// New returns a journal. opts says where the Redis is that has its stream; nil
// keeps the entries in memory only. Log hears of it when that Redis goes away and
// comes back.
func New(opts *redis.Options, log *slog.Logger) *Journal {
	j := &Journal{
		epoch: rand.Text(), log: log, ring: make([]*Entry, Kept),
		// What is read back late gets the numbers before.
		first: Kept + 1, last: Kept,
	}
	if opts != nil {
		j.stream = newStream(opts)
		j.status.Durable = true
	}
	return j
}

// Epoch names the numbering of the entries: another process numbers them anew.
func (j *Journal) Epoch() string { return j.epoch }

// Add adds an entry. Its Seq is set here, its ID and At where they are not set yet. It never waits.
func (j *Journal) Add(e Entry) {
	if e.ID == "" {
		e.ID = rand.Text()
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	j.mu.Lock()
	j.last++
	e.Seq = j.last
	j.ring[e.Seq%Kept] = &e
	if j.stream != nil {
		j.waiting = append(j.waiting, &e)
		if len(j.waiting) > Kept {
			j.waiting = j.waiting[1:]
			j.status.Lost++
		}
		j.stream.wake()
	}
	changed := j.changed
	j.mu.Unlock()
	for _, tell := range changed {
		tell()
	}
}

// Watch has f called after every change. It must not block.
func (j *Journal) Watch(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.changed = append(j.changed[:len(j.changed):len(j.changed)], f)
}

// Status tells how the journal is.
func (j *Journal) Status() Status {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.status
	s.Waiting = len(j.waiting)
	return s
}

// Last is the number of the last entry.
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// Page returns at most limit entries with a higher number than after. A number of
// the future is that of another process: then all there is comes.
func (j *Journal) Page(after uint64, limit int) Page {
	j.mu.Lock()
	defer j.mu.Unlock()
	if after > j.last {
		after = 0
	}
	p := Page{Last: j.last, Next: max(after, j.first-1)}
	if j.last > Kept && p.Next < j.last-Kept {
		p.Missed = j.last - Kept - p.Next
		p.Next = j.last - Kept
	}
	for ; p.Next < j.last && len(p.Entries) < limit; p.Next++ {
		p.Entries = append(p.Entries, j.ring[(p.Next+1)%Kept])
	}
	return p
}

// adopt takes in entries that were read back, oldest first, as those before the
// ones there are.
func (j *Journal) adopt(entries []Entry) {
	j.mu.Lock()
	room := int(j.first - 1)
	if used := int(j.last - j.first + 1); used+room > Kept {
		room = max(0, Kept-used)
	}
	if extra := len(entries) - room; extra > 0 {
		entries = entries[extra:]
	}
	for i := range entries {
		e := &entries[len(entries)-1-i]
		j.first--
		e.Seq = j.first
		j.ring[e.Seq%Kept] = e
	}
	changed := j.changed
	j.mu.Unlock()
	for _, tell := range changed {
		tell()
	}
}
