package watcher

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/watcher/format"
)

const (
	// maxValue is the longest string that is read, in bytes. No lock library
	// writes longer ones; of a longer string only the length is told.
	maxValue = 256
	// maxFields is how many fields of a hash are read at most.
	maxFields = 64
	// readTries is how often a key that changes its type between two
	// questions is asked again at once.
	readTries = 3
)

// read asks a node about the names, in as few round trips as there are
// questions that depend on answers: what kind of key and how large, then what
// is in it. An error means that the node could not be asked; that a node
// refuses one name is a reading like any other.
func read(ctx context.Context, client *redis.Client, names []string) ([]reading, error) {
	readings := make([]reading, 0, len(names))
	for try := 1; len(names) > 0; try++ {
		shapes, err := readShapes(ctx, client, names)
		if err != nil {
			return nil, err
		}
		if err := readContents(ctx, client, shapes); err != nil {
			return nil, err
		}
		names = names[:0:0]
		for i := range shapes {
			if shapes[i].moved && try < readTries {
				names = append(names, shapes[i].name)
				continue
			}
			readings = append(readings, shapes[i].reading)
		}
	}
	return readings, nil
}

// A shape is what is known of a key before its content is read, and the
// questions about that content.
type shape struct {
	reading
	size   int64 // of a string in bytes, of a hash in fields
	moved  bool  // the key changed between the questions
	fields *redis.IntCmd
	str    *redis.StringCmd
	hash   *redis.MapStringStringCmd
	pttl   *redis.DurationCmd
}

// readShapes asks for type, time to live and size.
func readShapes(ctx context.Context, client *redis.Client, names []string) ([]shape, error) {
	type questions struct {
		typ  *redis.StatusCmd
		pttl *redis.DurationCmd
		size *redis.IntCmd
	}
	asked := make([]questions, len(names))
	asking := time.Now()
	err := ask(ctx, client, func(p redis.Pipeliner) {
		for i, name := range names {
			asked[i] = questions{p.Type(ctx, name), p.PTTL(ctx, name), p.StrLen(ctx, name)}
		}
	})
	if err != nil {
		return nil, err
	}
	at := time.Now()
	shapes := make([]shape, len(names))
	for i, q := range asked {
		s := &shapes[i]
		s.name, s.at, s.rtt = names[i], at, at.Sub(asking)
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
	return shapes, nil
}

// readContents reads what is in the keys, as far as they are small, and
// completes the readings.
func readContents(ctx context.Context, client *redis.Client, shapes []shape) error {
	err := ask(ctx, client, func(p redis.Pipeliner) {
		for i := range shapes {
			if s := &shapes[i]; s.status == readPresent && s.typ == "hash" {
				s.fields = p.HLen(ctx, s.name)
			}
		}
	})
	if err != nil {
		return err
	}
	asking := time.Now()
	err = ask(ctx, client, func(p redis.Pipeliner) {
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
		s.takeContent()
		// A key that is gone by now is told by an event or the next scan.
		if s.status == readPresent && s.pttl != nil && s.pttl.Err() == nil && s.pttl.Val() != noKey {
			s.ttl, s.at, s.rtt = s.pttl.Val(), at, at.Sub(asking)
		}
	}
	return nil
}

// askContent asks for the content of a key that is small, and for its time to
// live once more, since it may be another key by now. The fingerprint of one
// that is not read is of its outside.
func (s *shape) askContent(ctx context.Context, p redis.Pipeliner) {
	if s.status != readPresent || s.moved {
		return
	}
	if s.fields != nil {
		if s.fail(s.fields.Err()) {
			return
		}
		s.size = s.fields.Val()
	}
	switch {
	case s.typ == "string" && s.size <= maxValue:
		s.str = p.Get(ctx, s.name)
	case s.typ == "hash" && s.size <= maxFields:
		s.hash = p.HGetAll(ctx, s.name)
	default:
		s.fingerprint, s.unread = outsideFingerprint(s.typ, s.size), true
		return
	}
	s.pttl = p.PTTL(ctx, s.name)
}

// takeContent completes the reading with the answer to askContent. The content
// itself is not kept.
func (s *shape) takeContent() {
	switch {
	case s.str != nil:
		if !s.fail(s.str.Err()) {
			s.fingerprint = lockengine.Fingerprint(s.str.Val())
			s.match = format.Recognise(s.name, s.typ, s.str.Val())
		}
	case s.hash != nil:
		if s.fail(s.hash.Err()) {
			return
		}
		if len(s.hash.Val()) == 0 {
			s.status = readAbsent
			return
		}
		s.fingerprint = hashFingerprint(s.hash.Val())
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
func ask(ctx context.Context, client *redis.Client, queue func(redis.Pipeliner)) error {
	commands, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
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
