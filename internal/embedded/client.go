package embedded

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// setName names the connection, or replies with an error.
func (x *call) setName(name []byte) bool {
	for _, c := range name {
		if c < '!' || c > '~' {
			x.fail("ERR Client names cannot contain spaces, newlines or special characters.")
			return false
		}
	}
	x.conn.name = string(name)
	return true
}

func clientSetName(x *call) {
	if x.setName(x.args[2]) {
		x.out.ok()
	}
}

func clientGetName(x *call) {
	if x.conn.name == "" {
		x.out.null()
		return
	}
	x.out.text(x.conn.name)
}

// clientSetInfo is younger than the version a node has, but libraries send it to
// every server, and who they are is worth knowing.
func clientSetInfo(x *call) {
	switch lower(x.args[2]) {
	case "lib-name":
		x.conn.library = printable(x.args[3])
	case "lib-ver":
		x.conn.libver = printable(x.args[3])
	default:
		x.fail("ERR Unrecognized option '" + string(x.args[2]) + "'")
		return
	}
	x.out.ok()
}

// printable keeps what may stand in a line of CLIENT LIST.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < '!' || r > '~' {
			return -1
		}
		return r
	}, shorten(b))
}

func clientNoEvict(x *call) {
	if !is(x.args[2], "on") && !is(x.args[2], "off") {
		x.fail(errSyntax)
		return
	}
	x.out.ok()
}

func clientReply(x *call) {
	switch lower(x.args[2]) {
	case "on":
		x.conn.muteAll = false
		x.out.ok()
	case "off":
		x.conn.muteAll = true
	case "skip":
		x.conn.muteNext, x.conn.muteThis = true, true
	default:
		x.fail(errSyntax)
	}
}

func clientList(x *call) {
	keep := func(*conn) bool { return true }
	switch {
	case len(x.args) == 2:
	case len(x.args) == 4 && is(x.args[2], "type"):
		kind := lower(x.args[3])
		if !slices.Contains([]string{"normal", "master", "replica", "slave", "pubsub"}, kind) {
			x.fail("ERR Unknown client type '" + string(x.args[3]) + "'")
			return
		}
		keep = func(c *conn) bool { return kind == "pubsub" && c.subscribed() || kind == "normal" && !c.subscribed() }
	case len(x.args) > 3 && is(x.args[2], "id"):
		var ids []int64
		for _, arg := range x.args[3:] {
			id, ok := parseInt(arg)
			if !ok {
				x.fail("ERR Invalid client ID")
				return
			}
			ids = append(ids, id)
		}
		keep = func(c *conn) bool { return slices.Contains(ids, c.id) }
	default:
		x.fail(errSyntax)
		return
	}
	var all []*conn
	for _, c := range x.node.clients {
		if keep(c) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *conn) int { return int(a.id - b.id) })
	var b strings.Builder
	for _, c := range all {
		b.WriteString(c.describe())
		b.WriteByte('\n')
	}
	x.out.lines(b.String())
}

// describe is the client's line in CLIENT LIST.
func (c *conn) describe() string {
	flags := ""
	if c.subscribed() {
		flags += "P"
	}
	if c.tx.open {
		flags += "x"
	}
	if flags == "" {
		flags = "N"
	}
	queued := -1
	if c.tx.open {
		queued = len(c.tx.queued)
	}
	var from, to string
	if c.nc != nil {
		from, to = c.nc.RemoteAddr().String(), c.nc.LocalAddr().String()
	}
	owed := 0
	if c.box != nil {
		owed = c.box.size()
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=%s db=%d sub=%d psub=%d ssub=0 multi=%d omem=%d events=r cmd=%s user=default redir=-1 resp=%d lib-name=%s lib-ver=%s",
		c.id, from, to, c.name, int(time.Since(c.born).Seconds()), int(time.Since(c.lastSeen).Seconds()),
		flags, c.db, len(c.channels), len(c.patterns), queued, owed, c.lastCmd, c.out.proto, c.library, c.libver)
}
