package embedded

import (
	"context"
	"errors"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// chunkName is what error messages call a script.
const chunkName = "user_script"

// A script is compiled once and run often.
type script struct {
	sha      string
	proto    *lua.FunctionProto
	readOnly bool
}

var lineInMessage = regexp.MustCompile(chunkName + `(?::| line:)(\d+)`)

// compile turns a script's text into a function. problem is the error to reply.
func compile(source, sha string) (sc *script, problem string) {
	body, readOnly, problem := shebang(source)
	if problem != "" {
		return nil, problem
	}
	chunk, err := parse.Parse(strings.NewReader(body), chunkName)
	var proto *lua.FunctionProto
	if err == nil {
		proto, err = lua.Compile(chunk, chunkName)
	}
	if err != nil {
		line := "1"
		if m := lineInMessage.FindStringSubmatch(err.Error()); m != nil {
			line = m[1]
		}
		return nil, "ERR Error compiling script (new function): " + chunkName + ":" + line + ": " + strings.TrimSpace(err.Error())
	}
	return &script{sha: sha, proto: proto, readOnly: readOnly}, ""
}

// An interpreter runs the scripts of one node, one at a time.
type interpreter struct {
	node    *Node
	state   *lua.LState
	globals *lua.LTable
	cancel  context.CancelFunc
	watch   *watchdog
	// caller is the client that scripts are, for redis.call.
	caller conn
	script *script
	// spent: something is left behind that the next script must not meet.
	spent bool
}

func newInterpreter(n *Node) *interpreter {
	ctx, cancel := context.WithCancel(context.Background())
	in := &interpreter{node: n, cancel: cancel, watch: newWatchdog(cancel)}
	in.caller = conn{node: n, authed: true, out: reply{proto: 2}}
	in.state = lua.NewState(lua.Options{
		SkipOpenLibs:        true,
		CallStackSize:       1024,
		MinimizeStackMemory: true,
		RegistrySize:        1024,
		RegistryMaxSize:     1 << 18,
	})
	in.openSandbox()
	in.state.SetContext(ctx)
	return in
}

func (in *interpreter) close() {
	in.watch.stop()
	in.cancel()
	in.state.Close()
}

// run runs sc for the client c and writes what it returns to out. problem is the
// error to reply instead.
func (in *interpreter) run(sc *script, c *conn, keys, argv [][]byte, out *reply) (problem string) {
	L := in.state
	in.script = sc
	in.caller.db, in.caller.life = c.db, c.life
	in.caller.out.proto = 2
	in.globals.RawSetString("KEYS", stringTable(L, keys))
	in.globals.RawSetString("ARGV", stringTable(L, argv))
	defer L.SetTop(0)

	in.watch.start(in.node.cfg.ScriptTime)
	L.Push(L.NewFunctionFromProto(sc.proto))
	err := L.PCall(0, 1, nil)
	if in.watch.stop() {
		in.spent = true
		return "ERR Script killed: it ran for too long or used too much memory."
	}
	if err != nil {
		return in.failure(err)
	}
	in.writeValue(out, L.Get(-1), 0)
	return ""
}

// failure is the reply for a script that raised an error.
func (in *interpreter) failure(err error) string {
	message, line := err.Error(), "1"
	var raised *lua.ApiError
	if errors.As(err, &raised) {
		if m := lineInMessage.FindStringSubmatch(raised.StackTrace); m != nil {
			line = m[1]
		}
		switch v := raised.Object.(type) {
		case *lua.LTable:
			message = "ERR unknown error"
			if text, ok := v.RawGetString("err").(lua.LString); ok {
				message = string(text)
			}
		default:
			message = "ERR " + lua.LVAsString(raised.Object)
			if raised.Object == lua.LNil {
				message = "ERR nil"
			}
		}
	}
	return message + " script: " + in.script.sha + ", on @" + chunkName + ":" + line + "."
}

func stringTable(L *lua.LState, items [][]byte) *lua.LTable {
	t := L.CreateTable(len(items), 0)
	for _, b := range items {
		t.Append(lua.LString(b))
	}
	return t
}
