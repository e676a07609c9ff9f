package embedded

import (
	"bytes"
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// maxDepth is how deep tables may be nested in a script's result.
const maxDepth = 64

// writeValue turns what a script returned into a reply: numbers lose their
// fraction, false and nil are null, a table is {ok=...}, {err=...}, {double=...},
// {map=...}, or a list up to the first nil.
func (in *interpreter) writeValue(out *reply, v lua.LValue, depth int) {
	if depth > maxDepth {
		out.err("ERR reached lua stack limit")
		return
	}
	switch v := v.(type) {
	case lua.LString:
		out.text(string(v))
	case lua.LNumber:
		out.int(truncate(float64(v)))
	case lua.LBool:
		if v {
			out.int(1)
		} else {
			out.null()
		}
	case *lua.LTable:
		in.writeTable(out, v, depth)
	default:
		out.null()
	}
}

func (in *interpreter) writeTable(out *reply, t *lua.LTable, depth int) {
	if text, ok := t.RawGetString("err").(lua.LString); ok {
		in.node.stats.errors++
		out.err(string(text))
		return
	}
	if text, ok := t.RawGetString("ok").(lua.LString); ok {
		out.status(string(text))
		return
	}
	if f, ok := t.RawGetString("double").(lua.LNumber); ok {
		out.double(float64(f))
		return
	}
	if m, ok := t.RawGetString("map").(*lua.LTable); ok {
		in.writeMap(out, m, depth)
		return
	}
	n := 0
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	out.array(n)
	for i := 1; i <= n; i++ {
		in.writeValue(out, t.RawGetInt(i), depth+1)
	}
}

func (in *interpreter) writeMap(out *reply, m *lua.LTable, depth int) {
	n := 0
	m.ForEach(func(_, _ lua.LValue) { n++ })
	out.dict(n)
	m.ForEach(func(k, v lua.LValue) {
		in.writeValue(out, k, depth+1)
		in.writeValue(out, v, depth+1)
	})
}

// truncate is C's conversion of a double to 64 bits on the machines Redis runs
// on: what does not fit is the smallest integer.
func truncate(f float64) int64 {
	if math.IsNaN(f) || f >= math.MaxInt64 || f < math.MinInt64 {
		return math.MinInt64
	}
	return int64(f)
}

// readValue turns the reply of a command, at the front of b, into a Lua value,
// and returns the rest. The node itself wrote b, so it is well formed.
func readValue(L *lua.LState, b []byte) (v lua.LValue, rest []byte) {
	end := bytes.Index(b, []byte("\r\n"))
	line, rest := string(b[1:end]), b[end+2:]
	switch b[0] {
	case '+':
		return tableWith(L, "ok", lua.LString(line)), rest
	case '-':
		return tableWith(L, "err", lua.LString(line)), rest
	case ':':
		n, _ := strconv.ParseInt(line, 10, 64)
		return lua.LNumber(n), rest
	case ',':
		f, _ := strconv.ParseFloat(line, 64)
		return tableWith(L, "double", lua.LNumber(f)), rest
	case '$':
		n, _ := strconv.Atoi(line)
		if n < 0 {
			return lua.LFalse, rest
		}
		return lua.LString(rest[:n]), rest[n+2:]
	case '=':
		n, _ := strconv.Atoi(line)
		v = tableWith(L, "string", lua.LString(rest[4:n]))
		v.(*lua.LTable).RawSetString("format", lua.LString(rest[:3]))
		return tableWith(L, "verbatim_string", v), rest[n+2:]
	case '*':
		n, _ := strconv.Atoi(line)
		if n < 0 {
			return lua.LFalse, rest
		}
		t := L.CreateTable(n, 0)
		for i := 1; i <= n; i++ {
			v, rest = readValue(L, rest)
			t.RawSetInt(i, v)
		}
		return t, rest
	case '%':
		n, _ := strconv.Atoi(line)
		m := L.NewTable()
		for range n {
			var k lua.LValue
			k, rest = readValue(L, rest)
			v, rest = readValue(L, rest)
			m.RawSet(k, v)
		}
		return tableWith(L, "map", m), rest
	}
	return lua.LNil, rest // the null of RESP3
}

func tableWith(L *lua.LState, key string, v lua.LValue) *lua.LTable {
	t := L.CreateTable(0, 1)
	t.RawSetString(key, v)
	return t
}
