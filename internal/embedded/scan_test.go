package embedded

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// scanAll walks SCAN to its end and returns how often each key was seen.
func scanAll(t testing.TB, w *wire, between func(), words ...string) map[string]int {
	seen, cursor := make(map[string]int), "0"
	for range 100_000 {
		reply := w.do(append([]string{"SCAN", cursor}, words...)...)
		cursor = reply.items[0].text
		for _, key := range reply.items[1].items {
			seen[key.text]++
		}
		if cursor == "0" {
			return seen
		}
		if between != nil {
			between()
		}
	}
	t.Fatal("SCAN does not end")
	return nil
}

func TestScanMeetsEveryKeyThatStaysWhileOthersComeAndGo(t *testing.T) {
	n := startNode(t, Config{})
	w, other := dial(t, n.Addr()), dial(t, n.Addr())
	const stay, go1 = 2000, 2000
	for i := range stay + go1 {
		w.do("SET", fmt.Sprintf("%s:%d", []string{"stay", "go"}[i%2], i/2), "v")
	}
	random := rand.New(rand.NewPCG(1, 2))
	made := 0
	seen := scanAll(t, w, func() {
		for range 10 {
			other.do("DEL", "go:"+strconv.Itoa(random.IntN(go1)))
			other.do("SET", "new:"+strconv.Itoa(made), "v")
			other.do("SET", "stay:"+strconv.Itoa(random.IntN(stay)), "changed")
			made++
		}
	}, "COUNT", "50")
	for i := range stay {
		if key := "stay:" + strconv.Itoa(i); seen[key] != 1 {
			t.Fatalf("%s was seen %d times", key, seen[key])
		}
	}
}

func TestScanReturnsNoMoreThanItsCount(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	for i := range 95 {
		w.do("SET", strconv.Itoa(i), "v")
	}
	calls := 0
	seen := scanAll(t, w, func() { calls++ }, "COUNT", "10")
	if len(seen) != 95 || calls != 9 {
		t.Errorf("saw %d keys in %d calls, want 95 in 10", len(seen), calls+1)
	}
	if got := len(w.do("SCAN", "0").items[1].items); got != 10 {
		t.Errorf("SCAN without COUNT returned %d keys", got)
	}
}

func TestScanWithManyHolesCostsNoMoreThanTheKeys(t *testing.T) {
	n := startNode(t, Config{})
	n.mu.Lock()
	x := &call{node: n, db: n.dbs[0], cmd: table["set"]}
	for i := range 200_000 {
		x.assign(nil, []byte(strconv.Itoa(i)), []byte("v"), false)
	}
	for i := range 200_000 {
		if i%100 != 0 {
			n.remove(n.dbs[0].entries[strconv.Itoa(i)])
		}
	}
	slots := len(n.dbs[0].order.slots)
	n.mu.Unlock()
	if slots > 3*2000+128 {
		t.Errorf("2000 keys keep %d places", slots)
	}
	start := time.Now()
	if seen := scanAll(t, dial(t, n.Addr()), nil); len(seen) != 2000 {
		t.Errorf("saw %d keys", len(seen))
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the scan took %v", took)
	}
}

func TestScanOrderNeverLosesAKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o scanOrder
		live := make(map[int]*entry)
		next := 0
		steps := rapid.IntRange(1, 600).Draw(t, "steps")
		for range steps {
			if rapid.IntRange(0, 2).Draw(t, "remove") > 0 && len(live) > 0 {
				for id, e := range live {
					o.remove(e)
					delete(live, id)
					break
				}
				continue
			}
			e := &entry{key: strconv.Itoa(next)}
			o.add(e)
			live[next] = e
			next++
		}
		seen, cursor := make(map[string]bool), uint64(0)
		for {
			page, after := o.page(cursor, 7)
			for _, e := range page {
				if seen[e.key] {
					t.Fatalf("%s was seen twice", e.key)
				}
				seen[e.key] = true
			}
			if cursor = after; cursor == 0 {
				break
			}
		}
		if len(seen) != len(live) {
			t.Fatalf("saw %d of %d keys", len(seen), len(live))
		}
	})
}

func TestDeadlinesComeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDeadlines()
		entries := make([]*entry, 50)
		for i := range entries {
			entries[i] = &entry{heapAt: -1}
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			e := entries[rapid.IntRange(0, len(entries)-1).Draw(t, "entry")]
			if at := rapid.Int64Range(0, 100).Draw(t, "at"); at == 0 {
				d.clear(e)
			} else {
				d.set(e, at)
			}
		}
		last := int64(0)
		for len(d.heap) > 0 {
			first := d.heap[0]
			if first.expireAt < last {
				t.Fatalf("%d after %d", first.expireAt, last)
			}
			last = first.expireAt
			d.clear(first)
		}
		for _, e := range entries {
			if e.heapAt != -1 || e.expireAt != 0 {
				t.Fatal("an entry is left")
			}
		}
	})
}
