package web

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	idempotencyHeader = "Idempotency-Key"
	// idempotencyAge is how long the answer to a command is remembered.
	idempotencyAge = 10 * time.Minute
	// idempotencyMax is how many answers are remembered.
	idempotencyMax = 4096
	// maxKey is the longest key, in bytes.
	maxKey = 255
)

type digest = [sha256.Size]byte

// answers remembers what was answered to a command with a key, so that a
// client that lost the answer can ask again without doing it twice.
type answers struct {
	mu    sync.Mutex // guards everything below
	byKey map[digest]*answer
	order *list.List // of *answer, oldest first
}

// An answer is one command and what came of it.
type answer struct {
	key     digest
	request digest
	at      time.Time
	element *list.Element
	done    chan struct{} // closed when the fields below are set
	kept    bool          // false: it came to nothing that binds; try again
	status  int
	typ     string
	body    []byte
}

func newAnswers() *answers {
	return &answers{byKey: make(map[digest]*answer), order: list.New()}
}

// begin returns the answer for key. It is the caller's to finish when first.
func (a *answers) begin(key, request digest, now time.Time) (found *answer, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for e := a.order.Front(); e != nil; e = a.order.Front() {
		oldest := e.Value.(*answer)
		if a.order.Len() < idempotencyMax && now.Sub(oldest.at) < idempotencyAge {
			break
		}
		a.removeLocked(oldest)
	}
	if found, ok := a.byKey[key]; ok {
		return found, false
	}
	fresh := &answer{key: key, request: request, at: now, done: make(chan struct{})}
	fresh.element = a.order.PushBack(fresh)
	a.byKey[key] = fresh
	return fresh, true
}

// finish ends what begin began. An answer that is not kept is forgotten.
func (a *answers) finish(of *answer, kept bool) {
	a.mu.Lock()
	of.kept = kept
	if !kept {
		a.removeLocked(of)
	}
	a.mu.Unlock()
	close(of.done)
}

func (a *answers) removeLocked(of *answer) {
	if a.byKey[of.key] == of {
		delete(a.byKey, of.key)
		a.order.Remove(of.element)
	}
}

// once carries out a command that has a key once, and repeats its answer to
// whoever sends it again. A command that is still under way is waited for.
func (s *Server) once(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		key := r.Header.Get(idempotencyHeader)
		if key == "" {
			return next(c)
		}
		if len(key) > maxKey || !printable(key) {
			return invalid(FieldError{Field: idempotencyHeader, Message: "want at most 255 printable bytes", Got: shorten(key)})
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))

		own, _ := sessionOf(r.Context())
		name := sha256.Sum256(append(own[:], key...))
		request := sha256.Sum256(append([]byte(r.URL.Path+"\x00"), body...))
		for {
			stored, first := s.answers.begin(name, request, time.Now())
			if first {
				return s.record(c, stored, next)
			}
			if stored.request != request {
				return invalid(FieldError{Field: idempotencyHeader, Message: "was used for another command; take a new one", Got: shorten(key)})
			}
			select {
			case <-stored.done:
			case <-r.Context().Done():
				return problem(http.StatusConflict, codeKeyInUse, "a command with this key is still under way")
			}
			if stored.kept {
				c.Response().Header().Set("Idempotency-Replayed", "true")
				return c.Blob(stored.status, stored.typ, stored.body)
			}
		}
	}
}

// record carries out a command and keeps its answer, unless it is one that the
// same command may get another answer to, or that nobody was there to hear.
func (s *Server) record(c echo.Context, to *answer, next echo.HandlerFunc) error {
	kept := false
	defer func() { s.answers.finish(to, kept) }()
	copied := &copyWriter{ResponseWriter: c.Response().Writer}
	c.Response().Writer = copied
	defer func() { c.Response().Writer = copied.ResponseWriter }()
	if err := next(c); err != nil {
		return err
	}
	to.status, to.typ, to.body = c.Response().Status, c.Response().Header().Get("Content-Type"), copied.body.Bytes()
	kept = c.Request().Context().Err() == nil && to.status < 500 && to.status != http.StatusTooManyRequests
	return nil
}

// A copyWriter keeps what is written through it.
type copyWriter struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (w *copyWriter) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *copyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
