package watcher

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

const (
	// maxValue is the longest string that is read, in bytes. Of a longer
	// string only the length is told.
	maxValue = format.MaxText
	// maxFields is how many fields of a hash, or members of a set, are read at
	// most.
	maxFields = format.MaxMembers
	// maxMemory is how much memory they may take together, in bytes, on a node
	// that tells it.
	maxMemory = 64 << 10
	// readTries is how often a key that changes its type between two
	// questions is asked again at once.
	readTries = 3
)

// A reader reads locks from one node.
type reader struct {
	names  asker
	filter nameFilter
	pins   format.Pins
	// others are names that are known to hold no strings.
	others map[string]bool
	// keep is true where the shapes are to keep the values.
	keep bool
	// scratch is memory that is used again by the next reader, nil where there is
	// none.
	scratch *scratch
}

// A scratch is the memory of one read after the other.
type scratch struct {
	shapes   []shape
	readings []reading
}

// read asks the node about the names, in as few round trips as there are
// questions that depend on answers: what kind of key and how large, then what
// is in it, and for the few that have something beside them, what that is. An
// error means that the node could not be asked; that a node refuses one name is
// a reading like any other. There may be readings of other names as well. They are
// in the scratch.
func (r reader) read(ctx context.Context, names []string) ([]reading, error) {
	readings := r.scratch.readings[:0]
	defer func() {
		r.scratch.readings = readings
		clear(r.scratch.shapes) // nothing that was read is kept
	}()
	for try := 1; len(names) > 0; try++ {
		shapes := r.shapes(names)
		if err := r.fill(ctx, shapes); err != nil {
			return nil, err
		}
		names = names[:0:0]
		for len(shapes) > 0 {
			lock := lockOf(shapes)
			shapes = shapes[len(lock):]
			if moved(lock) && try < readTries {
				names = append(names, lock[0].name)
				continue
			}
			readings = join(readings, lock)
		}
	}
	return readings, nil
}

// fill asks all questions about the shapes.
func (r reader) fill(ctx context.Context, shapes []shape) error {
	for _, step := range []func(context.Context, []shape) error{r.glance, r.readShapes, r.readSizes, r.readContents, r.readBeside} {
		if err := step(ctx, shapes); err != nil {
			return err
		}
	}
	return nil
}

// readOne reads one lock, and returns the keys that it is made of as well. A lock
// that changes all the time is told as refused.
func (r reader) readOne(ctx context.Context, name string) ([]shape, reading, error) {
	for range readTries {
		shapes := r.shapes([]string{name})
		if err := r.fill(ctx, shapes); err != nil {
			return nil, reading{}, err
		}
		if !moved(shapes) {
			return shapes, join(nil, shapes)[0], nil
		}
	}
	return nil, reading{name: name, status: readRefused}, nil
}

// A shape is what is known of a key before its content is read, and the
// questions about that content.
type shape struct {
	reading
	part  bool  // it belongs to the lock of the shape before
	size  int64 // of a string in bytes, of others in fields or members
	moved bool  // the key changed between the questions
	// glanced is true when nothing more is to be asked: the key is not there,
	// or a string with this text.
	glanced bool
	text    string
	// value is what was read, where the reader keeps it.
	value *format.Value

	count  *redis.IntCmd
	memory *redis.IntCmd
	str    *redis.StringCmd
	hash   *redis.MapStringStringCmd
	set    *redis.StringSliceCmd
	zset   *redis.ZSliceCmd
	pttl   *redis.DurationCmd
	beside
}

// shapes returns an empty shape for every key of the names.
func (r reader) shapes(names []string) []shape {
	var shapes []shape
	if r.scratch != nil {
		shapes = r.scratch.shapes[:0]
	}
	shapes = slices.Grow(shapes, len(names))
	for _, name := range names {
		shapes = append(shapes, shape{reading: reading{name: name}})
		for _, part := range format.Parts(name) {
			if r.filter.watched(part) {
				shapes = append(shapes, shape{reading: reading{name: part}, part: true})
			}
		}
	}
	if r.scratch != nil {
		r.scratch.shapes = shapes
	}
	return shapes
}

