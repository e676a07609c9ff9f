package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"sort"
	"sync"
	"time"
)

// A Limit bounds a log. The zero value is the default.
type Limit struct {
	// Frames is how many frames are kept, 6,000 by default, and Bytes how large
	// they may be together, 2 MiB by default.
	Frames, Bytes int
}

func (l Limit) withDefaults() Limit {
	if l.Frames <= 0 {
		l.Frames = 6000
	}
	if l.Bytes <= 0 {
		l.Bytes = 2 << 20
	}
	return l
}

// A Picture is what there is to see: a JSON document for each key.
type Picture map[string]json.RawMessage

// A Frame is what changed at one moment.
type Frame struct {
	// Seq numbers the frames from 1, without gaps.
	Seq uint64 `json:"s"`
	// Micros is how long the stage had lasted, in microseconds of its own time.
	Micros int64 `json:"t"`
	// Set holds what is new or different, Del the keys of what is gone.
	Set Picture  `json:"set,omitempty"`
	Del []string `json:"del,omitempty"`

	size int
}

// A Log is the history of one stage. Its methods may be called from any
// goroutine.
type Log struct {
	limit Limit
	now   func() time.Duration
	// changed is called after each frame, without any lock.
	changed func()

	mu      sync.Mutex // guards everything below
	first   Picture    // before the first frame that is kept
	firstAt int64
	frames  []Frame
	current Picture
	seq     uint64
	bytes   int
}

// New returns an empty log. now is the time of the stage, which must not go
// backwards; changed, which may be nil, is called after each frame.
func New(limit Limit, now func() time.Duration, changed func()) *Log {
	if changed == nil {
		changed = func() {}
	}
	return &Log{limit: limit.withDefaults(), now: now, changed: changed, first: Picture{}, current: Picture{}}
}

// Changes gather what is to become one frame. A nil document is one that is
// gone.
type Changes map[string]any

// Put records a frame with those of the changes that are any.
func (l *Log) Put(changes Changes) {
	if l.put(changes) {
		l.changed()
	}
}

func (l *Log) put(changes Changes) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	frame := Frame{Set: Picture{}}
	for key, v := range changes {
		if v == nil {
			if _, there := l.current[key]; there {
				frame.Del = append(frame.Del, key)
				frame.size += len(key) + 4
				delete(l.current, key)
			}
			continue
		}
		text, err := json.Marshal(v)
		if err != nil || bytes.Equal(text, l.current[key]) {
			continue // plain data always marshals
		}
		frame.Set[key] = text
		frame.size += len(key) + len(text) + 4
		l.current[key] = text
	}
	if len(frame.Set)+len(frame.Del) == 0 {
		return false
	}
	l.seq++
	frame.Seq, frame.Micros = l.seq, l.now().Microseconds()
	frame.size += 24
	l.frames = append(l.frames, frame)
	l.bytes += frame.size
	l.trim()
	return true
}

// trim makes the oldest frames part of the first picture. Callers hold mu.
func (l *Log) trim() {
	drop := 0
	for len(l.frames)-drop > l.limit.Frames || l.bytes > l.limit.Bytes && len(l.frames)-drop > 1 {
		f := l.frames[drop]
		maps.Copy(l.first, f.Set)
		for _, key := range f.Del {
			delete(l.first, key)
		}
		l.firstAt = f.Micros
		l.bytes -= f.size
		drop++
	}
	if drop > 0 {
		clear(l.frames[:drop])
		l.frames = l.frames[drop:]
	}
}

// Seq is the number of the last frame.
func (l *Log) Seq() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq
}

// Since returns the frames after seq, at most most of them, and false when they
// are no longer all there.
func (l *Log) Since(seq uint64, most int) (frames []Frame, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.seq - uint64(len(l.frames))
	if seq < kept || seq > l.seq {
		return nil, false
	}
	frames = l.frames[seq-kept:]
	return append([]Frame(nil), frames[:min(most, len(frames))]...), true
}

// First returns the picture before the first frame that is kept, the time of
// that picture in microseconds, and the number of the frame that made it.
func (l *Log) First() (picture Picture, micros int64, seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.first), l.firstAt, l.seq - uint64(len(l.frames))
}

// After returns the time of the first frame after a moment, in microseconds, and
// false when there is none.
func (l *Log) After(micros int64) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := sort.Search(len(l.frames), func(i int) bool { return l.frames[i].Micros > micros })
	if i == len(l.frames) {
		return 0, false
	}
	return l.frames[i].Micros, true
}

// Size is how much is kept.
func (l *Log) Size() (frames, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.frames), l.bytes
}
