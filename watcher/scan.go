package watcher

import (
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// scan reads every watched name on the node. It goes on serving events between
// its steps, so a long scan delays none.
//
// Names that come or go while it runs are told by events. Names that were
// there and are not come across are read again rather than taken for gone.
//
// Where events tell the changes, a scan only makes sure that none was missed: it
// takes a small share of the budget, however long that lasts. So does the scan of a
// node that changes too fast to be followed.
func (s *session) scan(ctx context.Context) error {
	s.urgent = false
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
		step := s.meter.step()
		page, next, err := c.Scan(ctx, cursor, s.cfg.Patterns[i], int64(step)).Result()
		if err != nil {
			return err
		}
		if err := s.giveWay(ctx, scanWeight(step), audit); err != nil {
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
		before := s.meter.operations.Load()
		surprises, err := s.read(ctx, page, nil)
		if err != nil {
			return err
		}
		if audit && s.live {
			s.suspect(surprises)
			if err := s.seek(ctx); err != nil {
				return err
			}
		}
		if err := s.giveWay(ctx, int(s.meter.operations.Load()-before), audit); err != nil {
			return err
		}
	}
	return nil
}

// giveWay lets others have a turn after a part of a scan that took so many operations,
// and an audit for as long as that keeps it within its share of the budget.
func (s *session) giveWay(ctx context.Context, operations int, audit bool) error {
	pause := time.Duration(0)
	if (audit && s.live || s.storm.on) && !s.urgent {
		pause = s.meter.auditTime(operations)
	}
	over := time.NewTimer(pause)
	defer over.Stop()
	return s.serve(ctx, over.C)
}
