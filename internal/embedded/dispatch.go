package embedded

import (
	"bytes"
	"strings"
	"time"
)

// A flag says how a command may be used.
type flag uint16

const (
	write      flag = 1 << iota // changes keys
	noScript                    // not from a script
	noAuth                      // before AUTH
	inPubsub                    // by a subscribed RESP2 client
	immediate                   // inside MULTI it is carried out, not queued
	noTx                        // not inside MULTI
	firstIsKey                  // args[1] is a key (COMMAND INFO says so)
	manyKeys                    // and so are all after it
)

// A command is one entry of the table.
type command struct {
	name  string
	arity int // number of words, the command's own included; negative: at least
	flags flag
	run   func(*call)
	subs  map[string]*command // a container, such as CONFIG
}

// A call is one command being carried out. The args belong to the reader's
// buffer: what is kept must be copied.
type call struct {
	node *Node
	conn *conn
	db   *keyspace
	cmd  *command
	args [][]byte // the command's name first
	out  *reply
}

// Error texts that several commands share.
const (
	errWrongType  = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errSyntax     = "ERR syntax error"
	errNotInteger = "ERR value is not an integer or out of range"
	errNotFloat   = "ERR value is not a valid float"
	errOverflow   = "ERR increment or decrement would overflow"
)

// find returns the command that args name.
func find(args [][]byte) (cmd *command, problem string) {
	cmd = table[string(args[0])]
	if cmd == nil {
		cmd = table[lower(args[0])]
	}
	if cmd == nil {
		return nil, unknownCommand(args)
	}
	if cmd.subs != nil && len(args) > 1 {
		sub := cmd.subs[lower(args[1])]
		if sub == nil {
			return nil, "ERR unknown subcommand '" + shorten(args[1]) + "'. Try " + strings.ToUpper(cmd.name) + " HELP."
		}
		cmd = sub
	}
	if (cmd.arity > 0 && len(args) != cmd.arity) || len(args) < -cmd.arity {
		return cmd, "ERR wrong number of arguments for '" + cmd.name + "' command"
	}
	return cmd, ""
}

func unknownCommand(args [][]byte) string {
	var rest strings.Builder
	for _, a := range args[1:] {
		if rest.Len() >= 128 {
			break
		}
		rest.WriteString("'" + cutAt(a, 128-rest.Len()) + "' ")
	}
	return "ERR unknown command '" + shorten(args[0]) + "', with args beginning with: " + rest.String()
}

// shorten cuts a word that goes into an error text as C's %.128s does.
func shorten(b []byte) string { return cutAt(b, 128) }

func cutAt(b []byte, most int) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b[:min(len(b), most)])
}

// dispatch carries out one command of a client, or queues or refuses it.
// Callers hold mu.
func (n *Node) dispatch(c *conn, args [][]byte) {
	n.stats.commands++
	c.lastSeen = time.Now()
	cmd, problem := find(args)
	if cmd != nil {
		c.lastCmd = cmd.name
	}
	if problem == "" {
		problem = c.forbids(cmd)
	}
	if problem != "" {
		c.tx.abort()
		n.stats.errors++
		c.out.err(problem)
		return
	}
	if c.tx.open && cmd.flags&immediate == 0 {
		c.tx.queue(cmd, args)
		c.out.status("QUEUED")
		return
	}
	n.run(c, cmd, args)
}

// forbids says why c may not use cmd now.
func (c *conn) forbids(cmd *command) string {
	switch {
	case !c.authed && cmd.flags&noAuth == 0:
		return "NOAUTH Authentication required."
	case c.tx.open && cmd.flags&noTx != 0:
		return "ERR Command not allowed inside a transaction"
	case c.out.proto == 2 && c.subscribed() && cmd.flags&inPubsub == 0:
		return "ERR Can't execute '" + cmd.name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
	}
	return ""
}

// run carries out one command that may be.
func (n *Node) run(c *conn, cmd *command, args [][]byte) {
	c.x = call{node: n, conn: c, db: n.dbs[c.db], cmd: cmd, args: args, out: &c.out}
	cmd.run(&c.x)
}

// fail replies with an error.
func (x *call) fail(msg string) {
	x.node.stats.errors++
	x.out.err(msg)
}

// integer reads an argument, or replies with an error and returns false.
func (x *call) integer(b []byte) (int64, bool) {
	v, ok := parseInt(b)
	if !ok {
		x.fail(errNotInteger)
	}
	return v, ok
}
