package embedded

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lockscope/lockscope/internal/glob"
)

// settings are what CONFIG reads and writes. Most are only remembered.
type settings struct {
	values map[string]string
	notify class // notify-keyspace-events
}

// A parameter says which values a setting takes. check returns the value as it
// is to be shown, or what is wrong with it; nil: it cannot be set.
type parameter struct {
	initial string
	check   func(string) (value, problem string)
}

var parameters = map[string]parameter{
	"notify-keyspace-events":    {"", checkClasses},
	"maxmemory":                 {"0", checkMemory},
	"maxmemory-policy":          {"noeviction", oneOf("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction")},
	"maxmemory-samples":         {"5", checkNumber},
	"appendonly":                {"no", yesNo},
	"appendfsync":               {"everysec", oneOf("everysec", "always", "no")},
	"no-appendfsync-on-rewrite": {"no", yesNo},
	"save":                      {"", checkSave},
	"timeout":                   {"0", checkNumber},
	"tcp-keepalive":             {"300", checkNumber},
	"hz":                        {"10", checkNumber},
	"loglevel":                  {"notice", oneOf("debug", "verbose", "notice", "warning")},
	"slowlog-log-slower-than":   {"10000", checkNumber},
	"slowlog-max-len":           {"128", checkNumber},
	"latency-monitor-threshold": {"0", checkNumber},
	"min-replicas-to-write":     {"0", checkNumber},
	"lazyfree-lazy-expire":      {"no", yesNo},
	"busy-reply-threshold":      {"5000", checkNumber},
	"maxclients":                {strconv.Itoa(maxClients), nil},
	"databases":                 {strconv.Itoa(databases), nil},
	"cluster-enabled":           {"no", nil},
	"replicaof":                 {"", nil},
	"proto-max-bulk-len":        {strconv.Itoa(maxRequest), nil},
	"client-query-buffer-limit": {strconv.Itoa(maxRequest), nil},
}

func newSettings() settings {
	s := settings{values: make(map[string]string, len(parameters))}
	for name, p := range parameters {
		s.values[name] = p.initial
	}
	return s
}

func oneOf(values ...string) func(string) (string, string) {
	return func(v string) (string, string) {
		if v = strings.ToLower(v); slices.Contains(values, v) {
			return v, ""
		}
		return "", "argument(s) must be one of the following: " + strings.Join(values, ", ")
	}
}

func yesNo(v string) (string, string) {
	if v = strings.ToLower(v); v == "yes" || v == "no" {
		return v, ""
	}
	return "", "argument must be 'yes' or 'no'"
}

func checkNumber(v string) (string, string) {
	if _, ok := parseInt([]byte(v)); !ok {
		return "", "argument couldn't be parsed into an integer"
	}
	return v, ""
}

func checkClasses(v string) (string, string) {
	c, ok := parseClasses(v)
	if !ok {
		return "", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
	}
	return c.String(), ""
}

// checkMemory reads bytes, with a unit such as 100mb.
func checkMemory(v string) (string, string) {
	number := strings.TrimRight(strings.ToLower(v), "bgkm")
	unit := strings.ToLower(v)[len(number):]
	factors := map[string]int64{"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000 * 1000, "mb": 1 << 20, "g": 1000 * 1000 * 1000, "gb": 1 << 30}
	n, ok := parseInt([]byte(number))
	factor := factors[unit]
	if !ok || n < 0 || factor == 0 || n > (1<<62)/factor {
		return "", "argument must be a memory value"
	}
	return strconv.FormatInt(n*factor, 10), ""
}

// checkSave reads pairs of seconds and changes.
func checkSave(v string) (string, string) {
	words := strings.Fields(v)
	for _, w := range words {
		if n, ok := parseInt([]byte(w)); !ok || n < 0 || len(words)%2 != 0 {
			return "", "Invalid save parameters"
		}
	}
	return strings.Join(words, " "), ""
}

func configGet(x *call) {
	found := make(map[string]string) // shown name to value
	for _, arg := range x.args[2:] {
		pattern := lower(arg)
		if _, exact := parameters[pattern]; exact {
			found[string(arg)] = x.node.settings.values[pattern]
			continue
		}
		for name := range parameters {
			if glob.Match(pattern, name) {
				found[name] = x.node.settings.values[name]
			}
		}
	}
	x.out.dict(len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		x.out.text(name)
		x.out.text(found[name])
	}
}

// configSet changes all the settings it names, or none.
func configSet(x *call) {
	pairs := x.args[2:]
	if len(pairs)%2 != 0 {
		x.fail(errSyntax)
		return
	}
	changed := make(map[string]string)
	notify := x.node.settings.notify
	for i := 0; i < len(pairs); i += 2 {
		name := lower(pairs[i])
		p, known := parameters[name]
		_, twice := changed[name]
		var value, problem string
		switch {
		case !known:
			x.fail("ERR Unknown option or number of arguments for CONFIG SET - '" + string(pairs[i]) + "'")
			return
		case p.check == nil:
			problem = "can't set immutable config"
		case twice:
			problem = "duplicate parameter"
		default:
			value, problem = p.check(string(pairs[i+1]))
		}
		if problem != "" {
			x.fail("ERR CONFIG SET failed (possibly related to argument '" + string(pairs[i]) + "') - " + problem)
			return
		}
		changed[name] = value
		if name == "notify-keyspace-events" {
			notify, _ = parseClasses(string(pairs[i+1]))
		}
	}
	x.node.settings.notify = notify
	for name, value := range changed {
		x.node.settings.values[name] = value
	}
	x.out.ok()
}

func configResetStat(x *call) {
	x.node.stats = stats{}
	x.out.ok()
}
