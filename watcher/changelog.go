package watcher

// changeLogLength is how many changes a Board can tell of afterwards.
const changeLogLength = 1 << 14

// A changeLog is the names of the last changes, the deleted ones too. The
// change with number seq stands at seq modulo its length.
type changeLog struct {
	names []string
	last  uint64
}

// add notes that name changed and returns the number of the change.
func (l *changeLog) add(name string) uint64 {
	l.last++
	if len(l.names) < changeLogLength {
		l.names = append(l.names, name)
	} else {
		l.names[(l.last-1)%changeLogLength] = name
	}
	return l.last
}

// since returns the names that changed after seq, each once. It reports false
// when the log does not reach back so far, or seq has not been yet.
func (l *changeLog) since(seq uint64) ([]string, bool) {
	if seq > l.last || l.last-seq > uint64(len(l.names)) {
		return nil, false
	}
	seen := make(map[string]struct{}, l.last-seq)
	names := make([]string, 0, l.last-seq)
	for n := seq; n < l.last; n++ {
		name := l.names[n%changeLogLength]
		if _, ok := seen[name]; !ok {
			seen[name] = struct{}{}
			names = append(names, name)
		}
	}
	return names, true
}
