package watcher

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

// Clients of Redisson, and a holder of DistributedLock.
const (
	clientA = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c"
	clientB = "a1b2c3d4-e5f6-4789-8abc-def012345678"
	machine = "web-1_4711_3f2a9c1e7b4d4e8a9c3f0d1e2f3a4b5c"
)

// one watches everything on one server, with no scan but the first.
func one(t *testing.T) (*redis.Client, *Board) {
	t.Helper()
	server := redistest.Start(t)
	b := watch(t, []*spawnServer{server}, Config{Patterns: []string{"*"}, Resync: time.Hour}, NotificationsLive).Board()
	return clientOf(t, server), b
}

// do runs commands in one transaction, each as words.
func do(t *testing.T, node *redis.Client, commands ...string) {
	t.Helper()
	_, err := node.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		for _, command := range commands {
			words := strings.Fields(command)
			args := make([]any, len(words))
			for i, w := range words {
				args[i] = w
			}
			p.Do(t.Context(), args...)
		}
		return nil
	})
	must(t, err)
}

// awaitLock waits until a lock is as it should be.
func awaitLock(t *testing.T, b *Board, name, what string, is func(Lock) bool) Lock {
	t.Helper()
	var l Lock
	eventually(t, b, name+": "+what, func() bool {
		l, _ = b.Lock(name)
		return is(l)
	})
	return l
}

// names are those on the Board.
func names(b *Board) []string {
	var names []string
	for _, l := range b.Window(Query{}).Locks {
		if l.State != StateFree {
			names = append(names, l.Name)
		}
	}
	return names
}

func TestAHoldThatIsTakenAgainIsTheSameHolder(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	do(t, node, "HINCRBY x "+clientA+":1 1", "PEXPIRE x 60000", "INCR redisson_lock_token:{x}")
	first := awaitLock(t, b, "x", "held once", func(l Lock) bool { return l.Holder.Holds == 1 })
	if first.Holder.Library != format.Redisson || first.Holder.Confidence != "certain" || first.Fence != 1 ||
		first.Holder.Owner != format.Client(clientA+":1") || first.Waiters.Visible {
		t.Errorf("got %+v", first)
	}
	do(t, node, "HINCRBY x "+clientA+":1 1", "PEXPIRE x 60000", "INCR redisson_lock_token:{x}")
	again := awaitLock(t, b, "x", "held twice", func(l Lock) bool { return l.Holder.Holds == 2 })
	if again.Holder.Fingerprint != first.Holder.Fingerprint || !again.Holder.Since.Equal(first.Holder.Since) || again.Fence != 2 {
		t.Errorf("a hold that was taken again became another: %+v, %+v", first.Holder, again.Holder)
	}
	if got := names(b); !slices.Equal(got, []string{"x"}) {
		t.Errorf("shown %q", got)
	}
	do(t, node, "DEL x")
	awaitState(t, b, "x", StateFree)
}

func TestTheQueueOfAFairLockIsVisible(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	do(t, node, "HSET x "+clientA+":1 1", "PEXPIRE x 60000")
	awaitState(t, b, "x", StateHeld)
	// The node sends events of lists from now on, and those alone tell this.
	eventually(t, b, "events of lists", func() bool {
		flags, err := node.ConfigGet(t.Context(), notifySetting).Result()
		must(t, err)
		return strings.Contains(flags[notifySetting], "l")
	})
	for i := range 20 {
		waiter := fmt.Sprintf("%s:%d", clientB, i)
		do(t, node, "RPUSH redisson_lock_queue:{x} "+waiter, fmt.Sprintf("ZADD redisson_lock_timeout:{x} %d %s", time.Now().UnixMilli(), waiter))
	}
	l := awaitLock(t, b, "x", "twenty wait", func(l Lock) bool { return l.Waiters.Count == 20 })
	if !l.Waiters.Visible || len(l.Waiters.Who) != maxWho || l.Waiters.Who[1] != format.Client(clientB+":1") {
		t.Errorf("got %+v", l.Waiters)
	}
	do(t, node, "LTRIM redisson_lock_queue:{x} 19 -1")
	l = awaitLock(t, b, "x", "one waits", func(l Lock) bool { return l.Waiters.Count == 1 })
	if !slices.Equal(l.Waiters.Who, []string{format.Client(clientB + ":19")}) {
		t.Errorf("got %+v", l.Waiters)
	}
	do(t, node, "DEL redisson_lock_queue:{x} redisson_lock_timeout:{x}")
	awaitLock(t, b, "x", "nobody is seen to wait", func(l Lock) bool { return !l.Waiters.Visible })
	if got := names(b); !slices.Equal(got, []string{"x"}) {
		t.Errorf("shown %q", got)
	}
}

