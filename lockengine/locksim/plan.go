package locksim

import (
	"time"

	"github.com/lockscope/lockscope/lockengine"
)

// A plan is what a seed says of a history before it begins.
type plan struct {
	profile   profile
	nodes     int
	processes int
	clients   int // of each process
	names     int
	ttl       time.Duration // of each acquisition
	maxTTL    time.Duration
	think     time.Duration // how long clients do nothing, at most
	held      time.Duration // how long they do something with a lease, at most
	weather   weather
	faults    []fault
	// fresh says that the nodes were started just before, and knownFresh that
	// the engines were told so.
	fresh, knownFresh bool
	// rates and offsets are of the nodes' clocks.
	rates   []float64
	offsets []time.Duration
	durable []bool
	// wild says that clocks go wrong by more than the drift allows, so that
	// neither exclusion nor fences can be expected.
	wild bool
	// sweep is how soon nothing may be left of what failed.
	sweep time.Duration
}

// A profile is a kind of trouble.
type profile struct {
	name string
	// share is how many of 100 histories are of this kind.
	share   int
	weather weather
	cuts    int // how many at most
	crashes int
	lose    bool // crashes may lose memory
	fences  bool // all clocks run back, so that only the nodes' memory makes fences grow
	few     bool // few nodes, and few processes that could notice what happened to them
	flushes int
	kills   int // of processes
	clocks  bool
	replies bool // only replies are lost, and nothing may be left behind
}

// chaosFor is how long there is trouble and clients are busy.
const chaosFor = 5 * time.Second

var rough = weather{
	delayMin: 200 * time.Microsecond, delayMax: 4 * time.Millisecond,
	slow: 0.05, slowMin: 20 * time.Millisecond, slowMax: 150 * time.Millisecond,
	stall: 0.004, stallMin: 200 * time.Millisecond, stallMax: 1500 * time.Millisecond,
	lostRequest: 0.01, lostReply: 0.01, silent: 0.5, gap: 0.05,
}

var profiles = []profile{
	{name: "calm", share: 6, weather: weather{delayMin: calm.delayMin, delayMax: 3 * time.Millisecond, gap: 0.1}},
	{name: "slow", share: 10, weather: weather{
		delayMin: calm.delayMin, delayMax: 20 * time.Millisecond,
		slow: 0.2, slowMin: 20 * time.Millisecond, slowMax: 200 * time.Millisecond,
		stall: 0.03, stallMin: 200 * time.Millisecond, stallMax: 1500 * time.Millisecond, gap: 0.2}},
	{name: "lossy", share: 8, weather: weather{
		delayMin: calm.delayMin, delayMax: 5 * time.Millisecond,
		lostRequest: 0.06, lostReply: 0.06, silent: 0.4, gap: 0.1}},
	{name: "cuts", share: 10, cuts: 8, weather: weather{
		delayMin: calm.delayMin, delayMax: 3 * time.Millisecond, lostReply: 0.01, silent: 0.5, gap: 0.05}},
	{name: "crashes", share: 14, crashes: 6, lose: true, kills: 2, weather: weather{
		delayMin: calm.delayMin, delayMax: 3 * time.Millisecond, lostReply: 0.01, silent: 0.5, gap: 0.05}},
	{name: "restarts", share: 10, crashes: 10, lose: true, few: true, kills: 8, weather: weather{
		delayMin: calm.delayMin, delayMax: 2 * time.Millisecond, gap: 0.05}},
	{name: "fences", share: 8, fences: true, weather: weather{
		delayMin: calm.delayMin, delayMax: 2 * time.Millisecond,
		lostRequest: 0.12, silent: 0.05, gap: 0.1}},
	{name: "flushes", share: 6, flushes: 6, weather: weather{
		delayMin: calm.delayMin, delayMax: 10 * time.Millisecond,
		lostRequest: 0.06, lostReply: 0.06, silent: 0.4, gap: 0.1}},
	{name: "clocks", share: 8, clocks: true, weather: rough},
	{name: "replies", share: 10, replies: true, weather: weather{
		delayMin: calm.delayMin, delayMax: 2 * time.Millisecond, lostReply: 0.08, silent: 0.3, gap: 0.05}},
	{name: "chaos", share: 10, cuts: 4, crashes: 4, lose: true, flushes: 1, kills: 1, weather: rough},
}

// drift is what the engines allow for clocks.
func drift(ttl time.Duration) time.Duration {
	return time.Duration(float64(ttl)*lockengine.DefaultDriftFactor) + lockengine.DefaultClockDrift
}

// newPlan draws the plan of a seed. kind, where set, is the name of the profile,
// which is drawn otherwise.
func newPlan(seed uint64, kind string) plan {
	d := newDice(seed, forPlan)
	p := plan{profile: profiles[0]}
	at := d.pick(100)
	for _, candidate := range profiles {
		at -= candidate.share
		if kind == candidate.name || kind == "" && at < 0 {
			p.profile = candidate
			break
		}
	}
	p.weather = p.profile.weather
	p.nodes = []int{5, 5, 5, 3, 3, 3, 4, 2, 1, 5}[d.pick(10)]
	p.processes = 2 + d.pick(3)
	p.clients = 1 + d.pick(3)
	if p.profile.few {
		// One name: callers of one process do not ask while it holds the lock
		// itself, so it takes several processes to try the nodes hard.
		p.nodes, p.processes, p.clients = []int{1, 1, 3, 5}[d.pick(4)], 3, 2
	}
	p.names = 1 + d.pick(2)
	if p.profile.few {
		p.names = 1
	}
	p.think = d.between(5*time.Millisecond, 150*time.Millisecond)
	p.ttl = 30 * time.Millisecond * time.Duration(7+d.pick(20))
	p.maxTTL = p.ttl * time.Duration(1+d.pick(3))
	p.held = min(p.ttl, 500*time.Millisecond)
	if p.profile.fences {
		p.nodes, p.processes, p.clients, p.names = max(p.nodes, 3), 4, 1, 1
		p.think, p.held = 20*time.Millisecond, 5*time.Millisecond
		p.maxTTL = p.ttl
	}
	p.fresh = d.chance(0.2)
	p.knownFresh = p.fresh && d.chance(0.5)
	if p.profile.replies {
		p.ttl, p.maxTTL = 12*time.Second, 12*time.Second
		p.fresh, p.nodes = false, max(p.nodes, 3)
		p.sweep = 7 * time.Second
	}
	p.wild = p.profile.clocks && d.chance(0.5)
	p.drawClocks(d)
	for range p.nodes {
		p.durable = append(p.durable, d.chance(0.2))
	}
	p.drawFaults(newDice(seed, forFaults))
	return p
}

// drawClocks draws the nodes' clocks: as far apart as anybody likes, since only
// their pace matters; the pace within the drift unless they are wild.
func (p *plan) drawClocks(d *dice) {
	apart, pace := 50*time.Millisecond, 0.0001
	if p.profile.clocks {
		apart, pace = 2*time.Second, 0.007
	}
	if p.wild {
		pace = 0.2
	}
	for range p.nodes {
		p.offsets = append(p.offsets, d.between(0, apart))
		p.rates = append(p.rates, d.share(-pace, pace))
	}
}

// engineConfig is the configuration of the engines in a history.
func (p *plan) engineConfig() lockengine.Config {
	return lockengine.Config{
		TTL: p.ttl, MaxTTL: p.maxTTL,
		RetryDelay: 30 * time.Millisecond, RetryJitter: 5 * time.Millisecond,
		NodeTimeout: 50 * time.Millisecond, Fresh: p.knownFresh,
	}
}
