package watcher

import (
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// scanCount is how many keys the node is asked to look at in one step of a
// scan: few enough that other clients do not notice.
const scanCount = 500

// scan reads every watched name on the node. It goes on serving events between
// its steps, so a long scan delays none.
//
// Names that come or go while it runs are told by events. Names that were
// there and are not come across are read again rather than taken for gone.
func (s *session) scan(ctx context.Context) error {
	audit := s.synced && s.live // differences found now are events that were missed
	s.board.beginScan(s.index)
	for _, c := range s.servers {
		for i := range s.cfg.Patterns {
			if err := s.scanOne(ctx, c, i, audit); err != nil {
				return err
			}
		}
	}
	if err := s.readPages(ctx, s.filter.wholes(s.board.unscanned(s.index)), audit); err != nil {
		return err
	}
	s.board.endScan(s.index)
	s.synced = true
	return nil
}

// scanOne reads the names on one server that the i-th pattern selects.
func (s *session) scanOne(ctx context.Context, c *redis.Client, i int, audit bool) error {
	for cursor := uint64(0); ; {
		page, next, err := c.Scan(ctx, cursor, s.cfg.Patterns[i], scanCount).Result()
		if err != nil {
			return err
		}
		// A node may ignore MATCH, and a name that an earlier pattern
		// selects has been read for that one.
		page = s.board.unread(s.index, s.filter.locks(page, i))
		if err := s.readPages(ctx, page, audit); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// readPages reads the names in steps and lets others have a turn after each.
func (s *session) readPages(ctx context.Context, names []string, audit bool) error {
	for page := range slices.Chunk(names, s.meter.batch()) {
		surprises, err := s.read(ctx, page, nil)
		if err != nil {
			return err
		}
		if audit && s.live {
			s.suspectAll(surprises)
		}
		if err := s.yield(ctx); err != nil {
			return err
		}
	}
	return s.yield(ctx)
}

// yield does what loop would do now.
func (s *session) yield(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.lost():
			return errGap
		default:
		}
		var err error
		select {
		case <-s.dirty.ready:
			err = s.flush(ctx)
		case <-s.paced.C:
			err = s.flush(ctx)
		case <-s.health.C:
			err = s.check(ctx)
		case err := <-s.proven:
			s.landed(err)
		case <-s.echoed():
			err = s.settle(ctx)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// suspectAll notes names that a scan found changed although no event said so
// yet.
func (s *session) suspectAll(names []string) {
	for _, name := range names {
		if !s.dirty.has(name) {
			s.suspect[name] = time.Now()
		}
	}
}
