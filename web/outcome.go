package web

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/lockscope/lockscope/views"
)

// logAccess tells the log of each request. Never its query, which may hold
// names, nor its headers, which hold the session.
func (s *Server) logAccess(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		r := c.Request()
		s.log.LogAttrs(r.Context(), slog.LevelDebug, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.Int("status", c.Response().Status), slog.Duration("took", time.Since(start)))
		return nil
	}
}

// recoverPanic makes a panic the end of one request, not of the program.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch value := recover(); value {
			case nil:
			case http.ErrAbortHandler:
				panic(value) // means: close the connection and say nothing
			default:
				s.log.Error("panic while serving", "method", c.Request().Method, "path", c.Request().URL.Path,
					"panic", value, "stack", string(debug.Stack()))
				err = problem(http.StatusInternalServerError, codeInternal, "something went wrong on the server")
			}
		}()
		return next(c)
	}
}

// showError answers a request that failed: with a page for people who look at
// pages, with a problem for everybody else.
func (s *Server) showError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	answer := s.toProblem(err, c)
	status := answer.GetStatus()
	switch p, plain := answer.(*Problem); {
	case c.Request().Method == http.MethodHead:
		err = c.NoContent(status)
	case plain && s.wantsPage(c.Request()):
		err = s.render(c, status, views.Error(s.page(p.Title, ""), status, p.Title, p.Detail))
	default:
		err = c.Blob(status, problemType, encode(answer))
	}
	if err != nil {
		s.log.Debug("answer not written", "path", c.Request().URL.Path, "error", err)
	}
}

// toProblem finds the problem in an error.
func (s *Server) toProblem(err error, c echo.Context) huma.StatusError {
	var (
		known    huma.StatusError
		tooLarge *http.MaxBytesError
		timeout  net.Error
		routing  *echo.HTTPError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &tooLarge):
		return bodyTooLarge()
	case errors.As(err, &timeout) && timeout.Timeout():
		return problem(http.StatusRequestTimeout, codeBadRequest, "the body did not arrive in time")
	case errors.As(err, &routing) && routing.Code == http.StatusNotFound:
		return problem(http.StatusNotFound, codeNotFound, "there is nothing at this address")
	case errors.As(err, &routing) && routing.Code == http.StatusMethodNotAllowed:
		detail := "this address does not take " + shorten(c.Request().Method)
		if allow := c.Response().Header().Get("Allow"); allow != "" {
			detail += ", only " + allow
		}
		return problem(http.StatusMethodNotAllowed, codeMethod, detail)
	case errors.As(err, &routing) && routing.Code < http.StatusInternalServerError:
		return problem(routing.Code, codeBadRequest, "the request cannot be served")
	case c.Request().Context().Err() != nil:
		return clientGone()
	}
	s.log.Error("request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
	return problem(http.StatusInternalServerError, codeInternal, "something went wrong on the server")
}

// wantsPage reports whether an error should be a page.
func (s *Server) wantsPage(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, s.base+"/api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}
