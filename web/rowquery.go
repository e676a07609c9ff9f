package web

import "github.com/lockscope/lockscope/watcher"

// A rowQuery is what a window asks for.
type rowQuery struct {
	watcher.Query
	// one selects the lock called name, and nothing else of Query counts.
	one  bool
	name string
	// mine selects the locks that the session holds alone.
	mine    bool
	session session
}

// rows answers queries for rows.
type rows struct {
	board  *watcher.Board
	leases *leaseStore
}

func (r rows) view(q rowQuery) watcher.View {
	if q.one {
		return r.board.One(q.name)
	}
	if q.mine {
		return r.board.Among(r.leases.tokens(q.session), q.Query)
	}
	return r.board.Window(q.Query)
}

// around moves the window of a query so that a lock is in its middle, where the
// query selects it.
func (r rows) around(q *rowQuery, name string) {
	at := 0
	if q.mine {
		at = r.board.IndexAmong(r.leases.tokens(q.session), q.Query, name)
	} else {
		at = r.board.Index(q.Query, name)
	}
	if at >= 0 {
		q.Offset = max(at-q.Limit/2, 0) / windowGrid * windowGrid
	}
}

// windowGrid is what the beginning of such a window is a multiple of, so that those
// who look at the same place share it.
const windowGrid = 25

// each calls f with all rows that q selects, a few at a time, until it returns
// an error.
func (r rows) each(q rowQuery, f func([]watcher.Lock) error) error {
	if q.mine {
		return r.board.EachAmong(r.leases.tokens(q.session), q.Query, f)
	}
	return r.board.Each(q.Query, f)
}
