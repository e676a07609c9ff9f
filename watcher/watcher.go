package watcher

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A Watcher watches the nodes and keeps a Board.
type Watcher struct {
	board   *Board
	nodes   []*node
	started atomic.Bool
}

// New returns a Watcher of the sources. It connects to nothing before Run.
// The error names everything that is wrong with its arguments.
func New(sources []Source, cfg Config) (*Watcher, error) {
	if err := cfg.check(sources); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	w := &Watcher{board: newBoard(sources, cfg, time.Now)}
	for i, s := range sources {
		w.nodes = append(w.nodes, newNode(i, s, cfg, w.board))
	}
	w.board.hint = w.hint
	w.board.alarm = func(o Overlap) { sound(cfg.Logger, o) }
	return w, nil
}

// Run watches until ctx ends, and then returns nil after everything has
// stopped and every connection is closed. It can be called once.
func (w *Watcher) Run(ctx context.Context) error {
	if w.started.Swap(true) {
		return errors.New("the watcher ran already")
	}
	var wg sync.WaitGroup
	for _, n := range w.nodes {
		wg.Go(func() { n.run(ctx) })
	}
	wg.Go(func() { w.board.run(ctx) })
	wg.Wait()
	return nil
}

// Board returns what the Watcher sees. It is there from the start, empty.
func (w *Watcher) Board() *Board { return w.board }

// Synced reports whether a quorum of the nodes has been read completely at
// least once.
func (w *Watcher) Synced() bool {
	return w.board.syncedNodes() >= w.board.Quorum()
}

// sound tells the log of two holders, of a name that is not flagged already.
func sound(log *slog.Logger, o Overlap) {
	if !o.Flagged {
		log.Error("two holders of a lock overlap", "name", o.Name, "first", o.First, "second", o.Second, "until", o.Until)
	}
}

// hint passes on what the engine did to nodes that send no events.
func (w *Watcher) hint(name string) {
	for _, n := range w.nodes {
		n.hint(name)
	}
}