func TestAQueueThatMayNotBeReadIsNotVisible(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := clientOf(t, server)
	must(t, admin.Do(t.Context(), "ACL", "SETUSER", "viewer", "on", ">secret", "~lock:*", "resetchannels", "&__keyspace@0__:lock:*",
		"+@read", "+@connection", "+@pubsub", "+config|get", "+config|set", "+info", "+dbsize").Err())
	do(t, admin, "HSET lock:x "+clientA+":1 1", "PEXPIRE lock:x 60000", "RPUSH redisson_lock_queue:{lock:x} "+clientB+":1")
	w, err := New([]Source{{ID: "a", Target: target.Server(&redis.Options{Addr: server.Addr(), Username: "viewer", Password: "secret"})}}, Config{})
	must(t, err)
	runWatcher(t, w)
	b := w.Board()
	l := awaitState(t, b, "lock:x", StateHeld)
	if n := b.Nodes()[0]; n.Notifications != NotificationsLive || l.Waiters.Visible || l.Holder.Holds != 1 {
		t.Errorf("got %+v on %+v", l, n)
	}
}

func TestReadersComeAndGoWithoutBecomingOtherHolders(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	latch := func(client string) string { return "SET {x}:" + client + ":1:rwlock_timeout:1 1 PX 60000" }
	do(t, node, "HSET x mode read "+clientA+":1 1", "PEXPIRE x 60000", latch(clientA))
	first := awaitLock(t, b, "x", "one reads", func(l Lock) bool { return l.Holder.Mode == "read" && l.Holder.Readers == 1 })
	do(t, node, "HINCRBY x "+clientB+":1 1", latch(clientB))
	second := awaitLock(t, b, "x", "two read", func(l Lock) bool { return l.Holder.Readers == 2 })
	do(t, node, "HDEL x "+clientA+":1", "DEL {x}:"+clientA+":1:rwlock_timeout:1")
	third := awaitLock(t, b, "x", "the other reads", func(l Lock) bool { return l.Holder.Readers == 1 })
	if first.Holder.Fingerprint != second.Holder.Fingerprint || second.Holder.Fingerprint != third.Holder.Fingerprint {
		t.Error("the readers became another holder")
	}
	do(t, node, "DEL x", "HSET x mode write "+clientA+":1:write 1", "PEXPIRE x 60000")
	writer := awaitLock(t, b, "x", "one writes", func(l Lock) bool { return l.Holder.Mode == "write" })
	if writer.Holder.Fingerprint == third.Holder.Fingerprint || writer.Holder.Owner != format.Client(clientA+":1") || writer.Holder.Readers != 0 {
		t.Errorf("got %+v", writer.Holder)
	}
	if got := names(b); !slices.Equal(got, []string{"x"}) {
		t.Errorf("shown %q", got)
	}
}

func TestTheTwoKeysOfAReadWriteLockAreOneLock(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	do(t, node, "SADD x.readers "+machine, "PEXPIRE x.readers 60000")
	l := awaitLock(t, b, "x.writer", "one reads", func(l Lock) bool { return l.Holder.Readers == 1 })
	if l.State != StateHeld || l.Holder.Mode != "read" || l.Holder.Library != format.DistributedLock || l.Waiters.Visible {
		t.Errorf("got %+v", l)
	}
	do(t, node, "SADD x.readers web-2"+machine, "SET x.writer "+machine+"_WRITERWAITING PX 60000")
	l = awaitLock(t, b, "x.writer", "two read and a writer waits", func(l Lock) bool { return l.Holder.Readers == 2 && l.Waiters.Count == 1 })
	if l.State != StateHeld || l.Holder.Mode != "read" {
		t.Errorf("got %+v", l)
	}
	do(t, node, "DEL x.readers", "SET x.writer "+machine+" PX 60000")
	l = awaitLock(t, b, "x.writer", "one writes", func(l Lock) bool { return l.Holder.Mode == "write" })
	if l.Holder.Host != "web-1" || l.Holder.PID != 4711 || l.Holder.Readers != 0 {
		t.Errorf("got %+v", l)
	}
	if got := names(b); !slices.Equal(got, []string{"x.writer"}) {
		t.Errorf("shown %q", got)
	}
	do(t, node, "DEL x.writer")
	awaitState(t, b, "x.writer", StateFree)
}