// lockOf returns the first of the shapes and those that belong to its lock.
func lockOf(shapes []shape) []shape {
	n := 1
	for n < len(shapes) && shapes[n].part {
		n++
	}
	return shapes[:n]
}

// moved reports whether one of the shapes changed while it was read.
func moved(lock []shape) bool {
	for i := range lock {
		if lock[i].moved {
			return true
		}
	}
	return false
}

// readShapes asks for type, time to live and size.
func (r reader) readShapes(ctx context.Context, shapes []shape) error {
	type questions struct {
		typ  *redis.StatusCmd
		pttl *redis.DurationCmd
		size *redis.IntCmd
	}
	asked := make([]questions, len(shapes))
	asking := time.Now()
	err := ask(ctx, r.names, func(p redis.Pipeliner) {
		for i := range shapes {
			if shapes[i].glanced {
				continue
			}
			name := shapes[i].name
			asked[i] = questions{p.Type(ctx, name), p.PTTL(ctx, name), p.StrLen(ctx, name)}
		}
	})
	if err != nil {
		return err
	}
	at := time.Now()
	for i, q := range asked {
		s := &shapes[i]
		if s.glanced {
			continue
		}
		s.at, s.rtt = at, at.Sub(asking)
		switch {
		case q.typ.Err() != nil || q.pttl.Err() != nil:
			s.status = readRefused
		case q.typ.Val() == "none":
			s.status = readAbsent
		default:
			s.status, s.typ = readPresent, typeName(q.typ.Val())
			s.ttl, s.size = q.pttl.Val(), q.size.Val()
			s.moved = s.typ == "string" && q.size.Err() != nil
		}
	}
	return nil
}

// readSizes asks how large the keys are that are no strings.
func (r reader) readSizes(ctx context.Context, shapes []shape) error {
	return ask(ctx, r.names, func(p redis.Pipeliner) {
		for i := range shapes {
			s := &shapes[i]
			if s.status != readPresent {
				continue
			}
			switch s.typ {
			case "hash":
				s.count = p.HLen(ctx, s.name)
			case "set":
				s.count = p.SCard(ctx, s.name)
			case "zset":
				s.count = p.ZCard(ctx, s.name)
			default:
				continue
			}
			s.memory = p.MemoryUsage(ctx, s.name, maxFields)
		}
	})
}

// readContents reads what is in the keys, as far as they are small, and
// completes the readings.
func (r reader) readContents(ctx context.Context, shapes []shape) error {
	asking := time.Now()
	err := ask(ctx, r.names, func(p redis.Pipeliner) {
		for i := range shapes {
			shapes[i].askContent(ctx, p)
		}
	})
	if err != nil {
		return err
	}
	at := time.Now()
	for i := range shapes {
		s := &shapes[i]
		// A key that is gone by now is told by an event or the next scan.
		if s.status == readPresent && s.pttl != nil && s.pttl.Err() == nil && s.pttl.Val() != noKey {
			s.ttl, s.at, s.rtt = s.pttl.Val(), at, at.Sub(asking)
		}
		s.takeContent(r.pins, r.keep)
	}
	return nil
}

// askContent asks for the content of a key that is small, and for its time to
// live once more, since it may be another key by now. The fingerprint of one
// that is not read is of its outside.
func (s *shape) askContent(ctx context.Context, p redis.Pipeliner) {
	if s.status != readPresent || s.moved || s.glanced {
		return
	}
	if s.count != nil {
		if s.fail(s.count.Err()) {
			return
		}
		s.size = s.count.Val()
	}
	switch {
	case s.typ == "string" && s.size <= maxValue:
		s.str = p.GetRange(ctx, s.name, 0, maxValue)
	case s.typ == "hash" && s.size <= maxFields && s.light():
		s.hash = p.HGetAll(ctx, s.name)
	case s.typ == "set" && s.size <= maxFields && s.light():
		s.set = p.SMembers(ctx, s.name)
	case s.typ == "zset" && s.light():
		s.zset = p.ZRangeWithScores(ctx, s.name, 0, maxFields-1)
	default:
		s.fingerprint, s.unread = s.outside(), true
		return
	}
	s.pttl = p.PTTL(ctx, s.name)
}

