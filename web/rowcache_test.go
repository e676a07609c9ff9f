package web

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/lockscope/lockscope/watcher"
	"github.com/lockscope/lockscope/web/streamclient"
	"pgregory.net/rapid"
)

// members are the names of what an encoded row says, without the name itself.
func members(t interface{ Fatal(...any) }, row []byte) []string {
	var m streamclient.Row
	if err := json.Unmarshal(row, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "name")
	return slices.Sorted(maps.Keys(m))
}

func TestAChangedRowComesAsAPatchOfWhatChanged(t *testing.T) {
	c := newRowCache()
	lock := func(seq uint64, state watcher.State, fence int64) []watcher.Lock {
		return []watcher.Lock{{Name: "lock:a", Seq: seq, State: state, Fence: fence}}
	}
	has := func(seq uint64) map[string]uint64 { return map[string]uint64{"lock:a": seq} }
	whole := members(t, c.all(lock(1, watcher.StateFree, 0))[0])
	if !slices.Contains(whole, "votes") || !slices.Contains(whole, "nameB64") {
		t.Errorf("a whole row has %q", whole)
	}
	if got := members(t, c.patches(lock(2, watcher.StateHeld, 0), has(1))[0]); !slices.Equal(got, []string{"seq", "state"}) {
		t.Errorf("a change of the state: got %q", got)
	}
	if got := members(t, c.patches(lock(3, watcher.StateHeld, 7), has(1))[0]); !slices.Equal(got, []string{"fence", "seq", "state"}) {
		t.Errorf("two changes at once: got %q", got)
	}
	if got := members(t, c.patches(lock(3, watcher.StateHeld, 7), nil)[0]); !slices.Equal(got, whole) {
		t.Errorf("for who had nothing: got %q", got)
	}
	// A window that is a little older may be encoded later.
	if got := members(t, c.patches(lock(2, watcher.StateHeld, 0), has(1))[0]); !slices.Equal(got, whole) {
		t.Errorf("a row of the past: got %q", got)
	}
	if got := members(t, c.patches(lock(3, watcher.StateHeld, 7), has(2))[0]); !slices.Equal(got, whole) {
		t.Errorf("after a row of the past: got %q", got)
	}
}

// Whatever the order in which clients are brought forward, with whatever
// versions of a row, each shows the version it was brought to.
func TestPatchesLeadEveryClientToTheSameRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newRowCache()
		versions := []watcher.Lock{{Name: "lock:a", Seq: 1, State: watcher.StateFree}}
		type client struct {
			seq uint64
			row streamclient.Row
		}
		clients := make([]client, 3)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "change") {
				last := versions[len(versions)-1]
				next := watcher.Lock{Name: last.Name, Seq: last.Seq + 1, State: last.State, Fence: rapid.Int64Range(0, 2).Draw(t, "fence")}
				if rapid.Bool().Draw(t, "held") {
					next.State, next.Holder.Fingerprint = watcher.StateHeld, rapid.SampledFrom([]string{"aa", "bb"}).Draw(t, "holder")
				}
				versions = append(versions, next)
				continue
			}
			who := rapid.IntRange(0, len(clients)-1).Draw(t, "client")
			x := &clients[who]
			// One of the last versions, and none that is older than it has.
			at := max(int(x.seq)-1, len(versions)-1-rapid.IntRange(0, 2).Draw(t, "behind"), 0)
			lock := versions[at]
			from := map[string]uint64{}
			if x.seq > 0 {
				from[lock.Name] = x.seq
			}
			var patch, want streamclient.Row
			if err := json.Unmarshal(c.patches([]watcher.Lock{lock}, from)[0], &patch); err != nil {
				t.Fatal(err)
			}
			x.seq, x.row = lock.Seq, x.row.Patched(patch)
			if err := json.Unmarshal(newRowCache().all([]watcher.Lock{lock})[0], &want); err != nil {
				t.Fatal(err)
			}
			got, wanted := encode(x.row), encode(streamclient.Row{}.Patched(want))
			if string(got) != string(wanted) {
				t.Fatalf("client %d shows %s, want %s", who, got, wanted)
			}
		}
	})
}
