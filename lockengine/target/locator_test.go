package target

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/lockscope/lockscope/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long something that is to come may take.
const patience = 30 * time.Second

// locator returns a locator of the URL for the length of the test.
func locator(t *testing.T, url string) *Locator {
	t.Helper()
	x, err := Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	l := x.Locator()
	t.Cleanup(l.Close)
	return l
}

// eventually waits until done.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func TestASingleServerIsWhereItsURLSays(t *testing.T) {
	layout, err := locator(t, "redis://127.0.0.1:1/2").Locate(t.Context())
	if err != nil || len(layout.Masters) != 1 || layout.Masters[0].Addr != "127.0.0.1:1" || layout.Owner(77) != 0 {
		t.Errorf("%+v, %v", layout, err)
	}
}

func TestAMajorityOfTheSentinelsNamesTheMaster(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t)
	l := locator(t, s.URL())
	layout, err := l.Locate(t.Context())
	if err != nil || layout.Masters[0].Addr != s.Servers[0].Addr() {
		t.Fatalf("%+v, %v", layout, err)
	}
	_, err = locator(t, strings.Replace(s.URL(), redistest.SentinelMaster, "another", 1)).Locate(t.Context())
	if err == nil || !strings.Contains(err.Error(), `knows no master "another"`) {
		t.Errorf("a name that they do not know: %v", err)
	}

	// The next master is named once most of them agree.
	s.Servers[0].Kill()
	eventually(t, "another master is named", func() bool {
		layout, err = l.Locate(t.Context())
		return err == nil && layout.Masters[0].Addr != s.Servers[0].Addr()
	})
	if master := s.Master(t); master == nil || master.Addr() != layout.Masters[0].Addr {
		t.Errorf("named %v, the master is %v", layout.Masters, master)
	}

	s.Sentinels[0].Kill()
	if _, err := l.Locate(t.Context()); err != nil {
		t.Errorf("with two of three: %v", err)
	}
	s.Sentinels[1].Kill()
	_, err = l.Locate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "2 of 3 sentinels") {
		t.Errorf("with one of three: %v", err)
	}
}

func TestAClusterIsAllItsMasters(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t)
	l := locator(t, c.URL())
	layout, err := l.Locate(t.Context())
	if err != nil || len(layout.Masters) != 3 {
		t.Fatalf("%+v, %v", layout, err)
	}
	client := c.Client(t)
	for i := range 200 {
		name := fmt.Sprintf("name%d{%x}", i, i*i)
		slot := int(client.ClusterKeySlot(t.Context(), name).Val())
		if got := Slot(name); got != slot {
			t.Fatalf("%q: slot %d, it is %d", name, got, slot)
		}
		if at := layout.Masters[layout.Owner(slot)].Addr; at != c.Owner(t, slot).Addr() {
			t.Errorf("slot %d is at %s", slot, at)
		}
	}
	for i := range layout.Masters {
		if slot, ok := layout.First(i); !ok || layout.Owner(slot) != i || slot > 0 && layout.Owner(slot-1) == i {
			t.Errorf("the first slot of %d is %d", i, slot)
		}
	}

	// A master without slots is one all the same, whoever is asked.
	added := c.Add(t)
	for _, s := range c.Servers {
		more, err := locator(t, "redis+cluster://"+s.Addr()).Locate(t.Context())
		if err != nil || len(more.Masters) != 4 || more.SameMasters(&layout) {
			t.Errorf("asked at %s: %+v, %v", s.Addr(), more.Masters, err)
		}
	}

	// While it is getting its first slot, too, which is still another's.
	redistest.Client(t, added).Do(t.Context(), "CLUSTER", "SETSLOT", 0, "IMPORTING", redistest.ID(t, c.Owner(t, 0)))
	more, err := locator(t, "redis+cluster://"+added.Addr()).Locate(t.Context())
	if err != nil || len(more.Masters) != 4 || len(more.Gained(&layout)) != 0 {
		t.Errorf("%+v, %v", more.Masters, err)
	}

	// One that is lost leaves slots without a master until its replica takes over.
	c.Owner(t, 0).Kill()
	eventually(t, "it is missed", func() bool { _, err = l.Locate(t.Context()); return err != nil })
	eventually(t, "it is replaced", func() bool { more, err = l.Locate(t.Context()); return err == nil })
	if more.SameMasters(&layout) || more.Masters[more.Owner(0)].Addr == layout.Masters[layout.Owner(0)].Addr {
		t.Errorf("still %+v", more.Masters)
	}
}

func TestEverySlotHasATag(t *testing.T) {
	for slot := range Slots {
		if tag := Tag(slot); Slot("lockscope:{"+tag+"}x}") != slot || len(tag) > 4 {
			t.Fatalf("the tag of %d is %q", slot, tag)
		}
	}
	// What a key without a tag is: all of it counts.
	for _, key := range []string{"", "{}x", "a}b", "{", "}{", "x{"} {
		if Slot(key) != int(crc16(key))%Slots {
			t.Errorf("%q", key)
		}
	}
}

func init() { redis.SetLogger(quiet{}) }

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
