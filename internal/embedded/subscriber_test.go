package embedded

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestASubscriberThatDoesNotReadIsDroppedAndStallsNobody(t *testing.T) {
	n := startNode(t, Config{SubscriberLimit: 1 << 20})
	stuck, reader, publisher := dial(t, n.Addr()), dial(t, n.Addr()), dial(t, n.Addr())
	stuck.do("SUBSCRIBE", "ch")
	reader.do("SUBSCRIBE", "ch")

	const messages = 100_000
	got := make(chan int, 1)
	go func() {
		count := 0
		for count < messages {
			if _, err := reader.read(); err != nil {
				break
			}
			count++
		}
		got <- count
	}()
	padding := strings.Repeat("x", 200)
	slowest := time.Duration(0)
	for i := 0; i < messages; i += 100 {
		var batch []byte
		for j := range 100 {
			batch = append(batch, encode("PUBLISH", "ch", strconv.Itoa(i+j)+padding)...)
		}
		start := time.Now()
		if _, err := publisher.nc.Write(batch); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			publisher.receive()
		}
		slowest = max(slowest, time.Since(start))
		// The one who reads must keep up: it shares this machine.
		until(t, "the reading subscriber to keep up", func() bool { return n.owed() < 512<<10 })
	}
	if slowest > time.Second {
		t.Errorf("100 publishes took %v beside a stuck subscriber", slowest)
	}
	select {
	case count := <-got:
		if count != messages {
			t.Errorf("the reading subscriber got %d of %d messages", count, messages)
		}
	case <-time.After(patience):
		t.Error("the reading subscriber did not get all messages")
	}
	until(t, "the stuck subscriber to be dropped", func() bool {
		return publisher.do("PUBSUB", "NUMSUB", "ch").items[1].text == "1"
	})
	if info := publisher.do("INFO", "stats").text; !strings.Contains(info, "client_output_buffer_limit_disconnections:1\r\n") {
		t.Errorf("INFO does not tell of the drop:\n%s", info)
	}
}

// owed is how many bytes wait for the subscriber that is owed least.
func (n *Node) owed() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	least := -1
	for _, c := range n.clients {
		if c.box != nil {
			if size := c.box.size(); least < 0 || size < least {
				least = size
			}
		}
	}
	return least
}

func TestRepliesAndPushesOfASubscriberStayInOrder(t *testing.T) {
	n := startNode(t, Config{})
	sub, pub := dial(t, n.Addr()), dial(t, n.Addr())
	sub.do("SUBSCRIBE", "ch")
	for i := range 500 {
		pub.do("PUBLISH", "ch", strconv.Itoa(i))
		sub.send("PING", "after "+strconv.Itoa(i))
		if got := sub.receive(); got.items[0].text != "message" || got.items[2].text != strconv.Itoa(i) {
			t.Fatalf("round %d: got %s", i, got)
		}
		if got := sub.receive(); got.items[1].text != "after "+strconv.Itoa(i) {
			t.Fatalf("round %d: got %s", i, got)
		}
	}
}

func TestASubscriberSeesEveryEventOfABurstInOrder(t *testing.T) {
	n := startNode(t, Config{})
	sub, w := dial(t, n.Addr()), dial(t, n.Addr())
	w.do("CONFIG", "SET", "notify-keyspace-events", "KEA")
	sub.do("PSUBSCRIBE", "__keyevent@0__:*")
	const keys = 2000
	var batch []byte
	for i := range keys {
		batch = append(batch, encode("SET", "k"+strconv.Itoa(i), "v")...)
		batch = append(batch, encode("DEL", "k"+strconv.Itoa(i))...)
	}
	go w.nc.Write(batch)
	for i := range keys {
		for _, event := range []string{"set", "del"} {
			got := sub.receive()
			if got.items[2].text != "__keyevent@0__:"+event || got.items[3].text != "k"+strconv.Itoa(i) {
				t.Fatalf("event %d: got %s, want %s", i, got, event)
			}
		}
	}
}

func TestASubscriberThatLeavesIsForgotten(t *testing.T) {
	n := startNode(t, Config{})
	sub, w := dial(t, n.Addr()), dial(t, n.Addr())
	sub.do("SUBSCRIBE", "a")
	sub.do("PSUBSCRIBE", "p*")
	sub.nc.Close()
	until(t, "the node to notice", func() bool {
		return w.do("PUBLISH", "a", "x").text == "0" && w.do("PUBSUB", "NUMPAT").text == "0"
	})
}

func TestKeysExpireWithinMillisecondsOfTheirDeadline(t *testing.T) {
	n := startNode(t, Config{})
	sub, w := dial(t, n.Addr()), dial(t, n.Addr())
	w.do("CONFIG", "SET", "notify-keyspace-events", "Ex")
	sub.do("SUBSCRIBE", "__keyevent@0__:expired")
	// Others that expire much later must not be in the way.
	for i := range 1000 {
		w.do("SET", "later"+strconv.Itoa(i), "v", "PX", strconv.Itoa(3600_000-i))
	}
	var late []time.Duration
	for i := range 20 {
		deadline := time.Now().Add(time.Duration(20+i) * time.Millisecond)
		w.do("SET", "k", "v", "PXAT", strconv.FormatInt(deadline.UnixMilli(), 10))
		if got := sub.receive(); got.items[2].text != "k" {
			t.Fatalf("got %s", got)
		}
		late = append(late, time.Since(deadline))
	}
	best := late[0]
	for _, d := range late {
		best = min(best, d)
		if d < 0 {
			t.Errorf("a key expired %v early", -d)
		}
		if d > time.Second { // a busy machine, not a poll
			t.Errorf("a key expired %v late", d)
		}
	}
	if best > 5*time.Millisecond {
		t.Errorf("at best a key expired %v late: %v", best, late)
	}
}

func TestManyKeysThatExpireAtOnceAllExpire(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	at := strconv.FormatInt(time.Now().Add(100*time.Millisecond).UnixMilli(), 10)
	for i := range 5000 {
		w.send("SET", "k"+strconv.Itoa(i), "v", "PXAT", at)
		w.receive()
	}
	until(t, "5,000 keys to expire", func() bool { return w.do("DBSIZE").text == "0" })
}
