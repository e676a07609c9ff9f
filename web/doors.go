package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// contentPolicy lets a page load what we serve, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const permissionsPolicy = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), " +
	"microphone=(), payment=(), usb=()"

// securityHeaders go with every answer, errors and upgrades included.
func securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissionsPolicy)
		if c.Request().TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		// What shows locks is stale at once; assets overrule this.
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// hostList tells which names we answer to. A page of an attacker can make its
// own name point at this machine, and would then be of the same origin as we
// are; what gives it away is the name in the Host header.
type hostList struct {
	names map[string]bool
	// anyIP is set when we listen on all addresses: an address, unlike a name,
	// cannot be made to point elsewhere.
	anyIP bool
}

func newHostList(addr string, extra []string) *hostList {
	l := &hostList{names: map[string]bool{"localhost": true}}
	for _, name := range extra {
		l.names[hostName(name)] = true
	}
	l.listen(addr)
	return l
}

// listen adds the address that the server listens on.
func (l *hostList) listen(addr string) {
	host := hostName(addr)
	if host == "" {
		l.anyIP = l.anyIP || addr != ""
		return
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		l.anyIP = true
		return
	}
	l.names[host] = true
}

// allows reports whether the Host header of a request names us, on any port.
func (l *hostList) allows(header string) bool {
	host := hostName(header)
	if l.names[host] {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (l.anyIP || ip.Unmap().IsLoopback())
}

// hostName is the name or address in host[:port], in lower case, without
// brackets and without a last dot.
func hostName(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimPrefix(strings.TrimSuffix(host, "]"), "[")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// checkHost refuses requests to names that are not ours. Health checks often
// come by address or by the name of a container, and show nothing.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		path := c.Request().URL.Path
		health := path == s.base+"/healthz" || path == s.base+"/readyz"
		if !health && !s.hosts.Load().allows(c.Request().Host) {
			return problem(http.StatusMisdirectedRequest, codeBadHost, fmt.Sprintf(
				"this server does not answer to the name %q; add it to the allowed hosts if it is yours",
				shorten(hostName(c.Request().Host))))
		}
		return next(c)
	}
}

// checkCrossOrigin refuses commands that a browser sends on behalf of another
// site. Requests without the headers of a browser pass.
func (s *Server) checkCrossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.crossOrigin.Check(c.Request()); err != nil {
			return problem(http.StatusForbidden, codeForbiddenOrigin, "commands from another site are refused")
		}
		return next(c)
	}
}

// sameOrigin is the check at the upgrade, which no browser makes for us: the
// page that opens a socket must be ours. Programs send no Origin.
func sameOrigin(r *http.Request) bool {
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return true
	}
	origin, err := url.Parse(origins[0])
	return len(origins) == 1 && err == nil && strings.EqualFold(origin.Host, r.Host)
}

// limitBody lets no request send more than maxBody bytes.
func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > maxBody {
			return bodyTooLarge()
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBody)
		}
		return next(c)
	}
}