// light reports whether maxFields members of the key take little memory, as far
// as the node says: one that does not know the question is believed.
func (s *shape) light() bool {
	return s.memory.Val()*maxFields/max(s.size, maxFields) <= maxMemory
}

// outside returns the fingerprint of a key that is not read. The number of
// members of a set changes while it is the same lock.
func (s *shape) outside() string {
	if s.typ == "string" || s.typ == "hash" {
		return outsideFingerprint(s.typ, s.size)
	}
	return outsideFingerprint(s.typ, 0)
}

// takeContent completes the reading with the answer to askContent. The content
// itself is not kept unless that is wanted.
func (s *shape) takeContent(pins format.Pins, keep bool) {
	v := format.Value{Type: s.typ, TTL: s.ttl, Now: s.at, Size: int(s.size)}
	switch {
	case s.glanced && s.status == readPresent:
		v.Text = s.text
		s.fingerprint = lockengine.Fingerprint(v.Text)
	case s.str != nil && !s.fail(s.str.Err()):
		if v.Text = s.str.Val(); v.Text == "" && s.size > 0 {
			s.status = readAbsent
		}
		s.fingerprint = lockengine.Fingerprint(v.Text)
	case s.hash != nil && !s.fail(s.hash.Err()):
		v.Fields = s.hash.Val()
		s.vanish(len(v.Fields))
		s.fingerprint = hashFingerprint(v.Fields)
	case s.set != nil && !s.fail(s.set.Err()):
		for _, member := range s.set.Val() {
			v.Members = append(v.Members, format.Member{Name: member})
		}
		s.vanish(len(v.Members))
		s.fingerprint = s.outside()
	case s.zset != nil && !s.fail(s.zset.Err()):
		for _, z := range s.zset.Val() {
			member, _ := z.Member.(string) // it is one whenever it is read
			v.Members = append(v.Members, format.Member{Name: member, Score: z.Score})
		}
		s.vanish(len(v.Members))
		s.fingerprint = s.outside()
	default:
		return
	}
	s.text, s.str, s.hash, s.set, s.zset = "", nil, nil, nil, nil
	if keep {
		value := v // a copy, so that what is not kept needs no memory of its own
		s.value = &value
	}
	v.Size = max(v.Size, len(v.Members))
	s.recognised(pins.Recognise(s.name, v))
}

// recognised takes in whose the content is.
func (s *shape) recognised(m format.Match) {
	if s.status != readPresent {
		return
	}
	if m.Holder != "" {
		s.fingerprint, m.Holder = lockengine.Fingerprint(m.Holder), ""
	}
	s.match = m
	if m.Mode == format.ModeSemaphore && !m.ValidUntil.IsZero() {
		if left := m.ValidUntil.Sub(s.at); s.ttl < 0 || left < s.ttl {
			s.ttl = max(left, 0) // the key outlives its last holder
		}
	}
	if m.Free {
		s.status = readAbsent
	}
}

// vanish notes that a key which had members has none any more.
func (s *shape) vanish(members int) {
	if members == 0 {
		s.status = readAbsent
	}
}

// noKey is the answer to PTTL for a key that does not exist.
const noKey time.Duration = -2

// fail notes that the content of a key could not be read, and reports whether
// that is so.
func (s *shape) fail(err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, redis.Nil):
		s.status = readAbsent
	default:
		s.moved = replyIs(err, "WRONGTYPE")
		s.status = readRefused
	}
	return true
}

// ask sends commands in one go. The error means that the node could not be
// asked; that it refuses single commands is told by those.
func ask(ctx context.Context, names asker, queue func(redis.Pipeliner)) error {
	commands, err := names.Pipelined(ctx, func(p redis.Pipeliner) error {
		queue(p)
		return nil
	})
	if err == nil {
		return nil
	}
	// The library returns the first error, which may be a mere refusal before
	// the connection broke.
	for _, c := range commands {
		if err := failure(c.Err()); err != nil {
			return err
		}
	}
	return failure(err)
}
