package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	sessionCookie = "lockscope_session"
	// sessionLength is 128 bits in unpadded base64url.
	sessionLength = 22
	// sessionAge is how long a browser keeps its session, far longer than any
	// lease lives.
	sessionAge = 30 * 24 * time.Hour
)

// A session is what tells one browser from another: the hash of its cookie.
// The cookie itself is not kept, so that nothing in memory or in a log can be
// used to be that browser.
type session [sha256.Size]byte

// tag names a session among people, as in "browser-3f2a". It is no secret and
// need not be unique.
func (s session) tag() string { return hex.EncodeToString(s[:2]) }

func newSession(value string) session { return sha256.Sum256([]byte(value)) }

// randomID returns 128 random bits in base64url.
func randomID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// cookieName carries the prefix that makes a browser refuse to have the cookie
// set by anybody but us over TLS. "__Host-" demands the path "/".
func (s *Server) cookieName(r *http.Request) string {
	switch {
	case r.TLS == nil:
		return sessionCookie
	case s.base == "":
		return "__Host-" + sessionCookie
	}
	return "__Secure-" + sessionCookie
}

// readSession returns the session of a request, if it has one.
func (s *Server) readSession(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(s.cookieName(r))
	if err != nil || len(cookie.Value) != sessionLength {
		return session{}, false
	}
	if _, err := base64.RawURLEncoding.DecodeString(cookie.Value); err != nil {
		return session{}, false
	}
	return newSession(cookie.Value), true
}

// ensureSession returns the session of a request and gives it a new one if it
// has none.
func (s *Server) ensureSession(c echo.Context) session {
	if own, ok := s.readSession(c.Request()); ok {
		return own
	}
	value := randomID()
	c.SetCookie(&http.Cookie{
		Name:     s.cookieName(c.Request()),
		Value:    value,
		Path:     s.base + "/",
		MaxAge:   int(sessionAge / time.Second),
		HttpOnly: true,
		Secure:   c.Request().TLS != nil,
		SameSite: http.SameSiteStrictMode,
	})
	return newSession(value)
}

// arrivesFromElsewhere reports whether the browser came by a link of another
// site. It then keeps its SameSite=Strict cookie to itself, and giving it a
// new session would take the leases of the old one from it.
func arrivesFromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}

type sessionKey struct{}

// withSession makes sure that a command belongs to a session, and tells the
// handler which.
func (s *Server) withSession(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		own := s.ensureSession(c)
		ctx := context.WithValue(c.Request().Context(), sessionKey{}, own)
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// knownSession tells the handler which session asks, and gives out none.
func (s *Server) knownSession(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if own, ok := s.readSession(c.Request()); ok {
			ctx := context.WithValue(c.Request().Context(), sessionKey{}, own)
			c.SetRequest(c.Request().WithContext(ctx))
		}
		return next(c)
	}
}

// sessionOf returns the session that withSession or knownSession found.
func sessionOf(ctx context.Context) (session, bool) {
	own, ok := ctx.Value(sessionKey{}).(session)
	return own, ok
}
