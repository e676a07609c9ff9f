package web

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lockscope/lockscope/internal/glob"
	"github.com/lockscope/lockscope/lockengine"
)

const (
	// maxWait is the longest that an acquire may wait for a holder.
	maxWait = time.Minute
	// reservedPrefix begins the names that are ours.
	reservedPrefix = "lockscope:"
)

// A wantedLock is what an acquire asks for, checked.
type wantedLock struct {
	name    string
	tab     string
	options lockengine.AcquireOptions
}

// parseAcquire checks all fields of an acquire and reports every bad one.
func (s *Server) parseAcquire(in *acquireInput, own session) (wantedLock, []FieldError) {
	var bad []FieldError
	note := func(err *FieldError) {
		if err != nil {
			bad = append(bad, *err)
		}
	}
	var want wantedLock
	var err *FieldError
	want.name, err = s.parseName(in.Body.Name, in.Body.NameB64)
	note(err)
	want.options.TTL, err = s.parseTTL(in.Body.TTL)
	note(err)
	want.options.Owner, err = parseOwner(in.Body.Owner, own)
	note(err)
	want.options.Wait, err = parseWait(in.Body.Wait)
	note(err)
	want.tab, err = s.parseTab(in.Body.Tab, in.Body.Renew, own)
	note(err)
	if in.Body.Note != nil {
		want.options.Note = strings.TrimSpace(*in.Body.Note)
		note(checkText("note", want.options.Note, 0, lockengine.MaxNote))
	}
	want.options.Renew = in.Body.Renew
	return want, bad
}

// parseTab returns the tab that asks. A lease that is renewed needs one with an
// open stream, so that somebody is there to end it.
func (s *Server) parseTab(value *string, renew bool, own session) (string, *FieldError) {
	switch {
	case value == nil && renew:
		return "", &FieldError{Field: "renew", Message: "needs the tab whose open stream keeps the lock"}
	case value == nil:
		return "", nil
	case !tabForm.MatchString(*value):
		return "", &FieldError{Field: "tab", Message: "want 1 to 64 letters, digits, - and _", Got: shorten(*value)}
	case renew && !s.tabs.here(tabKey{own, *value}):
		return "", &FieldError{Field: "tab", Message: "has no open stream in this session", Got: shorten(*value)}
	}
	return *value, nil
}

// parseName returns the name of a lock to be taken. Unlike a name that is only
// looked at, it has to be one that people can read and the watcher sees.
func (s *Server) parseName(plain, encoded *string) (string, *FieldError) {
	field := "name"
	switch {
	case plain != nil && encoded != nil:
		return "", &FieldError{Field: field, Message: "give name or nameB64, not both", Got: shorten(*plain)}
	case encoded != nil:
		field = "nameB64"
		raw, err := base64.StdEncoding.DecodeString(*encoded)
		if err != nil {
			return "", &FieldError{Field: field, Message: "want base64", Got: shorten(*encoded)}
		}
		name := string(raw)
		plain = &name
	case plain == nil:
		return "", &FieldError{Field: field, Message: "is missing"}
	}
	name := *plain
	if message := s.refuseName(name); message != "" {
		return "", &FieldError{Field: field, Message: message, Got: shorten(name)}
	}
	return name, nil
}

// refuseName says why no lock of this name can be taken here, or nothing.
func (s *Server) refuseName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > lockengine.MaxName:
		return fmt.Sprintf("is %d bytes long, want at most %d", len(name), lockengine.MaxName)
	case !utf8.ValidString(name) || strings.ContainsRune(name, utf8.RuneError):
		return "is not UTF-8"
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return fmt.Sprintf("holds the control character %U", r)
		}
	}
	if strings.HasPrefix(name, reservedPrefix) {
		return "begins with " + reservedPrefix + ", which is reserved"
	}
	for _, pattern := range s.cfg.Watch {
		if glob.Match(pattern, name) {
			return ""
		}
	}
	return "matches no watched pattern, want " + strings.Join(s.cfg.Watch, " or ")
}

// parseTTL returns the lease asked for. What drift leaves of a very short one
// is for the engine to judge.
func (s *Server) parseTTL(value *string) (time.Duration, *FieldError) {
	if value == nil {
		return s.cfg.TTL, nil
	}
	ttl, err := time.ParseDuration(*value)
	switch {
	case err != nil:
		return 0, &FieldError{Field: "ttl", Message: "want a duration such as 10s or 1500ms", Got: shorten(*value)}
	case ttl <= 0:
		return 0, &FieldError{Field: "ttl", Message: "want a duration above zero", Got: shorten(*value)}
	case ttl > s.cfg.MaxTTL:
		return 0, &FieldError{Field: "ttl", Message: "want at most " + plainDuration(s.cfg.MaxTTL), Got: shorten(*value)}
	case ttl < time.Millisecond:
		return 0, &FieldError{Field: "ttl", Message: "want at least a millisecond", Got: shorten(*value)}
	}
	return ttl, nil
}

// plainDuration is d in seconds where that is short, as people write it: 60s.
func plainDuration(d time.Duration) string {
	if d%time.Second == 0 && d < 10*time.Minute {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return d.String()
}

func parseOwner(value *string, own session) (string, *FieldError) {
	if value == nil || *value == "" {
		return defaultOwner(own), nil
	}
	owner := *value
	if len(owner) > lockengine.MaxOwner {
		return "", &FieldError{Field: "owner", Message: fmt.Sprintf("is %d bytes long, want at most %d", len(owner), lockengine.MaxOwner), Got: shorten(owner)}
	}
	for _, r := range owner {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return "", &FieldError{Field: "owner", Message: fmt.Sprintf("holds the character %U, want printable text", r), Got: shorten(owner)}
		}
	}
	return owner, nil
}

// defaultOwner is who takes a lock without saying who.
func defaultOwner(own session) string { return "browser-" + own.tag() }

func parseWait(value *string) (time.Duration, *FieldError) {
	if value == nil {
		return 0, nil
	}
	wait, err := time.ParseDuration(*value)
	switch {
	case err != nil:
		return 0, &FieldError{Field: "wait", Message: "want a duration such as 0s or 5s", Got: shorten(*value)}
	case wait < 0 || wait > maxWait:
		return 0, &FieldError{Field: "wait", Message: "want 0s to " + plainDuration(maxWait), Got: shorten(*value)}
	}
	return wait, nil
}
