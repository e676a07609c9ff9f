package web

import (
	"context"
	"time"

	"github.com/lockscope/lockscope/watcher"
)

// A Contended is how a name, or the names of a prefix, were fought for lately.
type Contended struct {
	Name         *string `json:"name" doc:"The name or prefix; null when it travels in nameB64."`
	NameB64      *string `json:"nameB64"`
	Attempts     uint64  `json:"attempts" doc:"Attempts of this server: those of others leave no trace."`
	Failures     uint64  `json:"failures" doc:"Those that were refused."`
	Holds        uint64  `json:"holds" doc:"How often the lock was taken, by whomever."`
	Waiting      int     `json:"waiting" doc:"How many wait at this server now; 0 for a prefix."`
	WaitingSince Time    `json:"waitingSince" doc:"Since when the first of them does."`
	Wait         Spread  `json:"wait" doc:"How long those waited at this server that do no longer."`
	Hold         Spread  `json:"hold" doc:"How long the lock was held each time, by whomever."`
}

// A Spread is how durations are distributed, in microseconds.
type Spread struct {
	Count uint64 `json:"count"`
	Sum   int64  `json:"sumMicros"`
	P50   int64  `json:"p50Micros" doc:"Percentiles may be wrong by 3 %."`
	P95   int64  `json:"p95Micros"`
	P99   int64  `json:"p99Micros"`
	Max   int64  `json:"maxMicros"`
}

type contentionInput struct {
	Sort  string `query:"sort" enum:"failures,attempts,wait,hold" default:"failures" doc:"By what the names are ordered, most first: refused attempts, attempts, time waited, time held."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many names, and how many prefixes, at most."`
}

type contentionOutput struct {
	Body struct {
		Since      Time        `json:"since" doc:"When the statistics begin: 10 to 20 minutes ago at most."`
		Names      []Contended `json:"names" nullable:"false"`
		Prefixes   []Contended `json:"prefixes" nullable:"false" doc:"The first two parts of names between colons, or all but the last where there are no more than two."`
		Dropped    uint64      `json:"dropped" doc:"How many names and prefixes were forgotten because there were too many at a time."`
		ServerTime Time        `json:"serverTime"`
	}
}

// listContention answers with what is fought for most.
func (s *Server) listContention(_ context.Context, in *contentionInput) (*contentionOutput, error) {
	all := s.board.Contention(watcher.ContentionOrder(in.Sort), in.Limit)
	out := &contentionOutput{}
	out.Body.Since, out.Body.Dropped, out.Body.ServerTime = Time{all.Since}, all.Dropped, Time{time.Now()}
	out.Body.Names, out.Body.Prefixes = toContended(all.Names), toContended(all.Prefixes)
	return out, nil
}

func toContended(list []watcher.Contended) []Contended {
	rows := make([]Contended, len(list))
	for i, c := range list {
		rows[i] = Contended{
			Attempts: c.Attempts, Failures: c.Failures, Holds: c.Holds,
			Waiting: c.Waiting, WaitingSince: Time{c.WaitingSince}, Wait: toSpread(c.Wait), Hold: toSpread(c.Hold),
		}
		rows[i].Name, rows[i].NameB64 = splitName(c.Name)
	}
	return rows
}

func toSpread(s watcher.Spread) Spread {
	return Spread{
		Count: s.Count, Sum: s.Sum.Microseconds(), P50: s.P50.Microseconds(),
		P95: s.P95.Microseconds(), P99: s.P99.Microseconds(), Max: s.Max.Microseconds(),
	}
}
