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

// each calls f with all rows that q selects, a few at a time, until it returns
// an error.
func (r rows) each(q rowQuery, f func([]watcher.Lock) error) error {
	if q.mine {
		return r.board.EachAmong(r.leases.tokens(q.session), q.Query, f)
	}
	return r.board.Each(q.Query, f)
}
