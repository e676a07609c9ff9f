package watcher

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// glance reads the keys that are short strings, as most locks are, in two
// operations each and one round trip: GETRANGE never gives more than was asked
// for, so their size need not be known before. What is no short string, or
// seems to change, is left to the slower questions. A key that held something
// else before is not glanced at.
func (r reader) glance(ctx context.Context, shapes []shape) error {
	type look struct {
		text *redis.StringCmd
		pttl *redis.DurationCmd
	}
	looks := make([]look, len(shapes))
	asking := time.Now()
	err := ask(ctx, r.names, func(p redis.Pipeliner) {
		for i := range shapes {
			if name := shapes[i].name; !r.others[name] {
				looks[i] = look{p.GetRange(ctx, name, 0, maxValue), p.PTTL(ctx, name)}
			}
		}
	})
	if err != nil {
		return err
	}
	at := time.Now()
	for i, l := range looks {
		if l.text == nil || l.text.Err() != nil || l.pttl.Err() != nil {
			continue
		}
		s, text, ttl := &shapes[i], l.text.Val(), l.pttl.Val()
		switch {
		case ttl == noKey:
			s.status, s.glanced = readAbsent, true
		case text != "" && len(text) <= maxValue:
			s.status, s.glanced, s.typ, s.text = readPresent, true, "string", text
			s.size, s.ttl, s.at, s.rtt = int64(len(text)), ttl, at, at.Sub(asking)
		}
	}
	return nil
}
