package embedded

import (
	"strconv"
	"testing"
)

const compareAndDelete = `if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end`

// benchLocks takes and gives back locks, 64 in flight; one iteration is one SET
// NX PX and one compare-and-delete.
func benchLocks(b *testing.B, prepare func(w *wire)) {
	n := startNode(b, Config{})
	w := dial(b, n.Addr())
	prepare(w)
	sha := w.do("SCRIPT", "LOAD", compareAndDelete).text
	const inFlight = 64
	var batch []byte
	for i := range inFlight {
		key := "lock:" + strconv.Itoa(i)
		batch = append(batch, encode("SET", key, "token", "NX", "PX", "10000")...)
		batch = append(batch, encode("EVALSHA", sha, "1", key, "token")...)
	}
	b.ResetTimer()
	for done := 0; done < b.N; done += inFlight {
		if _, err := w.nc.Write(batch); err != nil {
			b.Fatal(err)
		}
		for range inFlight {
			if set, del := w.receive(), w.receive(); set.text != "OK" || del.text != "1" {
				b.Fatalf("%s %s", set, del)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "locks/s")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkLockAndUnlock64Pipelined(b *testing.B) {
	benchLocks(b, func(*wire) {})
}

func BenchmarkLockAndUnlockAmong10000ExpiringKeys(b *testing.B) {
	benchLocks(b, func(w *wire) {
		for i := range 10_000 {
			w.do("SET", "other:"+strconv.Itoa(i), "v", "PX", strconv.Itoa(600_000+i))
		}
	})
}

func BenchmarkLockAndUnlockWatchedByAKeyspaceSubscriber(b *testing.B) {
	benchLocks(b, func(w *wire) {
		w.do("CONFIG", "SET", "notify-keyspace-events", "Kg$x")
		sub := dial(b, w.nc.RemoteAddr().String())
		sub.do("PSUBSCRIBE", "__keyspace@0__:lock:*")
		go func() {
			for {
				if _, err := sub.read(); err != nil {
					return
				}
			}
		}()
	})
}

// BenchmarkExpiry measures keys that expire by themselves, 10,000 at any time.
func BenchmarkSetWithExpiryAmong10000(b *testing.B) {
	n := startNode(b, Config{})
	w := dial(b, n.Addr())
	const inFlight = 64
	b.ResetTimer()
	for done := 0; done < b.N; done += inFlight {
		var batch []byte
		for i := range inFlight {
			batch = append(batch, encode("SET", "k"+strconv.Itoa((done+i)%10_000), "v", "PX", "1000")...)
		}
		if _, err := w.nc.Write(batch); err != nil {
			b.Fatal(err)
		}
		for range inFlight {
			w.receive()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sets/s")
	b.ReportMetric(0, "ns/op")
}
