package embedded

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestStopIsIdempotentAndClosesEveryConnection(t *testing.T) {
	n := startNode(t, Config{})
	idle, subscriber, waiting := dial(t, n.Addr()), dial(t, n.Addr()), dial(t, n.Addr())
	idle.do("PING")
	subscriber.do("SUBSCRIBE", "ch")
	waiting.do("MULTI")
	n.Stop()
	n.Stop()
	for _, w := range []*wire{idle, subscriber, waiting} {
		if !w.ended() {
			t.Error("a connection outlived its node")
		}
	}
	if n.Running() {
		t.Error("a stopped node says that it runs")
	}
	if nc, err := net.DialTimeout("tcp", n.Addr(), time.Second); err == nil {
		nc.Close()
		t.Error("a stopped node accepts connections")
	}
}

func TestShutdownStopsTheNodeWithoutAReply(t *testing.T) {
	n := startNode(t, Config{})
	other := dial(t, n.Addr())
	other.do("PING")
	w := dial(t, n.Addr())
	w.send("SHUTDOWN", "NOSAVE")
	if !w.ended() || !other.ended() {
		t.Error("a connection outlived SHUTDOWN")
	}
	until(t, "the node to stop", func() bool { return !n.Running() })
}

func TestRestartKeepsTheAddressAndTheKeysOnlyIfAsked(t *testing.T) {
	n := startNode(t, Config{})
	addr := n.Addr()
	first := dial(t, addr)
	first.do("SET", "k", "v")
	first.do("SET", "brief", "v", "PX", "10")
	run := runID(first)
	n.Stop()
	if err := n.Restart(true); err != nil {
		t.Fatal(err)
	}
	if n.Addr() != addr {
		t.Errorf("address changed from %s to %s", addr, n.Addr())
	}
	second := dial(t, addr)
	if got := second.do("GET", "k").text; got != "v" {
		t.Errorf("GET after a restart with memory: %q", got)
	}
	until(t, "a key to expire that was set before the restart", func() bool { return second.do("DBSIZE").text == "1" })
	if runID(second) == run {
		t.Error("run_id is that of the life before")
	}
	n.Stop()
	if err := n.Restart(false); err != nil {
		t.Fatal(err)
	}
	if got := dial(t, addr).do("DBSIZE").text; got != "0" {
		t.Errorf("keys after a restart without memory: %s", got)
	}
}

func runID(w *wire) string {
	_, rest, _ := strings.Cut(w.do("INFO", "server").text, "run_id:")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}

func TestAFrozenNodeAnswersWhenItThaws(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	w.do("PING")
	n.Freeze()
	n.Freeze()
	w.send("SET", "k", "v")
	late := dial(t, n.Addr()) // connections are accepted all the same
	late.send("GET", "k")
	w.nc.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if v, err := w.read(); err == nil {
		t.Errorf("a frozen node answered %s", v)
	}
	n.Thaw()
	if got := w.receive().text; got != "OK" {
		t.Errorf("SET after the thaw: %q", got)
	}
	late.receive()
}

func TestAFrozenNodeCanBeStopped(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	w.do("SUBSCRIBE", "ch")
	n.Freeze()
	w.send("PING")
	n.Stop()
}

func TestAShiftedClockExpiresKeysAndShowsInTime(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	w.do("SET", "k", "v", "EX", "3600")
	n.ShiftClock(2 * time.Hour)
	until(t, "the key to expire", func() bool { return w.do("DBSIZE").text == "0" })
	if got, _ := strconv.ParseInt(w.do("TIME").items[0].text, 10, 64); got < time.Now().Add(time.Hour).Unix() {
		t.Errorf("TIME is %d, two hours ahead expected", got)
	}
	w.do("SET", "k", "v", "PX", "100")
	n.ShiftClock(-2 * time.Hour)
	if left := w.do("TTL", "k").text; len(left) != 4 { // some 7200 s
		t.Errorf("TTL after the clock went back: %s", left)
	}
}

func TestAPasswordIsAskedFor(t *testing.T) {
	n := startNode(t, Config{Password: "secret"})
	w := dial(t, n.Addr())
	for _, step := range []struct{ words, want string }{
		{"PING", "-NOAUTH Authentication required."},
		{"GET k", "-NOAUTH Authentication required."},
		{"AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled."},
		{"AUTH other secret", "-WRONGPASS invalid username-password pair or user is disabled."},
		{"AUTH secret", "+OK"},
		{"PING", "+PONG"},
		{"RESET", "+RESET"},
		{"PING", "-NOAUTH Authentication required."},
		{"AUTH default secret", "+OK"},
		{"PING", "+PONG"},
	} {
		if got := w.do(strings.Fields(step.words)...).String(); got != step.want {
			t.Errorf("%s: got %s, want %s", step.words, got, step.want)
		}
	}
	if got := dial(t, n.Addr()).do("HELLO", "3").text; !strings.HasPrefix(got, "NOAUTH HELLO must be called") {
		t.Errorf("HELLO without a password: %s", got)
	}
	if got := dial(t, n.Addr()).do("HELLO", "3", "AUTH", "default", "secret").kind; got != '%' {
		t.Errorf("HELLO with the password: reply of type %q", got)
	}
	if strings.Contains(n.URL(), "secret") {
		t.Error("the URL shows the password")
	}
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	n := startNode(t, Config{})
	if other, err := Start(Config{Addr: n.Addr()}); err == nil {
		other.Stop()
		t.Error("two nodes on one address")
	}
	if nodes, err := StartAll(2, Config{Addr: n.Addr()}); err == nil || nodes != nil {
		t.Error("StartAll on an address in use did not fail")
	}
}

func TestEachOfSeveralNodesHasItsOwnKeys(t *testing.T) {
	nodes, err := StartAll(5, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer StopAll(nodes)
	dial(t, nodes[0].Addr()).do("SET", "k", "v")
	for i, n := range nodes {
		if got := dial(t, n.Addr()).do("DBSIZE").text; (got == "1") != (i == 0) {
			t.Errorf("node %d has %s keys", i, got)
		}
	}
}

func TestInfoTellsWhatClientsLookFor(t *testing.T) {
	n := startNode(t, Config{})
	w := dial(t, n.Addr())
	w.do("SET", "k", "v", "EX", "100")
	w.do("CONFIG", "SET", "appendonly", "yes", "maxmemory-policy", "allkeys-lru")
	all := w.do("INFO").text
	_, port, _ := net.SplitHostPort(n.Addr())
	for _, line := range []string{
		"redis_version:7.0.15", "redis_mode:standalone", "lockscope_embedded:1", "role:master", "tcp_port:" + port,
		"uptime_in_seconds:0", "maxmemory_policy:allkeys-lru", "aof_enabled:1", "connected_clients:1", "db0:keys=1,expires=1,avg_ttl=0",
	} {
		if !strings.Contains(all, "\r\n"+line+"\r\n") {
			t.Errorf("INFO lacks %s in\n%s", line, all)
		}
	}
	if len(runID(w)) != 40 {
		t.Errorf("run_id %q", runID(w))
	}
	some := w.do("INFO", "replication", "KEYSPACE").text
	if !strings.HasPrefix(some, "# Replication\r\n") || !strings.Contains(some, "\r\n\r\n# Keyspace\r\n") || strings.Contains(some, "redis_version") {
		t.Errorf("INFO replication keyspace:\n%s", some)
	}
}
