package config

import (
	"errors"
	"fmt"
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

// check finishes the settings and finds what does not work, also between them.
func (l *loader) check() {
	l.checkAddr()
	l.checkNodes()
	l.checkPatterns()
	l.checkLocks()
	l.checkPath()
	l.checkJournal()
	if !l.cfg.Quarantine {
		l.cfg.Warnings = append(l.cfg.Warnings,
			"LOCKSCOPE_QUARANTINE is off: a node that loses its memory can help to give a lock that is held to a second holder")
	}
	c := &l.cfg
	switch c.Notifications {
	case NotificationsAuto, NotificationsExternal, NotificationsOff:
	default:
		l.problem("notifications", c.Notifications, "auto, external or off", "")
	}
	if c.WatchBudget < MinWatchBudget && !l.refused["watch-budget"] {
		l.problem("watch-budget", strconv.Itoa(c.WatchBudget), fmt.Sprintf("a whole number from %d", MinWatchBudget),
			fmt.Sprintf("such as %d", DefaultWatchBudget))
	}
	if c.WatchEvents < MinWatchEvents && !l.refused["watch-events"] {
		l.problem("watch-events", strconv.Itoa(c.WatchEvents), fmt.Sprintf("a whole number from %d", MinWatchEvents),
			fmt.Sprintf("such as %d", DefaultWatchEvents))
	}
	switch c.LogFormat {
	case "text", "json":
	default:
		l.problem("log-format", c.LogFormat, "text or json", "")
	}
	if len(c.Environment) > 24 || strings.ContainsFunc(c.Environment, notPrintable) {
		l.problem("environment", c.Environment, "at most 24 printable bytes", "such as prod")
	}
	c.Hosts = list(l.raw.hosts)
	for _, host := range c.Hosts {
		if strings.ContainsAny(host, "/:@ ") {
			l.problem("hosts", host, "host names without scheme and port", "such as locks.example.com")
		}
	}
}

// checkAddr refuses to listen where others can reach the dashboard, unless it
// was said that they may.
func (l *loader) checkAddr() {
	c := &l.cfg
	c.Addr = l.raw.addr
	switch c.Auth {
	case "", "none":
	default:
		l.problem("auth", c.Auth, "none, or nothing", "other ways of signing in do not exist yet")
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		l.problem("addr", c.Addr, "host:port", "such as 127.0.0.1:8080")
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		l.problem("addr", c.Addr, "a port from 0 to 65535", "")
	} else if n == 0 && host == "" {
		c.Addr = "127.0.0.1:0" // ":0" is what tests and demonstrations ask for
		return
	}
	if c.Auth != "none" && !isLoopback(host) {
		l.problem("addr", c.Addr, "a loopback address, since nobody has to sign in",
			"set LOCKSCOPE_AUTH=none to let everybody in who reaches it, or put a proxy that signs people in before 127.0.0.1")
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// checkNodes reads where the nodes are.
func (l *loader) checkNodes() {
	c := &l.cfg
	if c.EmbeddedCount < 1 || c.EmbeddedCount > 15 {
		l.problem("embedded-count", strconv.Itoa(c.EmbeddedCount), "1 to 15", "5 tolerate the loss of two")
	}
	switch l.raw.nodes {
	case NodesEmbedded, NodesSpawn:
		c.Nodes = l.raw.nodes
		l.warnEven("embedded-count", c.EmbeddedCount)
		return
	}
	c.Nodes = NodesURLs
	seen := make(map[string]int)
	urls := urls(list(l.raw.nodes))
	if len(urls) == 0 {
		l.problem("nodes", l.raw.nodes, "embedded, spawn or URLs", "such as redis://127.0.0.1:6379/0")
	}
	for i, raw := range urls {
		t, err := target.Parse(raw)
		if err != nil {
			// What was got is not repeated: it may hold a password.
			hint := "separate several with commas"
			if !strings.Contains(raw, "://") {
				hint = "or one of the words embedded and spawn"
			}
			l.problem("nodes", fmt.Sprintf("entry %d", i+1), "a node's URL: "+err.Error(), hint)
			continue
		}
		told := 0
		for _, place := range t.Places() {
			place = serverOf(place)
			if first := seen[place]; first > 0 && first != told && first != i+1 {
				told = first
				l.problem("nodes", fmt.Sprintf("entries %d and %d are both %s", first, i+1, place),
					"independent servers", "the same server must not vote twice; another database of it is the same server")
			}
			seen[place] = i + 1
		}
		c.Targets = append(c.Targets, t)
	}
	l.warnEven("nodes", len(urls))
}

func (l *loader) warnEven(setting string, n int) {
	if n > 1 && n%2 == 0 {
		l.cfg.Warnings = append(l.cfg.Warnings, fmt.Sprintf(
			"%s: %d nodes tolerate the loss of %d, no more than %d nodes would; use an odd number",
			envName(setting), n, n-n/2-1, n-1))
	}
}

// checkJournal reads where the journal is durable.
func (l *loader) checkJournal() {
	if l.raw.journal == "" {
		return
	}
	t, err := target.Parse(l.raw.journal)
	switch {
	case err != nil:
		l.problem("journal", "an address that cannot be used", "the URL of a Redis server", err.Error())
	case t.Mode != target.Standalone:
		l.problem("journal", string(t.Mode), "the URL of one Redis server", "such as redis://127.0.0.1:6379/0")
	default:
		l.cfg.Journal = t
	}
	if l.cfg.ReadOnly {
		l.cfg.Warnings = append(l.cfg.Warnings,
			"LOCKSCOPE_JOURNAL: a dashboard that is read-only gives no commands; it shows what others wrote before it was started")
	}
}

// urls puts the URLs with several hosts together again, which the commas between
// the hosts have taken apart.
func urls(parts []string) []string {
	var whole []string
	for _, part := range parts {
		if last := len(whole) - 1; last >= 0 && !strings.Contains(part, "://") && severalHosts.MatchString(whole[last]) {
			whole[last] += "," + part
			continue
		}
		whole = append(whole, part)
	}
	return whole
}

var severalHosts = regexp.MustCompile(`^rediss?\+[a-z]+://[^/]*$`)

// serverOf tells servers apart. localhost is the loopback address by another
// name.
func serverOf(addr string) string {
	return strings.Replace(addr, "localhost:", "127.0.0.1:", 1)
}

// checkPatterns reads which names are locks, and whose.
func (l *loader) checkPatterns() {
	l.cfg.Watch = list(l.raw.watch)
	if len(l.cfg.Watch) == 0 {
		l.problem("watch", l.raw.watch, "at least one pattern", "such as lock:*")
	}
	for _, p := range l.cfg.Watch {
		if len(p) > lockengine.MaxName || strings.ContainsFunc(p, notPrintable) {
			l.problem("watch", p, "printable patterns of at most 512 bytes", "such as lock:*")
		}
	}
	for _, entry := range list(l.raw.libraries) {
		pin, err := format.ParsePin(entry)
		if err != nil {
			l.problem("libraries", entry, "pattern=library", err.Error())
			continue
		}
		l.cfg.Libraries = append(l.cfg.Libraries, pin)
	}
}

// checkLocks asks the engine itself whether it could work so.
func (l *loader) checkLocks() {
	c := &l.cfg
	if l.raw.retryCount < 0 {
		l.problem("retry-count", strconv.Itoa(l.raw.retryCount), "0 or more", "")
	}
	if c.RetryJitter < 0 || c.RetryJitter > c.RetryDelay {
		l.problem("retry-jitter", c.RetryJitter.String(), "0s to the retry delay, "+c.RetryDelay.String(), "")
	}
	c.RetryCount = l.raw.retryCount
	above := true
	for setting, d := range map[string]time.Duration{"ttl": c.TTL, "max-ttl": c.MaxTTL,
		"retry-delay": c.RetryDelay, "node-timeout": c.NodeTimeout, "clock-drift": c.ClockDrift} {
		if d <= 0 {
			above = false
			if l.refused[setting] {
				continue
			}
			l.problem(setting, d.String(), "a duration above zero", "such as "+l.fs.Lookup(setting).DefValue)
		}
	}
	if !(c.DriftFactor > 0 && c.DriftFactor < 0.5) {
		above = false
		l.problem("drift-factor", fmt.Sprint(c.DriftFactor), "a share above 0 and below 0.5", "such as 0.01")
	}
	var arg *lockengine.ArgumentError
	if above && errors.As(c.Engine().Check(), &arg) {
		l.problem("ttl", arg.Got, arg.Want, "")
	}
}

// Engine is the part of the settings that the lock engine takes. What is zero
// here is meant to be zero, not the default.
func (c *Config) Engine() lockengine.Config {
	e := lockengine.Config{
		TTL: c.TTL, MaxTTL: c.MaxTTL,
		RetryCount: c.RetryCount, RetryDelay: c.RetryDelay, RetryJitter: c.RetryJitter,
		ClockDrift: c.ClockDrift, DriftFactor: c.DriftFactor, NodeTimeout: c.NodeTimeout,
		NoQuarantine: !c.Quarantine,
	}
	if e.RetryCount == 0 {
		e.RetryCount = -1
	}
	if e.RetryJitter == 0 {
		e.RetryJitter = -1
	}
	return e
}

// checkPath puts the base path into its one form.
func (l *loader) checkPath() {
	p := l.raw.basePath
	if !strings.HasPrefix(p, "/") || strings.ContainsAny(p, "?#%\\\"'<> ") || strings.ContainsFunc(p, notPrintable) {
		l.problem("base-path", p, "a path that starts with a slash", "such as /lockscope")
		return
	}
	l.cfg.BasePath = path.Clean(p)
}

// list splits at commas and drops what is empty.
func list(s string) []string {
	var out []string
	for _, part := range strings.Split(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func notPrintable(r rune) bool { return !unicode.IsPrint(r) }
