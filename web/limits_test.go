package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestTooManyCommandsAreToldToSlowDown(t *testing.T) {
	w := begin(t, 1, func(c *Config) { c.Limits.CommandRate, c.Limits.CommandBurst = 0.5, 2 })
	alice := w.browser()
	for range 2 {
		alice.post("release", fields{"lease": "x"}).problem(http.StatusGone, codeLost)
	}
	r := alice.post("release", fields{"lease": "x"})
	r.problem(http.StatusTooManyRequests, codeRateLimited)
	if after := r.Header.Get("Retry-After"); after != "1" && after != "2" {
		t.Errorf("Retry-After: got %q", after)
	}
	alice.get("/api/v1/locks").status(http.StatusOK)
}

func TestEachAddressHasABudgetOfItsOwn(t *testing.T) {
	th := newThrottle(1, 1)
	now := time.Unix(1000, 0)
	a, b := netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.2/32")
	if _, ok := th.allow(a, now); !ok {
		t.Error("the first command was refused")
	}
	if wait, ok := th.allow(a, now); ok || wait <= 0 || wait > time.Second {
		t.Errorf("the second: got %v, %v", wait, ok)
	}
	if _, ok := th.allow(b, now); !ok {
		t.Error("another address was refused")
	}
	if _, ok := th.allow(a, now.Add(time.Second)); !ok {
		t.Error("a second later it was still refused")
	}
}

func TestTheTableOfAddressesIsBounded(t *testing.T) {
	th := newThrottle(1, 1)
	now := time.Unix(1000, 0)
	for i := range maxAddresses + 500 {
		ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		th.allow(netip.PrefixFrom(ip, 32), now)
	}
	if n := len(th.buckets); n > maxAddresses {
		t.Errorf("got %d entries", n)
	}
	th.allow(netip.MustParsePrefix("11.0.0.1/32"), now.Add(time.Hour))
	if n := len(th.buckets); n != 1 {
		t.Errorf("after an hour: got %d entries, want the new one alone", n)
	}
}

func TestLimitsAreCountedForTheOtherEndOfTheConnection(t *testing.T) {
	for addr, want := range map[string]string{
		"10.0.0.1:5": "10.0.0.1/32", "[::ffff:10.0.0.1]:5": "10.0.0.1/32", "[2001:db8:1:2:3:4:5:6]:5": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5": "fe80::/64", "odd": "invalid Prefix",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = addr
		r.Header.Set("X-Forwarded-For", "1.2.3.4")
		if got := clientOf(r).String(); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
