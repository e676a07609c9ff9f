package web

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

func TestTheAPITellsWhatIsKnownOfOthersLocks(t *testing.T) {
	w := begin(t, 1)
	ctx := t.Context()
	const client, waiter = "3f2a9c1e-7b4d-4e8a-9c3f-0d1e2f3a4b5c", "a1b2c3d4-e5f6-4789-8abc-def012345678"
	w.set("lock:uuid", client, time.Minute, 0)
	w.set("lock:machine", "web-1_4711_3f2a9c1e7b4d4e8a9c3f0d1e2f3a4b5c", time.Minute, 0)
	w.set("lock:deadline", client+":1714979289123", time.Minute, 0)
	must(t, w.redis[0].RPush(ctx, "redisson_lock_queue:{lock:fair}", waiter+":7").Err())
	must(t, w.redis[0].Set(ctx, "redisson_lock_token:{lock:fair}", 42, 0).Err())
	must(t, w.redis[0].HSet(ctx, "lock:fair", client+":1", 2).Err())
	for _, name := range []string{"lock:uuid", "lock:machine", "lock:deadline", "lock:fair"} {
		w.awaitState(name, "held")
	}
	one := func(name string) fields {
		return w.browser().get("/api/v1/locks/one?name=" + name).status(http.StatusOK).json()
	}
	holder := func(name string, want fields) {
		t.Helper()
		got := one(name)["holder"].(fields)
		for key, value := range want {
			if !reflect.DeepEqual(got[key], value) {
				t.Errorf("%s: %s is %v, want %v", name, key, got[key], value)
			}
		}
	}
	holder("lock:uuid", fields{"library": "spring-integration", "confidence": "ambiguous", "also": []any{"RedLock.net", "redlock-rb"},
		"owner": nil, "host": nil, "pid": nil, "mode": nil, "holds": nil, "readers": nil, "validUntil": nil})
	holder("lock:machine", fields{"library": "DistributedLock", "confidence": "certain", "also": []any{}, "host": "web-1", "pid": 4711.0})
	holder("lock:deadline", fields{"library": "redlock-sample", "confidence": "likely", "validUntil": "2024-05-06T07:08:09.123Z"})
	fair := "client " + lockengine.Fingerprint(client) + " thread 1"
	holder("lock:fair", fields{"library": "redisson", "owner": fair, "holds": 2.0})
	lock := one("lock:fair")
	waiters := fields{"visible": true, "count": 1.0, "oldestSince": nil, "since": []any{}, "who": []any{"client " + lockengine.Fingerprint(waiter) + " thread 7"}}
	if lock["fence"] != 42.0 || !reflect.DeepEqual(lock["waiters"], waiters) {
		t.Errorf("fence %v, waiters %v", lock["fence"], lock["waiters"])
	}
}
