package redisnode

import (
	"hash/maphash"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// How operations become requests. A server spends most of a small request on
// the request, and a script costs it three to four plain commands. So the
// releases of a batch go as one script over many names, and the fences of its
// acquires as one ZADD. What a single answer then tells of many is enough in
// the ordinary case; in the others the operations are asked again one by one,
// or count as not raised, which costs a round trip and no promise.

const (
	// maxReleases is how many names one script releases: a script keeps the
	// server from everything else while it runs.
	maxReleases = 64
	// maxFences is how many fences one ZADD raises. If one of them does not
	// rise, none counts as raised.
	maxFences = 32
)

// A request is one command and the operations that its answer is for, a range
// of the batch.
type request struct {
	kind     requestKind
	from, to int
}

type requestKind uint8

const (
	requestOne      requestKind = iota // one operation
	requestReleases                    // releaseManyScript
	requestFences                      // ZADD; the acquires before it are granted already
)

// A batch is what is written in one go, and answered in the same order. The
// memory marker is read last, so that it vouches for everything before it. A batch
// of nothing but releases goes without: they are believed whatever a node remembers.
type batch struct {
	entries  []entry // releases of a stretch come before its other operations
	requests []request
	asks     bool // for the marker, at the end
	out      []byte
	legacy   bool
	sent     time.Time

	born    string // the marker that came
	refusal error  // or why it did not

	releases []entry // of the stretch that is being collected
	others   []entry
	names    nameFilter // of the others
}

func (b *batch) reset() {
	clear(b.entries)
	b.entries, b.requests, b.out = b.entries[:0], b.requests[:0], b.out[:0]
	b.asks, b.refusal = false, nil
}

// add takes an operation. Releases are moved before the other operations of
// their stretch, which changes no order within a name: a release of a name that
// an operation of the stretch is about begins a new one.
func (b *batch) add(e entry) {
	if e.op.Kind != lockengine.KindRelease {
		b.others = append(b.others, e)
		b.names.add(e.op.Name)
		return
	}
	if len(b.others) > 0 && b.names.mayHave(e.op.Name) {
		b.endStretch()
	}
	b.releases = append(b.releases, e)
}

// finish makes the requests of all that was added.
func (b *batch) finish() {
	b.endStretch()
	if b.asks {
		b.out = append(b.out, askMarker...)
	}
}

func (b *batch) endStretch() {
	for from := 0; from < len(b.releases); {
		to := from + 1
		if !b.releases[from].again {
			for to < len(b.releases) && to-from < maxReleases && !b.releases[to].again {
				to++
			}
		}
		b.release(b.releases[from:to])
		from = to
	}
	acquires := 0
	for _, e := range b.others {
		b.one(e)
		if e.op.Kind == lockengine.KindAcquire && !b.legacy {
			acquires++
		}
	}
	b.fences(acquires)
	clear(b.releases)
	clear(b.others)
	b.releases, b.others = b.releases[:0], b.others[:0]
	b.names.clear()
}

// ask notes a request about the last n entries.
func (b *batch) ask(kind requestKind, n int) {
	b.requests = append(b.requests, request{kind: kind, from: len(b.entries) - n, to: len(b.entries)})
}

func (b *batch) release(some []entry) {
	if len(some) == 1 {
		b.one(some[0])
		return
	}
	b.entries = append(b.entries, some...)
	b.ask(requestReleases, len(some))
	b.out = releaseManyScript.append(b.out, len(some), 2*len(some), false)
	for _, e := range some {
		b.out = appendString(b.out, e.op.Name)
	}
	for _, e := range some {
		b.out = appendString(b.out, e.op.Token)
	}
}

func (b *batch) one(e entry) {
	b.entries = append(b.entries, e)
	b.ask(requestOne, 1)
	op := e.op
	b.asks = b.asks || op.Kind != lockengine.KindRelease
	switch {
	case op.Kind == lockengine.KindRelease:
		b.out = releaseScript.append(b.out, 1, 2, e.again)
		b.out = appendString(b.out, op.Name)
		b.out = appendString(b.out, op.Token)
	case op.Kind == lockengine.KindAcquire && b.legacy:
		b.out = acquireScript.append(b.out, 2, 5, e.again)
		b.out = appendString(b.out, op.Name)
		b.out = appendString(b.out, fencesKey)
		b.out = appendString(b.out, op.Token)
		b.out = appendInt(b.out, op.TTL.Milliseconds())
		b.out = appendInt(b.out, op.Candidate)
	case op.Kind == lockengine.KindAcquire:
		b.set(op, setNXGet)
	case op.Kind == lockengine.KindHeal:
		b.set(op, setNX)
	case op.Kind == lockengine.KindRaise:
		above := int64(0)
		if op.Above {
			above = 1
		}
		b.out = raiseScript.append(b.out, 2, 5, e.again)
		b.out = appendString(b.out, op.Name)
		b.out = appendString(b.out, fencesKey)
		b.out = appendString(b.out, op.Token)
		b.out = appendInt(b.out, op.Candidate)
		b.out = appendInt(b.out, above)
	default:
		b.out = extendScript.append(b.out, 1, 3, e.again)
		b.out = appendString(b.out, op.Name)
		b.out = appendString(b.out, op.Token)
		b.out = appendInt(b.out, op.TTL.Milliseconds())
	}
}

func (b *batch) set(op *lockengine.Op, c setCommand) {
	b.out = append(b.out, c.verb...)
	b.out = appendString(b.out, op.Name)
	b.out = appendString(b.out, op.Token)
	b.out = append(b.out, c.options...)
	b.out = appendInt(b.out, op.TTL.Milliseconds())
}

// fences raises the fences of the acquires among the last operations of the
// stretch, all of which were sent by then.
func (b *batch) fences(acquires int) {
	stretch := len(b.entries) - len(b.others)
	for from := stretch; acquires > 0; {
		n := min(acquires, maxFences)
		acquires -= n
		b.out = appendHeader(b.out, 4+2*n)
		b.out = append(b.out, raiseFences...)
		to := from
		for ; n > 0; to++ {
			if op := b.entries[to].op; op.Kind == lockengine.KindAcquire {
				b.out = appendInt(b.out, op.Candidate)
				b.out = appendString(b.out, op.Name)
				n--
			}
		}
		b.requests = append(b.requests, request{kind: requestFences, from: from, to: to})
		from = to
	}
}

// A nameFilter knows for certain that a name was not added to it.
type nameFilter struct {
	bits [1024]uint64
	any  bool
}

var filterSeed = maphash.MakeSeed()

func (f *nameFilter) add(name string) {
	h := maphash.String(filterSeed, name)
	f.bits[h>>6%1024] |= 1 << (h & 63)
	f.any = true
}

func (f *nameFilter) mayHave(name string) bool {
	h := maphash.String(filterSeed, name)
	return f.bits[h>>6%1024]&(1<<(h&63)) != 0
}

func (f *nameFilter) clear() {
	if f.any {
		*f = nameFilter{}
	}
}
