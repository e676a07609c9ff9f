package lockengine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits and defaults. The defaults of TTL, retries and delay are those of the
// Redlock sample that people know.
const (
	// MaxName is the longest lock name, in bytes.
	MaxName = 512
	// MaxOwner is the longest owner, in bytes.
	MaxOwner = 128
	// MaxNote is the longest note, in characters.
	MaxNote = 200

	DefaultTTL         = 10 * time.Second
	DefaultMaxTTL      = 60 * time.Second
	DefaultRetryCount  = 3
	DefaultRetryDelay  = 100 * time.Millisecond
	DefaultRetryJitter = 50 * time.Millisecond
	DefaultClockDrift  = 5 * time.Millisecond
	DefaultDriftFactor = 0.01
	DefaultNodeTimeout = 50 * time.Millisecond
	DefaultMaxWaiters  = 1024
)

// A Config holds the knobs of an engine. The zero value is the default.
type Config struct {
	// TTL is the lease asked for where a call names none. Default 10 s.
	TTL time.Duration
	// MaxTTL is the longest lease that may be asked for. Default 60 s.
	MaxTTL time.Duration
	// RetryCount is how often an attempt that nobody won is repeated. Default
	// 3; negative means never.
	RetryCount int
	// RetryDelay is the pause between two attempts, and RetryJitter how much
	// it varies in both directions, so that rivals do not collide again.
	// Defaults 100 ms and 50 ms; a negative jitter means none.
	RetryDelay, RetryJitter time.Duration
	// ClockDrift is by how much the clocks of two nodes may differ, and
	// DriftFactor how much faster one may run, as a share of the TTL. The
	// drift allowance of a lease is TTL*DriftFactor + ClockDrift. Defaults
	// 5 ms and 0.01.
	ClockDrift  time.Duration
	DriftFactor float64
	// NodeTimeout is how long a round waits for a node. Default 50 ms.
	NodeTimeout time.Duration
	// MinValidity is how much validity a lease must have left when it is
	// handed out. Default: its drift allowance, since a lease shorter than
	// the uncertainty of the clocks is none.
	MinValidity time.Duration
	// MaxWaiters is how many callers of this engine may wait for one name.
	// Default 1024.
	MaxWaiters int
	// Wake tells when a lock becomes free. Default: nobody does, and waiting
	// callers ask again after RetryDelay.
	Wake Waker
	// NoQuarantine counts the votes of nodes that lost their memory, which can
	// give a lock that is held to a second holder.
	NoQuarantine bool
	// Fresh says that the nodes were started empty for this engine, so that
	// they have nothing to remember and vote at once. After a restart they sit
	// out all the same.
	Fresh bool
	// Observer is told what happens. Default: nobody.
	Observer Observer
	// Clock is what the time is taken from. Default: the machine's.
	Clock Clock
	// Random is the source of jitter. Default math/rand/v2. A simulation sets
	// it to make a run repeatable; tokens are always drawn from crypto/rand.
	Random func() uint64
}

func (c Config) withDefaults() Config {
	def(&c.TTL, DefaultTTL)
	def(&c.MaxTTL, max(DefaultMaxTTL, c.TTL))
	def(&c.RetryCount, DefaultRetryCount)
	def(&c.RetryDelay, DefaultRetryDelay)
	def(&c.RetryJitter, DefaultRetryJitter)
	def(&c.ClockDrift, DefaultClockDrift)
	def(&c.DriftFactor, DefaultDriftFactor)
	def(&c.NodeTimeout, DefaultNodeTimeout)
	def(&c.MaxWaiters, DefaultMaxWaiters)
	c.RetryCount = max(c.RetryCount, 0)
	c.RetryJitter = max(c.RetryJitter, 0)
	if c.Random == nil {
		c.Random = rand.Uint64
	}
	return c
}

// def sets *v to the default d where it has its zero value.
func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// drift is the allowance for clocks in a lease of ttl.
func (c *Config) drift(ttl time.Duration) time.Duration {
	return time.Duration(float64(ttl)*c.DriftFactor) + c.ClockDrift
}

