package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

func TestContentionIsMeasuredInOneProcessAndInTwo(t *testing.T) {
	out := t.TempDir()
	runBench(t, "-sections", "contention", "-nodes", "3", "-waiters", "1,3", "-engines", "lockscope", "-seconds", "0.05", "-rounds", "1", "-out", out)

	rows := read(t, out, "contention.json")
	if len(rows) != 8 {
		t.Fatalf("got %d rows, want 8: two numbers of waiters, with and without work, in one process and in two", len(rows))
	}
	for _, row := range rows {
		if !(row["holdsPerSec"].(float64) > 0) || row["twoAtOnce"] != 0.0 || row["engine"] != "lockscope" {
			t.Errorf("not a struggle for a lock: %v", row)
		}
		shares := row["processShares"].([]any)
		if len(shares) != int(row["processes"].(float64)) {
			t.Errorf("shares of %v, want one for each of %v processes", shares, row["processes"])
		}
	}
	handovers := read(t, out, "handover.json")
	if len(handovers) != 2 {
		t.Fatalf("got %d rows of hand-overs, want one for each number of processes", len(handovers))
	}
	for _, row := range handovers {
		if !(row["handovers"].(float64) > 1) || !(row["p50Trips"].(float64) > 0) {
			t.Errorf("nothing was handed over: %v", row)
		}
	}
}

func TestAHungNodeIsMeasuredAndGoesOnAfterwards(t *testing.T) {
	out := t.TempDir()
	runBench(t, "-sections", "hung", "-engines", "lockscope,redsync-failfast", "-seconds", "0.05", "-rounds", "1", "-out", out)
	rows := read(t, out, "hung.json")
	if len(rows) != 6 {
		t.Fatalf("got %d rows, want 6: two engines with three operations", len(rows))
	}
	for _, row := range rows {
		if !(row["samples"].(float64) > 0) || !(row["healthyP50Micros"].(float64) > 0) || !(row["hungP50Micros"].(float64) > 0) {
			t.Errorf("nothing was measured: %v", row)
		}
	}
}

func TestTheWatcherIsMeasuredWithNamesThatItKnows(t *testing.T) {
	out := t.TempDir()
	runBench(t, "-sections", "watcher", "-nodes", "1", "-names", "0,2500", "-seconds", "0.05", "-rounds", "1", "-out", out)
	rows := read(t, out, "watcher.json")
	if len(rows) != 8 {
		t.Fatalf("got %d rows, want 8: four modes with two numbers of names", len(rows))
	}
	for _, row := range rows {
		if !(row["opsPerSec"].(float64) > 0) || !(row["ratioToOff"].(float64) > 0) {
			t.Errorf("nothing was measured: %v", row)
		}
	}
}

func TestTheNodesHoldTheNamesThatTheyAreTo(t *testing.T) {
	servers, err := startNodes(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer servers.stop()
	for _, step := range [][2]int{{0, 10}, {10, loadStep + 7}} {
		if err := servers.load(t.Context(), step[0], step[1]); err != nil {
			t.Fatal(err)
		}
		for _, c := range servers.clients {
			if n := c.DBSize(t.Context()).Val(); n != int64(step[1]) {
				t.Errorf("a node holds %d names, want %d", n, step[1])
			}
		}
	}
	before, err := servers.usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		servers.clients[0].Ping(t.Context())
	}
	after, err := servers.usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := after.commands - before.commands; n < 10 || after.reads-before.reads < 10 || after.cpu < before.cpu {
		t.Errorf("after ten commands: %+v, before: %+v", after, before)
	}
}

// That no server is left is what goleak sees: each has a goroutine that waits
// for its end.
func TestAnInterruptedRunStopsItsServersAndSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &interrupting{at: "locks 1/", interrupt: cancel}
	args := []string{"-nodes", "1", "-engines", "ceiling", "-callers", "1", "-seconds", "0.02", "-rounds", "10000", "-out", t.TempDir()}
	code := run(ctx, args, nil, io.Discard, stderr)
	if code != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("ended with %d and said %q", code, stderr)
	}
}

// interrupting calls interrupt when certain words are written to it.
type interrupting struct {
	bytes.Buffer
	at        string
	interrupt func()
}

func (i *interrupting) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(i.at)) {
		i.interrupt()
	}
	return i.Buffer.Write(p)
}

func TestASecondProcessWithoutAnOrderEnds(t *testing.T) {
	for _, said := range []string{"", "{}", "nonsense", `{"Order":{"Engine":"redislock"}}`} {
		var out bytes.Buffer
		if code := run(t.Context(), []string{childCommand}, strings.NewReader(said), &out, io.Discard); code != 1 || !strings.Contains(out.String(), "Failure") {
			t.Errorf("told %q: ended with %d and said %q", said, code, &out)
		}
	}
}
