package web

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/internal/journal"
	"github.com/lockscope/lockscope/lockengine"
)

// releaseTimeout bounds a release whose client may be gone.
const releaseTimeout = 3 * time.Second

type acquireInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		Name    *string `json:"name,omitempty" doc:"The lock's name, which is its Redis key: 1 to 512 bytes that match a watched pattern."`
		NameB64 *string `json:"nameB64,omitempty" doc:"The name in base64, instead of name."`
		TTL     *string `json:"ttl,omitempty" doc:"The lease, such as 10s or 1500ms. Default: the server's." example:"10s"`
		Owner   *string `json:"owner,omitempty" doc:"Who asks: at most 128 bytes of printable text. Default: the browser session."`
		Wait    *string `json:"wait,omitempty" doc:"How long to wait while somebody else holds it, 0s to 60s." example:"0s"`
		Renew   bool    `json:"renew,omitempty" doc:"Renew the lease while the tab has a stream, and release it when it has none any more."`
		Note    *string `json:"note,omitempty" doc:"What the lock is taken for, at most 200 characters. Everybody who sees the lock sees it."`
		Tab     *string `json:"tab,omitempty" doc:"The tab that asks, as named when its stream was opened. It hears of its place in the queue."`
	}
}

type acquireOutput struct {
	Body struct {
		Lease Lease `json:"lease"`
	}
}

type extendInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		Lease string  `json:"lease" doc:"The id of the lease."`
		TTL   *string `json:"ttl,omitempty" doc:"The lease from now on. It is never made shorter." example:"10s"`
	}
}

type releaseInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes a repeated command take effect once."`
	Body           struct {
		Lease string `json:"lease" doc:"The id of the lease."`
	}
}

type releaseOutput struct {
	Body struct {
		Name string `json:"name"`
	}
}

// acquire takes a lock for the session. A lock that nobody is left to be told
// about is given back.
func (s *Server) acquire(ctx context.Context, in *acquireInput, entry *journal.Entry) (*acquireOutput, error) {
	own, _ := sessionOf(ctx)
	wanted, bad := s.parseAcquire(in, own)
	entry.Name, entry.Owner, entry.Note = nameGiven(in.Body.Name, in.Body.NameB64), wanted.options.Owner, wanted.options.Note
	if len(bad) > 0 {
		return nil, invalid(bad...)
	}
	if !s.leases.reserve() {
		return nil, tooManyLeases()
	}
	asking, stop := s.whileServing(ctx)
	defer stop()
	tab := tabKey{own, wanted.tab}
	if wanted.tab != "" {
		wanted.options.Moved = func(position, of int) { s.tabs.moved(tab, wanted.name, place{position, of}) }
		defer s.tabs.moved(tab, wanted.name, place{})
	}
	lease, err := s.engine.Acquire(asking, wanted.name, wanted.options)
	if err != nil {
		s.leases.cancel()
		refusedEntry(entry, err)
		return nil, s.commandProblem(ctx, "acquire", err)
	}
	heldEntry(entry, lease)
	entry.Nodes = journalVotes(lease.Votes())
	if ctx.Err() != nil {
		s.leases.cancel()
		s.giveBack(lease)
		return nil, clientGone()
	}
	if !wanted.options.Renew {
		wanted.tab = "" // it was named to hear of the queue only
	}
	stored := s.leases.put(own, lease, wanted.tab)
	if wanted.tab != "" {
		if !s.tabs.hold(tab, stored) {
			s.giveBack(lease)
			return nil, clientGone()
		}
		context.AfterFunc(lease.Context(), func() { s.tabs.drop(tab, stored.id) })
	}
	out := &acquireOutput{}
	out.Body.Lease = stored.full()
	return out, nil
}

// extend makes a lease of the session last longer.
func (s *Server) extend(ctx context.Context, in *extendInput, entry *journal.Entry) (*acquireOutput, error) {
	ttl, bad := s.parseTTL(in.Body.TTL)
	if bad != nil {
		return nil, invalid(*bad)
	}
	own, _ := sessionOf(ctx)
	stored, ok := s.leases.find(own, in.Body.Lease)
	if !ok {
		return nil, lost()
	}
	heldEntry(entry, stored.lease)
	if err := stored.lease.Extend(ctx, ttl); err != nil {
		refusedEntry(entry, err)
		return nil, s.commandProblem(ctx, "extend", err)
	}
	out := &acquireOutput{}
	out.Body.Lease = stored.full()
	return out, nil
}

// release gives a lease of the session back. It is carried out to its end even
// if the client does not wait for it.
func (s *Server) release(ctx context.Context, in *releaseInput, entry *journal.Entry) (*releaseOutput, error) {
	own, _ := sessionOf(ctx)
	stored, ok := s.leases.find(own, in.Body.Lease)
	if !ok {
		return nil, lost()
	}
	heldEntry(entry, stored.lease)
	name := stored.lease.Name()
	releasing, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	err := stored.lease.Release(releasing)
	s.leases.drop(stored.id)
	if err != nil {
		refusedEntry(entry, err)
		return nil, s.commandProblem(ctx, "release", err)
	}
	out := &releaseOutput{}
	out.Body.Name = name
	return out, nil
}

// giveBack releases a lease that has no owner left.
func (s *Server) giveBack(lease *lockengine.Lease) {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	if err := lease.Release(ctx); err != nil {
		s.log.Warn("release of a lock whose client went away", "name", lease.Name(), "error", err)
	}
}

// whileServing returns a context that also ends when the server stops, for
// commands that wait.
func (s *Server) whileServing(ctx context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.stopping, cancel)
	return both, func() { stop(); cancel() }
}

// commandProblem says why a command failed: the client left, the server stops,
// or what the engine says.
func (s *Server) commandProblem(ctx context.Context, command string, err error) error {
	switch {
	case ctx.Err() != nil:
		return clientGone()
	case s.stopping.Err() != nil && command == "acquire":
		return shuttingDown() // whatever it was waiting for
	}
	if p := engineProblem(err); p != nil {
		return p
	}
	s.log.Error("command failed", "command", command, "error", err)
	return problem(http.StatusInternalServerError, codeInternal, "something went wrong on the server")
}

// clientGone is written to nobody; it shows in the log.
func clientGone() *Problem {
	return problem(http.StatusRequestTimeout, codeBadRequest, "the client went away")
}

// checkOpen refuses commands once the server is stopping.
func (s *Server) checkOpen(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.stopping.Err() != nil {
			return shuttingDown()
		}
		return next(c)
	}
}

// checkBody refuses bodies that encoding/json would bend into shape: other
// types than JSON, and text that is not UTF-8, which would become a lock of
// another name. It also gives a command that waits the time to answer.
func checkBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		typ := r.Header.Get("Content-Type")
		if media, _, err := mime.ParseMediaType(typ); err != nil || media != "application/json" {
			return unsupportedMedia(typ)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		if !utf8.Valid(body) {
			return problem(http.StatusBadRequest, codeBadJSON, "the body is not UTF-8")
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		// An http.ResponseWriter that has no deadline, as in a test, needs none.
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(maxWait + writeTimeout))
		return next(c)
	}
}
