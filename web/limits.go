package web

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// maxBody is the longest body of a request, in bytes.
const maxBody = 64 << 10

// Limits bound what clients may use. The zero value of each is its default.
type Limits struct {
	// CommandRate is how many commands per second one address may send, and
	// CommandBurst how many at once. Defaults 20 and 40.
	CommandRate  float64
	CommandBurst int
	// Leases is how many leases are held at a time. Default 10,000.
	Leases int
	// Sockets is how many streams are open at a time, SocketsPerSession and
	// SocketsPerAddress how many of them for one browser and one address.
	// Defaults 2,000, 32 and 256.
	Sockets, SocketsPerSession, SocketsPerAddress int
	// Watches is how many windows one stream may watch. Default 32.
	Watches int
	// MessageRate is how many messages per second a stream may send. Default 20.
	MessageRate int
	// StageSockets is how many streams of stages are open at a time. Default 256.
	StageSockets int
}

func (l Limits) withDefaults() Limits {
	def(&l.CommandRate, 20)
	def(&l.CommandBurst, 40)
	def(&l.Leases, 10_000)
	def(&l.Sockets, 2_000)
	def(&l.SocketsPerSession, 32)
	def(&l.SocketsPerAddress, 256)
	def(&l.Watches, 32)
	def(&l.MessageRate, 20)
	def(&l.StageSockets, 256)
	return l
}

// def sets *v to the default d where it has its zero value.
func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// maxAddresses bounds the table of a throttle, in entries of about 200 bytes.
const maxAddresses = 10_000

// A throttle gives each client address a budget of commands.
type throttle struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex // guards everything below
	buckets map[netip.Prefix]*bucket
	swept   time.Time // when the whole table was last looked at
}

type bucket struct {
	limiter *rate.Limiter
	seen    time.Time
}

func newThrottle(perSecond float64, burst int) *throttle {
	return &throttle{rate: rate.Limit(perSecond), burst: burst, buckets: make(map[netip.Prefix]*bucket)}
}

// allow takes one from the budget of client, or says how long to wait.
func (t *throttle) allow(client netip.Prefix, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, known := t.buckets[client]
	if !known {
		if len(t.buckets) >= maxAddresses {
			t.evictLocked(now)
		}
		b = &bucket{limiter: rate.NewLimiter(t.rate, t.burst)}
		t.buckets[client] = b
	}
	b.seen = now
	if b.limiter.AllowN(now, 1) {
		return 0, true
	}
	missing := 1 - b.limiter.TokensAt(now)
	return time.Duration(missing / float64(t.rate) * float64(time.Second)), false
}

// sweepEvery is the least time between two looks at a whole table.
const sweepEvery = time.Second

// evictLocked forgets whoever has its full budget again, and somebody at
// random if that was nobody, or was looked for a moment ago.
func (t *throttle) evictLocked(now time.Time) {
	if now.Sub(t.swept) >= sweepEvery {
		t.swept = now
		for client, b := range t.buckets {
			if b.limiter.TokensAt(now) >= float64(t.burst) {
				delete(t.buckets, client)
			}
		}
	}
	for client := range t.buckets {
		if len(t.buckets) < maxAddresses {
			return
		}
		delete(t.buckets, client)
	}
}

// clientOf is who limits are counted for: the address at the other end of the
// connection, for IPv6 the network that one customer gets. What a proxy says of
// its clients is not believed.
func clientOf(r *http.Request) netip.Prefix {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := addr.Addr().Unmap().WithZone(""), 32
	if ip.Is6() {
		bits = 64
	}
	prefix, _ := ip.Prefix(bits)
	return prefix
}

// limitCommands refuses commands beyond the budget of their sender.
func (s *Server) limitCommands(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		wait, ok := s.throttle.allow(clientOf(c.Request()), time.Now())
		if !ok {
			seconds := max(1, int(math.Ceil(wait.Seconds())))
			c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
			return problem(http.StatusTooManyRequests, codeRateLimited, "too many commands from your address; slow down")
		}
		return next(c)
	}
}
