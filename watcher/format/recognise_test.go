package format

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// Values as the libraries write them.
const (
	uuid4   = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c"
	uuid4b  = "a1b2c3d4-e5f6-4789-8abc-def012345678"
	hexUUID = "3f2a9c1e7b4d4e8a9c3f0d1e2f3a4b5c"
	machine = "web_1_4711_" + hexUUID
)

// raw24 is what rueidislock and valkeylock write.
var raw24 = string([]byte{0, 200, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 255, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24})

func text(s string) Value { return Value{Type: "string", Text: s} }

func hash(pairs ...string) Value {
	fields := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	return Value{Type: "hash", Fields: fields}
}

func TestEachLibraryIsRecognisedByWhatItWrites(t *testing.T) {
	uuid1 := time.Date(2024, 5, 6, 7, 8, 9, 123_000_000, time.UTC)
	for _, c := range []struct {
		name  string
		value Value
		want  Match
	}{
		{"lock:x", text("ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:alice"),
			Match{Library: Lockscope, Confidence: Certain, Owner: "alice", At: time.UnixMicro(1700000000000000)}},
		{"x", text("q83vEjRWeJCrze8SNFZ4kA=="), Match{Library: Redsync, Confidence: Likely}},
		{"x", text("q83vEjRWeJ-rze8SNFZ4kA"), Match{Library: Redislock, Confidence: Likely}},
		{"x", text("q83vEjRWeJCrze8SNFZ4kA"), Match{Library: Redislock, Confidence: Ambiguous, Also: []string{RedlockPy}}},
		{"x", text("q83vEjRWeJ-rze8SNFZ4kAworker 7"), Match{Library: Redislock, Confidence: Ambiguous}},
		{"x", text("q83vEjRWeJCrze8SNFZ4kz"), Match{Library: RedlockPy, Confidence: Likely}},
		{"rueidislock:0:x", text(raw24), Match{Library: Rueidislock, Confidence: Certain}},
		{"valkeylock:2:x", text(raw24), Match{Library: Valkeylock, Confidence: Certain}},
		{"mine:1:x", text(raw24), Match{Library: Rueidislock, Confidence: Ambiguous, Also: []string{Valkeylock}}},
		{"x", text(hexUUID[:12] + "7" + hexUUID[13:]), Match{Library: NodeRedlock, Confidence: Likely}},
		{"x", text(hexUUID), Match{Library: NodeRedlock, Confidence: Ambiguous}},
		{"x", text(uuid1Hex(uuid1, "0242ac110002")),
			Match{Library: RedisPy, Confidence: Likely, At: uuid1, Host: "02:42:ac:11:00:02"}},
		{"x", text(uuid1Hex(uuid1.AddDate(-200, 0, 0), "0242ac110002")),
			Match{Library: NodeRedlock, Confidence: Ambiguous, Also: []string{RedisPy}}},
		{"mutex:x", text(uuid4), Match{Library: RedisSemaphore, Confidence: Likely}},
		{"mutex:x", text(uuid4 + "-worker"), Match{Library: RedisSemaphore, Confidence: Likely}},
		{"redlock:x", text(uuid4), Match{Library: RedLockNet, Confidence: Ambiguous, Also: []string{Pottery}}},
		{"registry:x", text(uuid4), Match{Library: Spring, Confidence: Ambiguous, Also: []string{RedLockNet, RedlockRB}}},
		{"x", text(uuid4), Match{Library: RedLockNet, Confidence: Ambiguous, Also: []string{RedlockRB}}},
		{"lock:x", text("q83vEjRWeJCrze8SNFZ4kBBB"), Match{Library: PythonRedisLock, Confidence: Likely}},
		{"x", text(machine), Match{Library: DistributedLock, Confidence: Certain, Host: "web_1", PID: 4711}},
		{"x.writer", text(machine), Match{Library: DistributedLock, Confidence: Certain, Host: "web_1", PID: 4711, Mode: ModeWrite}},
		{"x.writer", text(machine + "_WRITERWAITING"),
			Match{Library: DistributedLock, Confidence: Certain, Host: "web_1", PID: 4711, Mode: ModeWaiting}},
		{"job-lock:default:x", text("ADDED:2024-05-06T07:08:09.123Z@web-1:" + uuid4),
			Match{Library: ShedLock, Confidence: Certain, Host: "web-1", At: uuid1}},
		{"job-lock:default:x", text("ADDED:2024-05-06T07:08:09.123Z@web-1"),
			Match{Library: ShedLock, Confidence: Certain, Host: "web-1", At: uuid1}},
		{"x", text(uuid4 + ":1714979289123"), Match{Library: Sample, Confidence: Likely, ValidUntil: uuid1, Holder: uuid4}},
		{"x", hash(uuid4+":42", "3"),
			Match{Library: Redisson, Confidence: Certain, Owner: Client(uuid4 + ":42"), Holds: 3, Holder: uuid4 + ":42"}},
		{"x", hash("mode", "write", uuid4+":42:write", "2", uuid4+":42", "1"),
			Match{Library: Redisson, Confidence: Certain, Mode: ModeWrite, Owner: Client(uuid4 + ":42"), Holds: 2, Holder: uuid4 + ":42"}},
		{"x", hash("mode", "read", uuid4+":1", "2", uuid4b+":1", "1"),
			Match{Library: Redisson, Confidence: Certain, Mode: ModeRead, Readers: 2, Holder: "\x00read"}},
		{"x", text("7"), Match{Mode: ModeInteger}},
	} {
		got := Pins(nil).Recognise(c.name, c.value)
		got.At, got.ValidUntil, c.want.At, c.want.ValidUntil = got.At.UTC(), got.ValidUntil.UTC(), c.want.At.UTC(), c.want.ValidUntil.UTC()
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %.40q %v:\n got %+v\nwant %+v", c.name, c.value.Text, c.value.Fields, got, c.want)
		}
	}
}

