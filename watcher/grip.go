package watcher

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/target"
	"github.com/lockscope/lockscope/watcher/format"
)

const (
	// maxCompared is the longest string that a node compares, in bytes: it takes a
	// millisecond or two in which it does nothing else.
	maxCompared = 1 << 20
	// deleteTries is how often a key that changes under the same holder, such as
	// the count of a reentrant lock, is read and deleted again.
	deleteTries = 3
)

// A grip is what one node holds of one lock, values included, on connections of
// its own: the ones that watch are busy with that.
type grip struct {
	node    *node
	name    string
	locator *target.Locator
	place   *place // nil where the node could not be found

	// fingerprint is that of the token found, empty for none, and parts are the
	// keys that hold it. opaque says why they cannot be compared, empty when they
	// can.
	fingerprint string
	parts       []part
	opaque      string
	// result is what is known of the token, or came of the deletion.
	result ForceResult
	reason string
}

// A part is a key as it was read.
type part struct {
	name   string
	script string
	args   []any // what the key holds, in the form that the script compares
	// maybe is true for a key that need not be there.
	maybe bool
}

// The scripts delete a key if it holds what was read, and nothing else.
const (
	deleteText = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`
	deleteLong = `if redis.call("STRLEN", KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
if redis.sha1hex(redis.call("GET", KEYS[1])) ~= ARGV[2] then return 0 end
return redis.call("DEL", KEYS[1])`
	deleteHash = `if redis.call("HLEN", KEYS[1]) * 2 ~= #ARGV then return 0 end
local read, now = {}, redis.call("HGETALL", KEYS[1])
for i = 1, #ARGV, 2 do read[ARGV[i]] = ARGV[i + 1] end
for i = 1, #now, 2 do if read[now[i]] ~= now[i + 1] then return 0 end end
return redis.call("DEL", KEYS[1])`
	digestLong = `return redis.sha1hex(redis.call("GET", KEYS[1]))`
)

// take reads what the node holds of the lock. What went wrong is in the result.
func (n *node) take(ctx context.Context, name string) *grip {
	g := &grip{node: n, name: name, locator: n.source.Target.Locator()}
	layout, err := g.locator.Locate(ctx)
	if err != nil {
		g.failed(err)
		return g
	}
	g.place = n.open(layout)
	g.read(ctx)
	return g
}

func (g *grip) close() {
	if g.place != nil {
		g.place.close()
	}
	g.locator.Close()
}

// failed notes that the node cannot be asked, or does not answer.
func (g *grip) failed(err error) {
	vote, reason := describe(err)
	g.fingerprint, g.parts = "", nil
	g.result, g.reason = ForceDown, reason
	if vote == lockengine.VoteTimeout {
		g.result = ForceTimeout
	}
}

// read finds out what the node holds.
func (g *grip) read(ctx context.Context) {
	g.fingerprint, g.parts, g.opaque, g.reason = "", nil, "", ""
	r := reader{names: g.place.names, filter: g.node.filter, pins: g.node.cfg.Libraries, keep: true}
	shapes, lock, err := r.readOne(ctx, g.name)
	switch {
	case err != nil:
		g.failed(err)
	case lock.status == readRefused:
		g.result, g.reason = ForceRefused, "it does not let this user read the key"
	case lock.status == readAbsent:
		g.result = ForceAbsent
	default:
		g.result, g.fingerprint = ForceKept, lock.fingerprint
		g.opaque = g.hold(ctx, shapes, &lock)
	}
}

// hold notes which keys hold the token. It returns why they cannot be compared,
// if so.
func (g *grip) hold(ctx context.Context, shapes []shape, lock *reading) (opaque string) {
	switch {
	case lock.match.Mode.Shared():
		return "several share it, and who they are changes"
	case lock.match.Mode == format.ModeInteger:
		return "it is a number, which the next holder may have as well"
	}
	for i := range shapes {
		s := &shapes[i]
		if s.status != readPresent || s.fingerprint != lock.fingerprint {
			continue
		}
		p, why := g.part(ctx, s)
		if why != "" {
			return why
		}
		g.parts = append(g.parts, p)
	}
	if format.IsSpread(g.name) && len(g.parts) > 0 {
		for _, further := range format.FurtherParts(g.name) {
			p := g.parts[0]
			p.name, p.maybe = further, true
			g.parts = append(g.parts, p)
		}
	}
	return ""
}

// part returns a key in the form in which it can be compared, or why it cannot.
func (g *grip) part(ctx context.Context, s *shape) (p part, why string) {
	p = part{name: s.name}
	switch {
	case s.typ == "string" && s.value != nil:
		p.script, p.args = deleteText, []any{s.value.Text}
	case s.typ == "string" && s.size > maxCompared:
		return p, fmt.Sprintf("it is %d bytes long, more than a node should be made to compare", s.size)
	case s.typ == "string":
		digest, err := g.eval(ctx, digestLong, s.name)
		if err != nil {
			return p, "its digest cannot be asked for: " + shorten(err.Error())
		}
		p.script, p.args = deleteLong, []any{strconv.FormatInt(s.size, 10), digest}
	case s.typ == "hash" && s.value != nil:
		p.script = deleteHash
		for field, value := range s.value.Fields {
			p.args = append(p.args, field, value)
		}
	case s.typ == "hash":
		return p, "it is a hash with too much in it to compare"
	default:
		return p, "it is a " + s.typ
	}
	return p, ""
}

// delete deletes the keys that hold the token, as long as they hold it.
func (g *grip) delete(ctx context.Context) {
	token, deleted := g.fingerprint, false
	for range deleteTries {
		whole := true
		for _, p := range g.parts {
			n, err := g.eval(ctx, p.script, p.name, p.args...)
			switch {
			case err != nil && failure(err) != nil:
				g.failed(err)
				return
			case err != nil && !replyIs(err, "WRONGTYPE"):
				g.result, g.reason = ForceRefused, shorten(err.Error())
				return
			case n == int64(1):
				deleted = true
			default:
				whole = whole && p.maybe
			}
		}
		if whole {
			g.fingerprint, g.result = "", ForceDeleted
			return
		}
		long := slices.ContainsFunc(g.parts, func(p part) bool { return p.script == deleteLong })
		if g.read(ctx); g.fingerprint != token || g.opaque != "" {
			break
		}
		if long { // the fingerprint is of its length alone
			g.result, g.reason = ForceChanged, "another value of the same length"
			return
		}
	}
	switch {
	case deleted && g.fingerprint != token && g.result != ForceDown && g.result != ForceTimeout:
		g.result = ForceDeleted // and there is another already, or nothing
	case g.fingerprint != "" && g.fingerprint != token:
		g.result = ForceChanged
	case g.fingerprint == token && g.opaque == "":
		g.reason = "what its holder writes changes faster than it can be compared"
	}
}

// eval has the node run a script on one key.
func (g *grip) eval(ctx context.Context, script, key string, args ...any) (any, error) {
	var answer *redis.Cmd
	_, err := g.place.names.Pipelined(ctx, func(p redis.Pipeliner) error {
		answer = p.Eval(ctx, script, []string{key}, args...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer.Result()
}