func TestKeysThatOnlyHaveTheNamesOfAReadWriteLockAreThemselves(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	do(t, node, "SET x.readers v PX 60000", "SET y.writer v PX 60000", "SADD z.readers somebody", "PEXPIRE z.readers 60000")
	for _, name := range []string{"x.readers", "y.writer", "z.readers"} {
		if l := awaitState(t, b, name, StateHeld); l.Holder.Library != "" || l.Holder.Mode != "" {
			t.Errorf("got %+v", l)
		}
	}
	do(t, node, "DEL z.readers", "SADD z.readers "+machine, "PEXPIRE z.readers 60000")
	awaitState(t, b, "z.writer", StateHeld)
	if got := names(b); !slices.Equal(got, []string{"x.readers", "y.writer", "z.writer"}) {
		t.Errorf("shown %q", got)
	}
}

func TestALockOnSeveralKeysIsHeldByTheirMajority(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	const value, other = "\x00\xc8aaaaaaaaaaaaaaaaaaaaaa", "\x00\xc9bbbbbbbbbbbbbbbbbbbbbb"
	set := func(i int, value string, ttl time.Duration) {
		t.Helper()
		must(t, node.Set(t.Context(), fmt.Sprint("rueidislock:", i, ":x"), value, ttl).Err())
	}
	del := func(i int) {
		t.Helper()
		must(t, node.Del(t.Context(), fmt.Sprint("rueidislock:", i, ":x")).Err())
	}
	set(2, value, time.Minute)
	set(1, value, 2*time.Minute)
	l := awaitState(t, b, "rueidislock:0:x", StateHeld)
	if left := time.Until(l.ExpiresAt); l.Holder.Library != format.Rueidislock || left > time.Minute || left < 50*time.Second {
		t.Errorf("got %+v", l)
	}
	set(0, value, 3*time.Minute)
	awaitLock(t, b, "rueidislock:0:x", "ends with the second key", func(l Lock) bool {
		return time.Until(l.ExpiresAt) > 100*time.Second
	})
	set(2, other, time.Minute)
	del(1)
	awaitState(t, b, "rueidislock:0:x", StateFree) // one key each
	set(0, other, time.Minute)
	awaitState(t, b, "rueidislock:0:x", StateHeld)
	if got := names(b); !slices.Equal(got, []string{"rueidislock:0:x"}) {
		t.Errorf("shown %q", got)
	}
	del(2)
	// One key alone is all there is of a lock whose majority is one.
	awaitState(t, b, "rueidislock:0:x", StateHeld)
	del(0)
	awaitState(t, b, "rueidislock:0:x", StateFree)
}

func TestSemaphoresTellHowManyHoldThem(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
	do(t, node, fmt.Sprintf("ZADD semaphore:x %d %s", at(0), clientA), "PEXPIRE semaphore:x 60000")
	l := awaitLock(t, b, "semaphore:x", "one holds it", func(l Lock) bool { return l.Holder.Readers == 1 })
	if l.State != StateHeld || l.Holder.Mode != "semaphore" || l.Holder.Library != format.RedisSemaphore {
		t.Errorf("got %+v", l)
	}
	do(t, node, fmt.Sprintf("ZADD semaphore:x %d %s", at(0), clientB))
	again := awaitLock(t, b, "semaphore:x", "two hold it", func(l Lock) bool { return l.Holder.Readers == 2 })
	if again.Holder.Fingerprint != l.Holder.Fingerprint {
		t.Error("a further holder made it another's")
	}
	do(t, node, fmt.Sprintf("ZADD y %d %s", at(30*time.Second), machine), "PEXPIRE y 90000")
	l = awaitLock(t, b, "y", "one holds it", func(l Lock) bool { return l.Holder.Readers == 1 })
	if left := time.Until(l.ExpiresAt); left > 30*time.Second {
		t.Errorf("it ends in %s, after its last holder", left)
	}
	// Of a semaphore of Redisson with expiry: two permits left, one taken.
	do(t, node, "SET z 2", fmt.Sprintf("ZADD {z}:timeout %d 0123456789abcdef", at(time.Minute)))
	l = awaitLock(t, b, "z", "one holds it", func(l Lock) bool { return l.Holder.Readers == 1 })
	if l.Holder.Library != format.Redisson || l.Holder.Mode != "semaphore" {
		t.Errorf("got %+v", l)
	}
	if got := names(b); !slices.Equal(got, []string{"semaphore:x", "y", "z"}) {
		t.Errorf("shown %q", got)
	}
}

