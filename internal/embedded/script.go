package embedded

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// maxScript is how long a script's text may be: its compiler recurses.
const maxScript = 256 << 10

const errNoScript = "NOSCRIPT No matching script. Please use EVAL."

// scripts is what a node knows of Lua.
type scripts struct {
	known map[string]*script // by SHA-1
	lua   *interpreter       // nil until the first script runs
}

// close ends the interpreter. The scripts stay known.
func (s *scripts) close() {
	if s.lua != nil {
		s.lua.close()
		s.lua = nil
	}
}

// load compiles a script, unless it is known. problem is the error to reply.
func (s *scripts) load(source []byte) (sc *script, problem string) {
	sum := sha1.Sum(source)
	var sha [2 * sha1.Size]byte
	hex.Encode(sha[:], sum[:])
	if sc = s.known[string(sha[:])]; sc != nil {
		return sc, ""
	}
	if len(source) > maxScript {
		return nil, "ERR Error compiling script (new function): user_script:1: chunk is too long"
	}
	sc, problem = compile(string(source), string(sha[:]))
	if problem != "" {
		return nil, problem
	}
	if s.known == nil {
		s.known = make(map[string]*script)
	}
	s.known[sc.sha] = sc
	return sc, ""
}

func eval(x *call) {
	keys, argv, ok := x.scriptArgs()
	if !ok {
		return
	}
	sc, problem := x.node.scripts.load(x.args[1])
	if problem != "" {
		x.fail(problem)
		return
	}
	x.runScript(sc, keys, argv)
}

func evalSHA(x *call) {
	if len(x.args[1]) != 2*sha1.Size {
		x.fail(errNoScript)
		return
	}
	keys, argv, ok := x.scriptArgs()
	if !ok {
		return
	}
	sc := x.node.scripts.known[lower(x.args[1])]
	if sc == nil {
		x.fail(errNoScript)
		return
	}
	x.runScript(sc, keys, argv)
}

// scriptArgs splits what follows the number of keys.
func (x *call) scriptArgs() (keys, argv [][]byte, ok bool) {
	n, ok := x.integer(x.args[2])
	if !ok {
		return nil, nil, false
	}
	rest := x.args[3:]
	switch {
	case n > int64(len(rest)):
		x.fail("ERR Number of keys can't be greater than number of args")
		return nil, nil, false
	case n < 0:
		x.fail("ERR Number of keys can't be negative")
		return nil, nil, false
	}
	return rest[:n], rest[n:], true
}

// runScript runs sc with the node's interpreter, and replaces the interpreter
// when it can no longer be trusted.
func (x *call) runScript(sc *script, keys, argv [][]byte) {
	s := &x.node.scripts
	if s.lua == nil {
		s.lua = newInterpreter(x.node)
	}
	out := x.out
	problem := s.lua.run(sc, x.conn, keys, argv, out)
	if problem != "" {
		x.node.stats.errors++
		out.err(problem)
	}
	if s.lua.spent {
		s.close()
	}
}

func scriptLoad(x *call) {
	sc, problem := x.node.scripts.load(x.args[2])
	if problem != "" {
		x.fail(problem)
		return
	}
	x.out.text(sc.sha)
}

func scriptExists(x *call) {
	x.out.array(len(x.args) - 2)
	for _, arg := range x.args[2:] {
		x.out.bool(x.node.scripts.known[lower(arg)] != nil)
	}
}

func scriptFlush(x *call) {
	if len(x.args) > 3 || len(x.args) == 3 && !is(x.args[2], "sync") && !is(x.args[2], "async") {
		x.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	x.node.scripts.close()
	x.node.scripts.known = nil
	x.out.ok()
}

// scriptKill finds no script: while one runs, nobody is heard.
func scriptKill(x *call) {
	x.fail("NOTBUSY No scripts in execution right now.")
}

// shebang reads the optional first line, such as "#!lua flags=no-writes", and
// returns the script without it, its lines counted as before.
func shebang(source string) (body string, readOnly bool, problem string) {
	if !strings.HasPrefix(source, "#!") {
		return source, false, ""
	}
	line, rest, found := strings.Cut(source, "\n")
	if !found {
		return "", false, "ERR Invalid script shebang"
	}
	words := strings.Fields(line[2:])
	if len(words) == 0 || words[0] != "lua" {
		engine := ""
		if len(words) > 0 {
			engine = words[0]
		}
		return "", false, "ERR Unexpected engine in script shebang: #!" + engine
	}
	for _, word := range words[1:] {
		flags, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return "", false, "ERR Unknown lua shebang option: " + word
		}
		for _, f := range strings.Split(flags, ",") {
			switch f {
			case "no-writes":
				readOnly = true
			case "", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys":
			default:
				return "", false, "ERR Unexpected flag in script shebang: " + f
			}
		}
	}
	return "\n" + rest, readOnly, ""
}
