package format

import (
	"slices"
	"testing"
)

func TestKeysBesideALockAreKnown(t *testing.T) {
	for _, c := range []struct {
		key    string
		hidden bool
		lock   string
	}{
		{"lock:x", false, ""},
		{"redisson_lock_queue:{lock:x}", true, "lock:x"},
		{"redisson_lock_queue:{a}:b", true, "{a}:b"},
		{"redisson_lock_timeout:{lock:x}", true, ""},
		{"redisson_lock_token:{lock:x}", true, "lock:x"},
		{"redisson_unlock_latch:{lock:x}:00ff", true, ""},
		{"{lock:x}:" + uuid4 + ":42:rwlock_timeout:1", true, ""},
		{"{lock:x}:" + uuid4 + ":42:rwlock_timeout:", false, ""},
		{"x:42:rwlock_timeout:1", false, ""},
		{":rwlock_timeout:1", false, ""},
		{"lock-signal:x", true, ""},
		{"nextid:x", true, ""},
		{"rueidislock:0:x", false, ""},
		{"rueidislock:1:x", false, "rueidislock:0:x"},
		{"valkeylock:12:a:b", false, "valkeylock:0:a:b"},
		{"rueidislock:00:x", false, ""},
		{"rueidislock:x", false, ""},
		{"rueidislock:123:x", false, ""},
		{"x.readers", false, "x.writer"},
		{".readers", false, ""},
		{"x.writer", false, ""},
	} {
		if got := Hidden(c.key); got != c.hidden {
			t.Errorf("%s: hidden %t", c.key, got)
		}
		if got, ok := Lock(c.key); got != c.lock || ok != (c.lock != "") {
			t.Errorf("%s: belongs to %q, %t", c.key, got, ok)
		}
	}
}

func TestTheKeysOfALockAreNamed(t *testing.T) {
	for name, want := range map[string][]string{
		"lock:x": nil, "rueidislock:0:x": {"rueidislock:1:x", "rueidislock:2:x"}, "rueidislock:1:x": nil,
		"x.writer": {"x.readers"}, ".writer": nil, "x.readers": nil,
	} {
		if got := Parts(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for name, want := range map[string][3]string{
		"lock:x": {"redisson_lock_queue:{lock:x}", "redisson_lock_token:{lock:x}", "{lock:x}:timeout"},
		"{a}:b":  {"redisson_lock_queue:{a}:b", "redisson_lock_token:{a}:b", "{a}:b:timeout"},
	} {
		if got := [3]string{Queue(name), FenceKey(name), PermitsKey(name)}; got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
