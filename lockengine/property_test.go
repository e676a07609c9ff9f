package lockengine

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// configs draws settings that make sense, with the defaults filled in.
var configs = rapid.Custom(func(t *rapid.T) Config {
	c := Config{
		ClockDrift:  time.Duration(rapid.Int64Range(1, int64(time.Second)).Draw(t, "ClockDrift")),
		DriftFactor: rapid.Float64Range(0.0001, 0.49).Draw(t, "DriftFactor"),
		MinValidity: time.Duration(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, int64(10*time.Second))).Draw(t, "MinValidity")),
		MaxTTL:      1000 * time.Hour,
	}
	c = c.withDefaults()
	return c
})

// ttls draws leases in whole milliseconds, which is what Redis counts in.
var ttls = rapid.Map(rapid.Int64Range(1, int64(1000*time.Hour/time.Millisecond)), func(ms int64) time.Duration {
	return time.Duration(ms) * time.Millisecond
})

func TestALeaseIsAcceptedExactlyFromTheShortestThatMakesSense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, ttl := configs.Draw(t, "config"), ttls.Draw(t, "ttl")
		if err := c.checkTTL(ttl); (err == nil) != (ttl >= c.shortestTTL()) {
			t.Fatalf("%s, with a shortest of %s: %v", ttl, c.shortestTTL(), err)
		}
		if least := c.shortestTTL(); c.checkTTL(least) != nil || c.checkTTL(least-time.Millisecond) == nil {
			t.Fatalf("%s: %v; one less: %v", least, c.checkTTL(least), c.checkTTL(least-time.Millisecond))
		}
	})
}

func TestALeaseThatIsAcceptedCanBeHandedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, ttl := configs.Draw(t, "config"), ttls.Draw(t, "ttl")
		if c.checkTTL(ttl) != nil {
			return
		}
		validity := ttl - c.drift(ttl)
		if validity < c.minValidity(ttl) || validity <= 0 || validity >= ttl {
			t.Fatalf("of %s are left %s at best, at least %s are wanted", ttl, validity, c.minValidity(ttl))
		}
	})
}

func TestTheDriftAllowanceGrowsWithTheLeaseAndNeverBelowThatOfTheClocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := configs.Draw(t, "config")
		a, b := ttls.Draw(t, "a"), ttls.Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		if c.drift(a) > c.drift(b) || c.drift(a) < c.ClockDrift {
			t.Fatalf("%s for %s, %s for %s", c.drift(a), a, c.drift(b), b)
		}
	})
}

// A unit that is applied twice, or not at all, shows as a factor of a thousand
// or more.
func TestNoDurationChangesItsUnitOnTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, ttl := configs.Draw(t, "config"), ttls.Draw(t, "ttl")
		e := &Engine{cfg: c}
		r := &round{engine: e, start: time.Now()}
		l := newLease(e, r, "x", "", ttl)
		if got := l.mayLast.Sub(l.acquiredAt); got != ttl+c.drift(ttl) {
			t.Fatalf("a node may hold a lease of %s for %s", ttl, got)
		}
		if got := l.validUntil.Sub(l.acquiredAt); got != ttl-c.drift(ttl) {
			t.Fatalf("a lease of %s is valid for %s", ttl, got)
		}
	})
}

func TestARenewalComesAtAThirdOfTheLeaseGiveOrTakeATenth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, ttl := configs.Draw(t, "config"), ttls.Draw(t, "ttl")
		c.Random = func() uint64 { return rapid.Uint64().Draw(t, "random") }
		l := &Lease{engine: &Engine{cfg: c}, ttl: ttl}
		if pause := l.renewalPauseLocked(); pause < ttl*29/100 || pause > ttl*37/100 || pause <= 0 {
			t.Fatalf("%s for a lease of %s", pause, ttl)
		}
	})
}

func TestTheReferenceClockTranslatesThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newReference(time.Now())
		away := time.Duration(rapid.Int64Range(-int64(1000*time.Hour), int64(1000*time.Hour)).Draw(t, "away"))
		local := r.start.Add(away)
		if back := r.local(r.at(local)); !back.Equal(local) || back.Sub(r.start) != away {
			t.Fatalf("%s came back as %s", local, back)
		}
		if there := r.at(local).Sub(r.start.Round(0)); there != away {
			t.Fatalf("%s away became %s", away, there)
		}
	})
}

func TestAClockSampleIsNeverFurtherOffThanItsError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newReference(time.Now())
		offset := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "offset"))
		rtt := rapid.Int64Range(0, int64(time.Second)).Draw(t, "rtt")
		read := rapid.Int64Range(0, rtt).Draw(t, "read")
		sent := r.start.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "sent")))
		s := r.sample(&Health{Sent: sent, Received: sent.Add(time.Duration(rtt)),
			Time: r.at(sent.Add(time.Duration(read))).Add(offset)})
		if off := (s.offset - offset).Abs(); off > s.err {
			t.Fatalf("off by %s, allowed are %s", off, s.err)
		}
	})
}

func TestASteadyClockNeverJumpsAndAJumpIsSeenAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const allowed = 5 * time.Millisecond
		var c clockMonitor
		offset := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "offset"))
		draw := func() clockSample {
			err := time.Duration(rapid.Int64Range(1, int64(50*time.Millisecond)).Draw(t, "err"))
			off := time.Duration(rapid.Int64Range(-int64(err), int64(err)).Draw(t, "off"))
			return clockSample{offset: offset + off, err: err}
		}
		for range rapid.IntRange(1, 3*clockWindow).Draw(t, "samples") {
			if jump := c.add(draw(), allowed); jump != 0 {
				t.Fatalf("a steady clock jumped by %s", jump)
			}
		}
		if best, _ := c.best(); (best.offset - offset).Abs() > best.err {
			t.Fatalf("the best sample is off by %s, allowed are %s", best.offset-offset, best.err)
		}
		jump := time.Duration(rapid.Int64Range(int64(250*time.Millisecond), int64(time.Hour)).Draw(t, "jump"))
		if rapid.Bool().Draw(t, "backwards") {
			jump = -jump
		}
		offset += jump
		seen := c.add(draw(), allowed)
		if (seen-jump).Abs() > 100*time.Millisecond || c.jumps != 1 {
			t.Fatalf("a jump of %s was seen as %s", jump, seen)
		}
		if again := c.add(draw(), allowed); again != 0 || c.jumps != 1 {
			t.Fatalf("the same jump was seen again, as %s", again)
		}
	})
}
