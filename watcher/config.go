package watcher

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

// A Source is one node to watch.
type Source struct {
	// ID names the node in votes and on pages. It is unique within a Watcher.
	ID string
	// Target says where it is and how to connect. The watcher makes clients of
	// its own, with its own timeouts.
	Target *target.Target
}

// A Mode is how the watcher learns of changes.
type Mode string

const (
	// ModeAuto merges the flags that are needed into what the node has in
	// notify-keyspace-events, where it may.
	ModeAuto Mode = "auto"
	// ModeExternal never touches the configuration of a node: somebody else
	// has turned the events on. A canary key tells whether that is so.
	ModeExternal Mode = "external"
	// ModeOff uses no events and scans again and again.
	ModeOff Mode = "off"
)

const (
	// DefaultBudget keeps a node busy for a twentieth of its time at most, and
	// lets 100,000 names be read for the first time in four seconds.
	DefaultBudget = 60_000
	// MinBudget leaves room to look whether a node is well.
	MinBudget = 100
	// DefaultEvents is what one core reads beside other work. A lock that is taken
	// and released brings three events.
	DefaultEvents = 15_000
	// MinEvents is less than a canary and a few locks bring.
	MinEvents = 100
)

// A Config holds the settings of a Watcher. The zero value of each field means
// its default.
type Config struct {
	// Patterns select the names to watch, as Redis globs. Default "lock:*".
	Patterns []string
	// Libraries says which library takes the locks of a pattern of names, where
	// their form does not tell. Default none.
	Libraries format.Pins
	// Notifications is how changes are learnt of. Default ModeAuto.
	Notifications Mode
	// Resync is how often all names are scanned although events arrive, give
	// or take a fifth, or as often as a tenth of the Budget allows. Default 20s.
	Resync time.Duration
	// Budget is how many operations a second the watcher may cost a node, at
	// least MinBudget. A step of a scan counts as one for every five keys that the
	// node looks at. Where it does not suffice, changes wait and are read together.
	// Default DefaultBudget.
	Budget int
	// Events is how many events a second of a node are followed, at least
	// MinEvents. A node that sends more for two seconds is scanned instead, with a
	// tenth of the Budget, until it sends less. Default DefaultEvents.
	Events int
	// ClockDrift is how much the clocks of the nodes may differ. Times to live
	// that differ by more, and a little for the network, are flagged.
	// Default 5ms.
	ClockDrift time.Duration
	// FreeRetention is how long a name that became free is still shown.
	// Default 30s.
	FreeRetention time.Duration
	// Logger hears of nodes that come and go. Default slog.Default().
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if len(c.Patterns) == 0 {
		c.Patterns = []string{"lock:*"}
	}
	if c.Notifications == "" {
		c.Notifications = ModeAuto
	}
	if c.Resync == 0 {
		c.Resync = 20 * time.Second
	}
	if c.Budget == 0 {
		c.Budget = DefaultBudget
	}
	if c.Events == 0 {
		c.Events = DefaultEvents
	}
	if c.ClockDrift == 0 {
		c.ClockDrift = 5 * time.Millisecond
	}
	if c.FreeRetention == 0 {
		c.FreeRetention = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// check reports all that is wrong with the sources and c together.
func (c Config) check(sources []Source) error {
	var errs []error
	if len(sources) == 0 {
		errs = append(errs, errors.New("no node to watch"))
	}
	seen := make(map[string]bool)
	for i, s := range sources {
		switch {
		case s.ID == "":
			errs = append(errs, fmt.Errorf("node %d has no ID", i+1))
		case seen[s.ID]:
			errs = append(errs, fmt.Errorf("two nodes have the ID %q", s.ID))
		}
		seen[s.ID] = true
		if s.Target == nil {
			errs = append(errs, fmt.Errorf("node %q has no target", s.ID))
		}
	}
	for _, p := range c.Patterns {
		if p == "" {
			errs = append(errs, errors.New("an empty pattern matches no name"))
		}
	}
	switch c.Notifications {
	case "", ModeAuto, ModeExternal, ModeOff:
	default:
		errs = append(errs, fmt.Errorf("notifications: got %q, want auto, external or off", c.Notifications))
	}
	if c.Budget != 0 && c.Budget < MinBudget {
		errs = append(errs, fmt.Errorf("budget: got %d operations per second and node, want at least %d", c.Budget, MinBudget))
	}
	if c.Events != 0 && c.Events < MinEvents {
		errs = append(errs, fmt.Errorf("events: got %d a second and node, want at least %d", c.Events, MinEvents))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"resync", c.Resync}, {"clock drift", c.ClockDrift}, {"free retention", c.FreeRetention}} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("%s: got %s, want a positive duration", d.name, d.value))
		}
	}
	return errors.Join(errs...)
}
