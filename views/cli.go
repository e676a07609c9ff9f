package views

import (
	"net"
	"slices"
	"strings"
)

// demoCommand is a line for a shell that takes a lock without this program, on
// as many nodes as make a quorum. It is empty when no node has an address.
func (d LocksData) demoCommand() string {
	name := d.namePrefix() + "demo"
	set := " SET " + shellQuote(name) + " me NX PX 10000"
	var nodes []Node
	for _, node := range d.Nodes {
		if node.Address != "" && len(nodes) < max(d.Quorum, 1) {
			nodes = append(nodes, node)
		}
	}
	if len(nodes) == 0 {
		return ""
	}
	if ports := loopbackPorts(nodes); len(ports) > 1 {
		return "for p in " + strings.Join(ports, " ") + "; do redis-cli -p $p" + set + "; done"
	}
	lines := make([]string, len(nodes))
	for i, node := range nodes {
		lines[i] = node.redisCLI() + set
	}
	return strings.Join(lines, "\n")
}

// loopbackPorts returns the ports of nodes that are all servers on this machine,
// nil when one is not.
func loopbackPorts(nodes []Node) []string {
	var ports []string
	for _, node := range nodes {
		host, port, err := net.SplitHostPort(node.Address)
		if err != nil || !isLoopback(host) || node.Mode == modeCluster {
			return nil
		}
		ports = append(ports, port)
	}
	return ports
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1"
}

// modeCluster is the mode of a node where a client has to follow the slots.
const modeCluster = "cluster"

// redisCLI is the command that talks to a node.
func (n Node) redisCLI() string {
	cli := "redis-cli"
	if n.Mode == modeCluster {
		cli += " -c"
	}
	host, port, err := net.SplitHostPort(n.Address)
	switch {
	case err != nil:
		return cli + " -s " + shellQuote(n.Address)
	case isLoopback(host):
		return cli + " -p " + shellQuote(port)
	}
	return cli + " -h " + shellQuote(host) + " -p " + shellQuote(port)
}

// shellQuote makes text one word of a POSIX shell, with bash's $” where it
// holds what cannot be seen.
func shellQuote(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:._/@-+,="
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	if VisibleText(text) == text {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	const hexDigits = "0123456789abcdef"
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(text) {
		if c := text[i]; strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	b.WriteString("'")
	return b.String()
}

// A check is a command that shows what a page shows.
type check struct{ id, what, command string }

// checks are commands that show what the page of a lock shows. None holds a
// token. The first one is made again in static/js/shell.js, since it depends on
// how the lock is kept.
func (d LockData) checks() []check {
	name := shellQuote(d.Lock.Name)
	checks := []check{
		{"read", "What every node holds, and for how many milliseconds more:", onEach(d.Nodes, readVerb(d.Lock)+" "+name, "PTTL "+name)},
		{"hear", "What happens to it on one node, as it happens:", onEach(d.Nodes[:min(1, len(d.Nodes))], "PSUBSCRIBE "+shellQuote("__keyspace@*__:"+globQuote(d.Lock.Name)))},
	}
	if d.Lock.Holder.Managed {
		checks = append(checks, check{"fence", "The record that fences are raised above:", onEach(d.Nodes, "ZSCORE lockscope:fences "+name)})
	}
	return slices.DeleteFunc(checks, func(c check) bool { return c.command == "" })
}

// readVerb is the beginning of a command that reads a key of the type that the
// lock is kept in.
func readVerb(l Lock) string {
	for _, v := range l.Votes {
		if verb, ok := readVerbs[v.Type]; ok {
			return verb
		}
	}
	return "GET"
}

var readVerbs = map[string]string{"hash": "HGETALL", "zset": "ZCARD", "set": "SCARD", "list": "LLEN"}

// onEach runs commands on every node that has an address.
func onEach(nodes []Node, commands ...string) string {
	var there []Node
	var lines []string
	for _, node := range nodes {
		if node.Address != "" {
			there = append(there, node)
		}
	}
	if ports := loopbackPorts(there); len(ports) > 1 {
		lines = append(lines, "for p in "+strings.Join(ports, " ")+"; do")
		for _, command := range commands {
			lines = append(lines, "  redis-cli -p $p "+command)
		}
		return strings.Join(append(lines, "done"), "\n")
	}
	for _, node := range there {
		for _, command := range commands {
			lines = append(lines, node.redisCLI()+" "+command)
		}
	}
	return strings.Join(lines, "\n")
}

// globQuote makes a name a pattern that it alone matches.
func globQuote(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(name)
}
