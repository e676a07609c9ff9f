// Package glob matches names as Redis does, in KEYS, SCAN and PSUBSCRIBE.
package glob

// Match reports whether name matches a Redis glob: * any bytes, ? one
// byte, [abc] [a-c] [^a] one of a class, \x the byte x itself. It works on
// bytes as Redis does. Only the last * is ever gone back to, so the time is at
// most len(pattern) times len(name).
func Match(pattern, name string) bool {
	p, n := 0, 0
	starP, starN := -1, 0 // where to go on after one more byte for the last *
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			starP, starN = p, n
			continue
		}
		if p < len(pattern) {
			if width, ok := element(pattern[p:], name[n]); ok {
				p += width
				n++
				continue
			}
		}
		if starP < 0 {
			return false
		}
		starN++
		p, n = starP, starN
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// element reports whether b matches the first element of pattern, which is
// not a *, and how long that element is.
func element(pattern string, b byte) (width int, ok bool) {
	switch {
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '[':
		return class(pattern, b)
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == b
	}
	return 1, pattern[0] == b
}

// class is element for a class. As in Redis a class that is not closed
// ends with the pattern, and a range may be given backwards.
func class(pattern string, b byte) (width int, ok bool) {
	i := 1
	not := i < len(pattern) && pattern[i] == '^'
	if not {
		i++
	}
	for ; i < len(pattern) && pattern[i] != ']'; i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			ok = ok || pattern[i] == b
		case i+2 < len(pattern) && pattern[i+1] == '-':
			lo, hi := min(pattern[i], pattern[i+2]), max(pattern[i], pattern[i+2])
			i += 2
			ok = ok || lo <= b && b <= hi
		default:
			ok = ok || pattern[i] == b
		}
	}
	if i < len(pattern) {
		i++ // the closing bracket
	}
	return i, ok != not
}

// Instance returns a name that matches pattern, with fill in the place of
// its first *. It reports false for a pattern without a *: such a name could
// be somebody's lock.
func Instance(pattern, fill string) (string, bool) {
	var b []byte
	filled := false
	for p := 0; p < len(pattern); {
		if pattern[p] == '*' {
			if !filled {
				b = append(b, fill...)
			}
			filled = true
			p++
			continue
		}
		width, c := 0, byte(0)
		for ok := false; !ok; c++ {
			if width, ok = element(pattern[p:], c); ok {
				b = append(b, c)
			} else if c == 255 {
				return "", false // a class that nothing matches
			}
		}
		p += width
	}
	return string(b), filled
}
