package embedded

import (
	"slices"
	"strconv"
)

func tellTime(x *call) {
	now := x.node.clock.nowMicros()
	x.out.array(2)
	x.out.text(strconv.FormatInt(now/1e6, 10))
	x.out.text(strconv.FormatInt(now%1e6, 10))
}

// shutdown stops the node. A client that asked for it gets no answer, only the
// end of the connection.
func shutdown(x *call) {
	for _, arg := range x.args[1:] {
		switch lower(arg) {
		case "nosave", "save", "now", "force":
		case "abort":
			x.fail("ERR No shutdown in progress.")
			return
		default:
			x.fail(errSyntax)
			return
		}
	}
	x.conn.closing = true
	if x.conn.life != nil {
		x.node.shutDown(x.conn.life)
	}
}

// wait tells how many replicas have what was written: there are none.
func wait(x *call) {
	for _, arg := range x.args[1:] {
		if _, ok := x.integer(arg); !ok {
			return
		}
	}
	x.out.int(0)
}

func debug(x *call) {
	x.fail("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
}

// commandNames returns the names of all commands, sorted.
func commandNames() []string {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func commandList(x *call) {
	if len(x.args) > 2 {
		x.fail(errSyntax)
		return
	}
	x.out.array(len(table))
	for _, name := range commandNames() {
		x.out.text(name)
	}
}

// commandInfo is COMMAND and COMMAND INFO.
func commandInfo(x *call) {
	if len(x.args) <= 2 {
		x.out.array(len(table))
		for _, name := range commandNames() {
			x.commandEntry(table[name])
		}
		return
	}
	x.out.array(len(x.args) - 2)
	for _, arg := range x.args[2:] {
		if cmd := table[lower(arg)]; cmd != nil {
			x.commandEntry(cmd)
		} else {
			x.out.nullArray()
		}
	}
}

// commandEntry is what clients read of one command: its name, its arity, whether
// it writes and where its keys are.
func (x *call) commandEntry(cmd *command) {
	x.out.array(10)
	x.out.text(cmd.name)
	x.out.int(int64(cmd.arity))
	x.out.array(1)
	if cmd.flags&write != 0 {
		x.out.status("write")
	} else {
		x.out.status("readonly")
	}
	first, last := int64(0), int64(0)
	if cmd.flags&firstIsKey != 0 {
		first, last = 1, 1
		if cmd.flags&manyKeys != 0 {
			last = -1
		}
	}
	x.out.int(first)
	x.out.int(last)
	x.out.int(first) // the step between keys
	for range 4 {    // categories, tips, key specifications, subcommands
		x.out.array(0)
	}
}