// uuid1Hex returns a UUID of version 1 as redis-py writes it.
func uuid1Hex(at time.Time, mac string) string {
	ticks := at.UnixMilli()*10_000 + gregorian
	const digits = "0123456789abcdef"
	hex := func(n int64, width int) string {
		b := make([]byte, width)
		for i := range b {
			b[i] = digits[n>>(4*(width-1-i))&15]
		}
		return string(b)
	}
	return hex(ticks, 8) + hex(ticks>>32, 4) + "1" + hex(ticks>>48, 3) + "8123" + mac
}

func TestSharedLocksTellHowManyShareThem(t *testing.T) {
	now := time.UnixMilli(1_714_979_289_123)
	ms := func(d time.Duration) float64 { return float64(now.Add(d).UnixMilli()) }
	for _, c := range []struct {
		what string
		name string
		v    Value
		want Match
	}{
		{"readers", "x.readers", Value{Type: "set", Members: []Member{{machine, 0}, {machine, 0}}, Size: 2},
			Match{Library: DistributedLock, Mode: ModeRead, Readers: 2}},
		{"holders, one of them over", "x", Value{Type: "zset", Members: []Member{{machine, ms(-time.Millisecond)}, {machine, ms(time.Second)}}, Size: 2},
			Match{Library: DistributedLock, Mode: ModeSemaphore, Readers: 1, ValidUntil: now.Add(time.Second)}},
		{"holders, all over", "x", Value{Type: "zset", Members: []Member{{machine, ms(-time.Millisecond)}}, Size: 1},
			Match{Library: DistributedLock, Mode: ModeSemaphore, Free: true, ValidUntil: now.Add(-time.Millisecond)}},
		{"holders, more than were read", "x", Value{Type: "zset", Members: []Member{{machine, ms(time.Second)}}, Size: 100},
			Match{Library: DistributedLock, Mode: ModeSemaphore, Readers: 100}},
		{"holders by when they came", "semaphore:x", Value{Type: "zset", Size: 3, TTL: 4 * time.Second,
			Members: []Member{{uuid4, ms(-6 * time.Second)}, {uuid4b, ms(-4 * time.Second)}, {uuid4b + "_0", ms(-time.Second)}}},
			Match{Library: RedisSemaphore, Mode: ModeSemaphore, Readers: 2}},
		{"permits that are taken", "{x}:timeout", Value{Type: "zset", Size: 1, Members: []Member{{"0123456789abcdef", ms(0)}}},
			Match{Library: Redisson, Mode: ModeSemaphore, Free: true}},
	} {
		c.v.Now = now
		got := Pins(nil).Recognise(c.name, c.v)
		c.want.Confidence, c.want.Holder = Certain, got.Holder
		got.ValidUntil, c.want.ValidUntil = got.ValidUntil.Round(time.Millisecond).UTC(), c.want.ValidUntil.Round(time.Millisecond).UTC()
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.what, got, c.want)
		}
	}
}

