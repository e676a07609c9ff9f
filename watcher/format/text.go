package format

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lockscope/lockscope/lockengine"
)

func fitLockscope(_ string, v *Value, m *Match) fit {
	parts, ok := lockengine.ParseToken(v.Text)
	if !ok {
		return unfit
	}
	m.Owner, m.At = parts.Owner, parts.At()
	return fitsOnly
}

func fitRedsync(_ string, v *Value, m *Match) fit {
	return when(isBase64(v.Text, 16), fitsWell)
}

func fitPythonRedisLock(name string, v *Value, m *Match) fit {
	switch {
	case !isBase64(v.Text, 18):
		return unfit
	case strings.HasPrefix(name, "lock:"):
		return fitsWell
	}
	return fitsPinned
}

// isBase64 reports whether text is the standard base64 of n bytes, 16 or 18:
// both are 24 characters.
func isBase64(text string, n int) bool {
	var raw [18]byte
	if len(text) != 24 {
		return false
	}
	got, err := base64.StdEncoding.Strict().Decode(raw[:], []byte(text))
	return err == nil && got == n
}

// shortToken is the length of 16 bytes in base64 without padding, and of the
// tokens of redlock-py.
const shortToken = 22

// fitRedislock wants a token, which is random, before metadata, which is
// anything and follows at once. Metadata is not told: it may be private, and
// where the form fits by accident it is a part of somebody's secret.
func fitRedislock(_ string, v *Value, m *Match) fit {
	if len(v.Text) < shortToken {
		return unfit
	}
	token := v.Text[:shortToken]
	if _, err := base64.RawURLEncoding.Strict().DecodeString(token); err != nil {
		return unfit
	}
	if len(v.Text) == shortToken {
		return fitsWell
	}
	// Names of machines and jobs are seldom in both cases.
	random := strings.ContainsFunc(token, unicode.IsUpper) && strings.ContainsFunc(token, unicode.IsLower)
	return when(random, fitsLoosely)
}

func fitRedlockPy(_ string, v *Value, m *Match) fit {
	return when(len(v.Text) == shortToken && each(v.Text, isAlnum), fitsWell)
}

func fitRueidislock(name string, v *Value, _ *Match) fit { return fitSpread(Rueidislock, name, v) }
func fitValkeylock(name string, v *Value, _ *Match) fit  { return fitSpread(Valkeylock, name, v) }

// fitSpread wants 24 raw bytes under prefix:<i>:<name>. The prefix can be
// chosen, so any will do for bytes that are no text.
func fitSpread(prefix, name string, v *Value) fit {
	if len(v.Text) != 24 {
		return unfit
	}
	if at, _, _, ok := splitSpread(name); ok && at == prefix {
		return fitsOnly
	}
	if _, rest, ok := strings.Cut(name, ":"); ok {
		if i, _, ok := strings.Cut(rest, ":"); ok && len(i) == 1 && isDigit(i[0]) && !isText(v.Text) {
			return fitsLoosely
		}
	}
	return fitsPinned
}

func fitNodeRedlock(_ string, v *Value, m *Match) fit {
	switch {
	case !v.isHex:
		return unfit
	case v.version == 1 && plausible(v.id.time()):
		return fitsPinned // one in ten thousand
	case v.version == 1 || v.version == 4:
		return fitsLoosely // or a UUID without its hyphens
	}
	return fitsWell
}

func fitRedisPy(_ string, v *Value, m *Match) fit {
	switch {
	case !v.isHex || v.version != 1:
		return unfit
	case !plausible(v.id.time()):
		return fitsLoosely
	}
	m.At, m.Host = v.id.time(), v.id.mac()
	return fitsWell
}

// isUUID4 reports whether text is a random UUID.
func isUUID4(text string) bool {
	id, ok := parseUUID(text)
	return ok && id.version() == 4
}

// isUUID4 reports whether the value is a random UUID.
func (v *Value) isUUID4() bool { return len(v.Text) == uuidLength && v.version == 4 }

func fitMutex(name string, v *Value, m *Match) fit {
	return when(strings.HasPrefix(name, "mutex:") && isIdentifier(v.Text), fitsWell)
}

// isIdentifier reports whether text names a holder as redis-semaphore does: a
// UUID, and perhaps a suffix that its user chose.
func isIdentifier(text string) bool {
	if len(text) > uuidLength {
		return isUUID4(text[:uuidLength]) && (text[uuidLength] == '-' || text[uuidLength] == '_')
	}
	return isUUID4(text)
}

func fitPottery(name string, v *Value, m *Match) fit {
	return when(strings.HasPrefix(name, "redlock:") && v.isUUID4(), fitsWell)
}

func fitRedLockNet(name string, v *Value, m *Match) fit {
	if strings.HasPrefix(name, "redlock:") {
		return when(v.isUUID4(), fitsWell)
	}
	return when(v.isUUID4(), fitsLoosely) // the form of the name can be chosen
}

func fitRedlockRB(_ string, v *Value, m *Match) fit {
	return when(v.isUUID4(), fitsLoosely)
}

func fitSpring(name string, v *Value, m *Match) fit {
	return when(strings.Contains(name, ":") && v.isUUID4(), fitsLoosely)
}

// fitShedLock reads ADDED:<time>@<host>:<uuid>. Old versions write no UUID.
func fitShedLock(_ string, v *Value, m *Match) fit {
	rest, ok := strings.CutPrefix(v.Text, "ADDED:")
	if !ok {
		return unfit
	}
	stamp, host, ok := strings.Cut(rest, "@")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if !ok || err != nil {
		return unfit
	}
	if cut := len(host) - uuidLength - 1; cut > 0 && host[cut] == ':' && isUUID4(host[cut+1:]) {
		host = host[:cut]
	}
	if !isText(host) {
		return unfit
	}
	m.At, m.Host = at, host
	return fitsOnly
}

// fitSample reads <uuid>:<milliseconds>.
func fitSample(_ string, v *Value, m *Match) fit {
	id, stamp, ok := strings.Cut(v.Text, ":")
	if !ok || !isUUID4(id) || len(stamp) != 13 || !each(stamp, isDigit) {
		return unfit
	}
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if until := time.UnixMilli(ms); err == nil && plausible(until) {
		m.ValidUntil, m.Holder = until, id
		return fitsWell
	}
	return unfit
}

// isText reports whether s is something to read: neither empty nor with
// characters that do not print.
func isText(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// when returns how if the condition holds.
func when(holds bool, how fit) fit {
	if holds {
		return how
	}
	return unfit
}