// minValidity is what must be left of a lease of ttl when it is handed out.
func (c *Config) minValidity(ttl time.Duration) time.Duration {
	if c.MinValidity > 0 {
		return c.MinValidity
	}
	return c.drift(ttl)
}

// Check reports the first setting that [New] would refuse, as an
// *[ArgumentError].
func (c Config) Check() error {
	c = c.withDefaults()
	return c.check()
}

// check is Check with the defaults filled in.
func (c *Config) check() error {
	positive := func(field string, d time.Duration) error {
		if d <= 0 {
			return &ArgumentError{Field: field, Got: d.String(), Want: "a duration above zero"}
		}
		return nil
	}
	for _, err := range []error{
		positive("RetryDelay", c.RetryDelay),
		positive("NodeTimeout", c.NodeTimeout),
		positive("MaxTTL", c.MaxTTL),
	} {
		if err != nil {
			return err
		}
	}
	if c.ClockDrift < 0 {
		return &ArgumentError{Field: "ClockDrift", Got: c.ClockDrift.String(), Want: "zero or more"}
	}
	if !(c.DriftFactor >= 0 && c.DriftFactor < 0.5) {
		return &ArgumentError{Field: "DriftFactor", Got: fmt.Sprint(c.DriftFactor), Want: "a share from 0 to below 0.5"}
	}
	return c.checkTTL(c.TTL)
}

// shortestTTL is the shortest lease that makes sense.
func (c *Config) shortestTTL() time.Duration {
	// ttl >= 2*(ttl*factor + drift), and the minimum validity on top of one.
	least := time.Duration(float64(2*c.ClockDrift) / (1 - 2*c.DriftFactor))
	least = max(least, time.Duration(float64(c.MinValidity+c.ClockDrift)/(1-c.DriftFactor)))
	return (least + time.Millisecond).Truncate(time.Millisecond)
}

// checkTTL reports whether a lease of ttl makes sense.
func (c *Config) checkTTL(ttl time.Duration) error {
	least := c.shortestTTL()
	switch {
	case ttl <= 0:
		return &ArgumentError{Field: "ttl", Got: ttl.String(), Want: "a duration above zero"}
	case ttl > c.MaxTTL:
		return &ArgumentError{Field: "ttl", Got: ttl.String(), Want: "at most " + c.MaxTTL.String()}
	case c.MinValidity >= ttl:
		return &ArgumentError{Field: "MinValidity", Got: c.MinValidity.String(), Want: "less than the TTL of " + ttl.String()}
	case ttl < least:
		return &ArgumentError{Field: "ttl", Got: ttl.String(),
			Want: "at least " + least.String() + ", so that clock drift leaves something of it"}
	}
	return nil
}

func checkContext(ctx context.Context) error {
	if ctx == nil {
		return &ArgumentError{Field: "ctx", Got: "nil", Want: "a context"}
	}
	return nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return &ArgumentError{Field: "name", Got: "an empty name", Want: "1 to 512 bytes"}
	case len(name) > MaxName:
		return &ArgumentError{Field: "name", Got: strconv.Itoa(len(name)) + " bytes", Want: "1 to 512 bytes"}
	}
	return nil
}

func checkOwner(owner string) error {
	if len(owner) > MaxOwner {
		return &ArgumentError{Field: "owner", Got: strconv.Itoa(len(owner)) + " bytes", Want: "at most 128 bytes"}
	}
	return checkPrintable("owner", owner)
}

func checkNote(note string) error {
	if n := utf8.RuneCountInString(note); n > MaxNote {
		return &ArgumentError{Field: "note", Got: strconv.Itoa(n) + " characters", Want: "at most " + strconv.Itoa(MaxNote) + " characters"}
	}
	return checkPrintable("note", note)
}

func checkPrintable(field, text string) error {
	if !utf8.ValidString(text) {
		return &ArgumentError{Field: field, Got: "bytes that are not UTF-8", Want: "printable text"}
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return &ArgumentError{Field: field, Got: fmt.Sprintf("the character %U", r), Want: "printable text"}
		}
	}
	return nil
}
