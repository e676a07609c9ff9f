package record

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// apply draws the frames into a picture.
func apply(p Picture, frames []Frame) Picture {
	p = maps.Clone(p)
	for _, f := range frames {
		maps.Copy(p, f.Set)
		for _, key := range f.Del {
			delete(p, key)
		}
	}
	return p
}

func text(p Picture) string {
	plain := make(map[string]string, len(p))
	for key, v := range p {
		plain[key] = string(v)
	}
	return fmt.Sprint(plain) // sorted by key
}

func TestTheFirstPictureAndTheFramesMakeThePresent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Duration(0)
		l := New(Limit{Frames: rapid.IntRange(1, 8).Draw(t, "frames"), Bytes: rapid.IntRange(40, 400).Draw(t, "bytes")},
			func() time.Duration { return now }, nil)
		want := Picture{}
		reader, read := Picture{}, uint64(0)
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			now += time.Duration(rapid.IntRange(0, 3).Draw(t, "passes")) * time.Millisecond
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			if rapid.Bool().Draw(t, "gone") {
				delete(want, key)
				l.Put(Changes{key: nil})
			} else {
				v := rapid.IntRange(0, 2).Draw(t, "value")
				want[key] = fmt.Append(nil, v)
				l.Put(Changes{key: v})
			}
			if !rapid.Bool().Draw(t, "reads") {
				continue
			}
			frames, ok := l.Since(read, 1000)
			if !ok {
				reader, _, read = l.First()
				frames, _ = l.Since(read, 1000)
			}
			reader = apply(reader, frames)
			read += uint64(len(frames))
			if text(reader) != text(want) {
				t.Fatalf("a reader sees %s, want %s", text(reader), text(want))
			}
		}
		first, micros, seq := l.First()
		frames, ok := l.Since(seq, 1000)
		if !ok || text(apply(first, frames)) != text(want) {
			t.Fatalf("got %s, want %s", text(apply(first, frames)), text(want))
		}
		for _, f := range frames {
			if seq++; f.Seq != seq || f.Micros < micros {
				t.Fatalf("frame %d at %d follows %d at %d", f.Seq, f.Micros, seq-1, micros)
			}
			micros = f.Micros
		}
		if n, bytes := l.Size(); n > l.limit.Frames || bytes > l.limit.Bytes && n > 1 {
			t.Fatalf("%d frames of %d bytes are kept", n, bytes)
		}
	})
}

func TestWhatDoesNotChangeIsNoFrame(t *testing.T) {
	t.Parallel()
	told := 0
	l := New(Limit{}, func() time.Duration { return 0 }, func() { told++ })
	l.Put(Changes{"a": 1, "b": nil})
	l.Put(Changes{"a": 1})
	l.Put(Changes{})
	if l.Seq() != 1 || told != 1 {
		t.Errorf("%d frames, %d told, want 1", l.Seq(), told)
	}
	if _, ok := l.Since(2, 10); ok {
		t.Error("there are frames after the last")
	}
}

func TestAReaderGetsAsManyFramesAsItAsksFor(t *testing.T) {
	t.Parallel()
	l := New(Limit{}, func() time.Duration { return 0 }, nil)
	for i := range 10 {
		l.Put(Changes{"a": i})
	}
	frames, ok := l.Since(3, 4)
	if !ok || len(frames) != 4 || frames[0].Seq != 4 {
		t.Errorf("got %v %t", frames, ok)
	}
}
