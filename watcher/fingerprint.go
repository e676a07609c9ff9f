package watcher

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lockscope/lockscope/lockengine"
)

// outsideFingerprint is the fingerprint of a key whose content is not read: of the
// type, and of the size where it was asked for.
func outsideFingerprint(typ string, size int64) string {
	return lockengine.Fingerprint("\x00" + typ + ":" + strconv.FormatInt(size, 10))
}

// hashFingerprint names the holder that a hash stands for. Integers are left
// out: libraries that keep a hash count in them how often its holder has taken
// the lock, which does not make it another holder.
func hashFingerprint(fields map[string]string) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var b []byte
	for _, name := range names {
		b = strconv.AppendQuote(b, name)
		if value := fields[name]; strings.Trim(value, "0123456789") != "" {
			b = strconv.AppendQuote(b, value)
		}
		b = append(b, ';')
	}
	return lockengine.Fingerprint(string(b))
}

// typeName returns the type of a key without keeping the answer that it was
// read from alive.
func typeName(typ string) string {
	switch typ {
	case "string":
		return "string"
	case "hash":
		return "hash"
	}
	return strings.Clone(typ)
}
