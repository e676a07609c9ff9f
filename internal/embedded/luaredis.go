package embedded

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openRedis returns the table that scripts know as redis.
func (in *interpreter) openRedis() *lua.LTable {
	L := in.state
	t := L.SetFuncs(L.NewTable(), map[string]lua.LGFunction{
		"call":         func(L *lua.LState) int { return in.call(L, true) },
		"pcall":        func(L *lua.LState) int { return in.call(L, false) },
		"sha1hex":      in.sha1hex,
		"error_reply":  errorReply,
		"status_reply": statusReply,
		"log":          func(*lua.LState) int { return 0 },
		"setresp":      in.setRESP,
		"set_repl":     func(*lua.LState) int { return 0 },
		"replicate_commands": func(L *lua.LState) int {
			L.Push(lua.LTrue)
			return 1
		},
	})
	for i, name := range []string{"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"} {
		t.RawSetString(name, lua.LNumber(i))
	}
	for name, v := range map[string]int{"REPL_NONE": 0, "REPL_AOF": 1, "REPL_SLAVE": 2, "REPL_REPLICA": 2, "REPL_ALL": 3} {
		t.RawSetString(name, lua.LNumber(v))
	}
	t.RawSetString("REDIS_VERSION", lua.LString(version))
	t.RawSetString("REDIS_VERSION_NUM", lua.LNumber(0x0007000f))
	return t
}

// call is redis.call, which raises errors, and redis.pcall, which returns them.
func (in *interpreter) call(L *lua.LState, raise bool) int {
	problem := in.carryOut(L)
	var v lua.LValue
	if problem == "" {
		v, _ = readValue(L, in.caller.out.buf)
	} else {
		v = tableWith(L, "err", lua.LString(problem))
	}
	if cap(in.caller.out.buf) > 1<<20 {
		in.caller.out.buf = nil
	}
	if t, ok := v.(*lua.LTable); ok && raise && t.RawGetString("err") != lua.LNil {
		in.throw(L, t)
	}
	L.Push(v)
	return 1
}

// throw raises an error table, with the place it came from.
func (in *interpreter) throw(L *lua.LState, t *lua.LTable) {
	t.RawSetString("source", lua.LString("@"+chunkName))
	if at := strings.Split(strings.TrimSpace(L.Where(1)), ":"); len(at) > 1 {
		t.RawSetString("line", lua.LString(at[1]))
	}
	L.Error(t, 0)
}

// carryOut runs the command on the Lua stack; its reply is then in the caller's
// buffer. problem says why it was not run.
func (in *interpreter) carryOut(L *lua.LState) (problem string) {
	n := L.GetTop()
	if n == 0 {
		return "ERR Please specify at least one argument for this redis lib call"
	}
	args := make([][]byte, n)
	for i := range args {
		switch v := L.Get(i + 1).(type) {
		case lua.LString:
			args[i] = []byte(v)
		case lua.LNumber:
			args[i] = []byte(formatFloat(float64(v)))
		default:
			return "ERR Lua redis lib command arguments must be strings or integers"
		}
	}
	cmd, problem := find(args)
	switch {
	case cmd == nil:
		return "ERR Unknown Redis command called from script"
	case problem != "":
		return "ERR Wrong number of args calling Redis command from script"
	case cmd.flags&noScript != 0:
		return "ERR This Redis command is not allowed from script"
	case cmd.flags&write != 0 && in.script.readOnly:
		return "ERR Write commands are not allowed from read-only scripts."
	}
	in.caller.out.buf = in.caller.out.buf[:0]
	in.node.run(&in.caller, cmd, args)
	return ""
}

func (in *interpreter) sha1hex(L *lua.LState) int {
	if L.GetTop() != 1 {
		in.throw(L, tableWith(L, "err", lua.LString("ERR wrong number of arguments")))
	}
	sum := sha1.Sum([]byte(lua.LVAsString(L.Get(1))))
	L.Push(lua.LString(hex.EncodeToString(sum[:])))
	return 1
}

func (in *interpreter) setRESP(L *lua.LState) int {
	v := lua.LVAsNumber(L.Get(1))
	if L.GetTop() != 1 {
		in.throw(L, tableWith(L, "err", lua.LString("ERR redis.setresp() requires one argument.")))
	}
	if v != 2 && v != 3 {
		in.throw(L, tableWith(L, "err", lua.LString("ERR RESP version must be 2 or 3.")))
	}
	in.caller.out.proto = int(v)
	return 0
}

// errorReply gives a message without an error code the code ERR.
func errorReply(L *lua.LState) int {
	text, ok := L.Get(1).(lua.LString)
	if L.GetTop() != 1 || !ok {
		L.Push(tableWith(L, "err", lua.LString("ERR wrong number or type of arguments")))
		return 1
	}
	message := strings.TrimPrefix(string(text), "-")
	if !strings.Contains(message, " ") {
		message = "ERR " + message
	}
	L.Push(tableWith(L, "err", lua.LString(message)))
	return 1
}

func statusReply(L *lua.LState) int {
	text, ok := L.Get(1).(lua.LString)
	if L.GetTop() != 1 || !ok {
		L.Push(tableWith(L, "err", lua.LString("ERR wrong number or type of arguments")))
		return 1
	}
	L.Push(tableWith(L, "ok", text))
	return 1
}
