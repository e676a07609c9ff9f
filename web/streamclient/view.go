package streamclient

import (
	"cmp"
	"maps"
)

// A Window is what a client has of what it watches. Of a feed only Epoch and
// After are set.
type Window struct {
	// Epoch is that of the frames, Seq the change up to which they led.
	Epoch string
	Seq   uint64
	// Rows are the locks by Key.
	Rows   map[string]Row
	Total  int
	Counts Counts
	// After is the number of the last event that a feed is past.
	After uint64
}

// Stats count what a client has seen.
type Stats struct {
	Connects         int // hellos
	Snapshots        int
	Deltas           int
	Events           uint64 // told by feeds
	Gaps             []Gap  // of events that the server knew no more
	Repeated         uint64 // rows that a resume brought again, see view.apply
	Doubled, Lost    uint64 // what must not be, see view.apply
	Frames, RowsRead uint64
}

// A Gap is a run of events that a feed did not tell because the server did not
// know them any more.
type Gap struct{ From, To, Count uint64 }

// A view is a watch with what came for it.
type view struct {
	watch Watch
	Window
	// has is set once there is something to resume from.
	has bool
	// resumed is the change from which the next delta leads, 0 when that is
	// the frame before it.
	resumed uint64
}

// apply takes in a frame for the view. What was had already is counted as
// doubled and left out, what must have come before as lost:
//
//   - a row is doubled that is no newer than the one there is, and lost where a
//     patch has no row to be applied to;
//   - a window may show a row a moment before the number that it is at says so.
//     After a break that row comes again, which is repeated, not doubled;
//   - an event, or an entry of the audit, is doubled that has no higher number than the one before, and
//     lost where an unfiltered feed leaves out a number without a gap.
func (v *view) apply(f Frame, stats *Stats) {
	switch f.T {
	case "snapshot":
		stats.Snapshots++
		v.Rows = make(map[string]Row, len(f.Rows))
		for _, row := range f.Rows {
			v.Rows[row.Key()] = Row{}.Patched(row)
		}
		v.numbers(f)
	case "delta":
		if !v.has {
			return // to a window that has not come yet
		}
		stats.Deltas++
		for _, patch := range f.Set {
			v.patch(patch, stats)
		}
		for _, gone := range f.Del {
			delete(v.Rows, gone.Key())
		}
		v.numbers(f)
	case "gap":
		stats.Gaps = append(stats.Gaps, Gap{f.From, f.To, f.Count})
		v.told(f)
	case "event":
		for _, e := range f.Events {
			v.one(e.Seq, f.E, stats)
		}
		v.told(f)
	case "audit":
		for _, e := range f.Entries {
			v.one(e.Seq, f.Epoch, stats)
		}
		v.told(f)
	}
}

// one takes in something that a feed told.
func (v *view) one(seq uint64, epoch string, stats *Stats) {
	switch {
	case seq <= v.After && v.has && v.Epoch == epoch:
		stats.Doubled++
		return
	case seq != v.After+1 && v.has && v.Epoch == epoch && !v.watch.filtered():
		stats.Lost += seq - v.After - 1
	}
	stats.Events++
	v.After, v.Epoch, v.has = seq, epoch, true
}

func (v *view) patch(patch Row, stats *Stats) {
	stats.RowsRead++
	old, ok := v.Rows[patch.Key()]
	switch {
	case !ok && !patch.whole():
		stats.Lost++
	case ok && old.Seq() >= patch.Seq() && v.resumed > 0 && patch.Seq() > v.resumed:
		stats.Repeated++
	case ok && old.Seq() >= patch.Seq():
		stats.Doubled++
	default:
		v.Rows[patch.Key()] = old.Patched(patch)
	}
}

// numbers takes in what a snapshot and a delta say beside rows.
func (v *view) numbers(f Frame) {
	v.Epoch, v.Seq, v.Counts, v.has, v.resumed = f.E, f.S, f.Counts, true, 0
	if f.Total != nil {
		v.Total = *f.Total
	}
}

// told notes how far a feed is.
func (v *view) told(f Frame) { v.Epoch, v.After, v.has = cmp.Or(f.Epoch, f.E), f.After, true }

// copied is the window for somebody else. Rows never change, so they are shared.
func (v *view) copied() Window {
	w := v.Window
	w.Rows = maps.Clone(v.Rows)
	return w
}