func TestANumberIsNotSaidToBeALock(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	do(t, node, "SET x 7", "INCR nextid:x", "INCR redisson_lock_token:{x}", "LPUSH lock-signal:x 1")
	l := awaitState(t, b, "x", StateHeld)
	if l.Holder.Mode != "integer" || l.Holder.Library != "" || !slices.Equal(l.Flags, []string{"no-expiry"}) {
		t.Errorf("got %+v", l)
	}
	if got := names(b); !slices.Equal(got, []string{"x"}) {
		t.Errorf("shown %q", got)
	}
}

func TestAPinnedSemaphoreIsFreeWhilePermitsAreLeft(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	node := clientOf(t, server)
	b := watch(t, []*spawnServer{server}, Config{
		Patterns: []string{"*"}, Resync: time.Hour, Libraries: format.Pins{{Pattern: "quota:*", Library: format.Redisson}},
	}, NotificationsLive).Board()
	do(t, node, "SET quota:x 0")
	l := awaitState(t, b, "quota:x", StateHeld)
	if l.Holder.Library != format.Redisson || l.Holder.Mode != "semaphore" || l.Holder.Confidence != "certain" {
		t.Errorf("got %+v", l)
	}
	do(t, node, "INCRBY quota:x 1")
	awaitState(t, b, "quota:x", StateFree)
}

func TestBigThingsAreNotReadAndTheirStateIsRight(t *testing.T) {
	t.Parallel()
	node, b := one(t)
	ctx := t.Context()
	big := strings.Repeat("x", 1<<20)
	members := make([]any, 0, 2000)
	scored := make([]redis.Z, 0, 1000)
	fields := make(map[string]any, 100_000)
	for i := range 1000 {
		members = append(members, machine[:6]+fmt.Sprint(i)+machine[6:])
		scored = append(scored, redis.Z{Member: fmt.Sprint(clientA, "_", i), Score: float64(time.Now().UnixMilli())})
	}
	for i := range 100_000 {
		fields[fmt.Sprint("f", i)] = i
	}
	must(t, node.Set(ctx, "string", big, time.Minute).Err())
	must(t, node.HSet(ctx, "hash", fields).Err())
	must(t, node.HSet(ctx, "fat hash", clientA+":1", "1", "f", big).Err())
	must(t, node.SAdd(ctx, "x.readers", members...).Err())
	must(t, node.SAdd(ctx, "fat set", machine, big).Err())
	must(t, node.ZAdd(ctx, "semaphore:x", scored...).Err())
	must(t, node.ZAdd(ctx, "semaphore:fat", redis.Z{Member: clientA}, redis.Z{Member: big}).Err())
	must(t, node.RPush(ctx, "list", big).Err())
	must(t, node.HSet(ctx, "queued", clientA+":1", "1").Err())
	must(t, node.RPush(ctx, "redisson_lock_queue:{queued}", big, big).Err())

	all := []string{"fat hash", "fat set", "hash", "list", "queued", "semaphore:fat", "semaphore:x", "string", "x.readers"}
	must(t, node.ConfigSet(ctx, notifySetting, "KA").Err())
	for _, name := range all {
		must(t, node.PExpire(ctx, name, time.Minute).Err()) // an event of every type
	}
	must(t, node.ConfigResetStat(ctx).Err())
	eventually(t, b, "all are held", func() bool { return slices.Equal(names(b), all) })
	// A set that was read in part tells all the same.
	if l, _ := b.Lock("semaphore:x"); l.Holder.Readers != 1000 || l.Holder.Library != format.RedisSemaphore {
		t.Errorf("got %+v", l)
	}
	awaitLock(t, b, "queued", "two wait, who is not read", func(l Lock) bool {
		return l.Waiters.Count == 2 && l.Waiters.Who == nil
	})
	info, err := node.Info(ctx, "stats").Result()
	must(t, err)
	if sent, err := strconv.Atoi(parseInfo(info)["total_net_output_bytes"]); err != nil || sent > 300_000 {
		t.Errorf("the node sent %d bytes, %v", sent, err)
	}
}