func TestOtherValuesAreNobodys(t *testing.T) {
	for _, v := range []Value{
		text(""), text("v"), text("ls1:1:short:alice"), text(strings.ToUpper(uuid4)), text(uuid4[:35]),
		text("q83vEjRWeJCrze8SNFZ4kB=="), // bits behind the last byte
		text("ADDED:yesterday@host"), text("ADDED:2024-05-06T07:08:09Z@\x1b[31m"), text("ADDED:2024-05-06T07:08:09Z"),
		text("_1_" + hexUUID), text("host_x_" + hexUUID), text("ho\u202est_1_" + hexUUID),
		text(uuid4 + ":1"), text(uuid4 + ":99999999999999999999"), text("-"), text("some-worker-on-a-machine"),
		text(strings.Repeat("a", MaxText+1)), text("\xff\xfe"),
		hash("ls1:1700000000000000:AAAAAAAAAAAAAAAAAAAAAA:alice", "1"),
		hash(), hash("field", "1"), hash("mode", "read"), hash("mode", "write", uuid4+":1", "1"), hash("mode", "odd", uuid4+":1", "1"),
		hash(uuid4+":1", "0"), hash(uuid4+":1", "x"), hash(uuid4+":1", "1", uuid4b+":1", "1"), hash(uuid4+":1:write", "1"),
		hash("mode", "read", uuid4+":1:write", "1"), hash("mode", "write", uuid4+":1:write", "1", uuid4b+":2:write", "1"),
		hash(uuid4+":", "1"), hash(uuid4, "1"),
		{Type: "set"}, {Type: "zset"}, {Type: "list"}, {Type: "set", Members: []Member{{Name: "x"}}},
		{Type: "zset", Members: []Member{{machine, 1}}, Size: 1},
	} {
		if got := Pins(nil).Recognise("x", v); got.Library != "" || got.Confidence != "" || got.Owner != "" || got.Host != "" {
			t.Errorf("%+v: got %+v", v, got)
		}
	}
}

func TestAPinDecidesWhereTheFormDoesNot(t *testing.T) {
	pins := Pins{{"orders:*", RedlockRB}, {"jobs:*", Redislock}, {"quota:*", Redisson}, {"*", RedisPy}}
	for _, c := range []struct {
		what, name string
		v          Value
		library    string
		confidence Confidence
		also       []string
	}{
		{"one of several", "orders:x", text(uuid4), RedlockRB, Certain, nil},
		{"one that fits loosely", "jobs:x", text("q83vEjRWeJ-rze8SNFZ4kAworker 7"), Redislock, Certain, nil},
		{"a value of the user's own", "jobs:x", text("my own token"), Redislock, Likely, nil},
		{"a form of several others", "jobs:x", text(uuid4), Redislock, Likely, []string{Spring, RedLockNet, RedlockRB}},
		{"another's for certain", "orders:x", text(machine), DistributedLock, Certain, nil},
		{"another's in all likelihood", "orders:x", text("q83vEjRWeJCrze8SNFZ4kA=="), Redsync, Likely, nil},
		{"a type that it does not write", "orders:x", hash("a", "1"), "", "", nil},
		{"the first pin that selects the name", "orders:y", text(uuid4), RedlockRB, Certain, nil},
		{"a pin of everything", "x", text("token"), RedisPy, Likely, nil},
		{"permits that are left", "quota:x", text("3"), Redisson, Certain, nil},
	} {
		m := pins.Recognise(c.name, c.v)
		if m.Library != c.library || m.Confidence != c.confidence || !reflect.DeepEqual(m.Also, c.also) {
			t.Errorf("%s: got %+v", c.what, m)
		}
	}
	if m := pins.Recognise("quota:x", text("3")); m.Mode != ModeSemaphore || !m.Free {
		t.Errorf("a semaphore with permits left: %+v", m)
	}
	if m := pins.Recognise("quota:x", text("0")); m.Mode != ModeSemaphore || m.Free {
		t.Errorf("a semaphore without: %+v", m)
	}
}

func TestPinsAreReadAndMistakesAreNamed(t *testing.T) {
	for s, want := range map[string]Pin{
		"orders:*=redsync":      {"orders:*", Redsync},
		" a=b:* = REDLOCK.NET ": {"a=b:*", RedLockNet},
		"*=distributedlock":     {"*", DistributedLock},
	} {
		if got, err := ParsePin(s); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		"orders:*":    "such as orders:*=redsync",
		"=redsync":    "no pattern before the =",
		"x=redlocked": `"redlocked" is none of the known libraries: lockscope, redsync, `,
	} {
		if _, err := ParsePin(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", s, err)
		}
	}
}

func TestNoMatchGivesTheValueAway(t *testing.T) {
	secrets := []string{
		"q83vEjRWeJCrze8SNFZ4kA==", "q83vEjRWeJ-rze8SNFZ4kAsecret", uuid4, hexUUID, machine, uuid4 + ":1714979289123",
		"ADDED:2024-05-06T07:08:09Z@web-1:" + uuid4,
	}
	for _, secret := range secrets {
		m := Recognise("redlock:x", "string", secret)
		for _, shown := range append(m.Also, m.Library, m.Owner, m.Host) {
			if shown == secret || strings.Contains(shown, hexUUID) || strings.Contains(shown, uuid4) || strings.Contains(shown, "secret") {
				t.Errorf("%q is shown as %q", secret, shown)
			}
		}
	}
	if m := Pins(nil).Recognise("x", hash(uuid4+":42", "1")); strings.Contains(m.Owner, uuid4) || !strings.HasSuffix(m.Owner, "thread 42") {
		t.Errorf("owner %q", m.Owner)
	}
}
