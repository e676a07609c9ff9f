package embedded

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// forbidden are the functions of Lua that scripts do not get.
var forbidden = []string{
	"dofile", "loadfile", "print", "module", "require", "newproxy", "getfenv", "setfenv",
	"_printregs", "_GOPHER_LUA_VERSION",
}

// openSandbox gives the interpreter what Redis gives to scripts, and no way to
// leave anything behind for the next one: the globals and libraries that a
// script sees are empty tables which read through to the real ones and refuse to
// be written to.
func (in *interpreter) openSandbox() {
	L := in.state
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable},
		{lua.StringLibName, lua.OpenString}, {lua.MathLibName, lua.OpenMath},
		{lua.CoroutineLibName, lua.OpenCoroutine},
	} {
		L.Push(L.NewFunction(lib.open))
		L.Push(lua.LString(lib.name))
		L.Call(1, 0)
	}
	g := L.G.Global
	in.globals = g
	for _, name := range forbidden {
		g.RawSetString(name, lua.LNil)
	}
	g.RawSetString("redis", in.openRedis())
	in.tameBase(g)
	in.tameStrings(g.RawGetString(lua.StringLibName).(*lua.LTable))
	in.tameTables(g, g.RawGetString(lua.TabLibName).(*lua.LTable))
	in.tameCoroutines(g.RawGetString(lua.CoroutineLibName).(*lua.LTable))

	for _, name := range []string{lua.TabLibName, lua.StringLibName, lua.MathLibName, lua.CoroutineLibName, "redis"} {
		g.RawSetString(name, in.protect(g.RawGetString(name).(*lua.LTable)))
	}
	missing := L.NewTable()
	missing.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		L.RaiseError("Script attempted to access nonexistent global variable '%s'", lua.LVAsString(L.Get(2)))
		return 0
	}))
	g.Metatable = missing
	env := in.protect(g)
	g.RawSetString("_G", env)
	L.Env = env
}

// protect returns a table that reads like t and cannot be written to.
func (in *interpreter) protect(t *lua.LTable) *lua.LTable {
	L := in.state
	meta := L.NewTable()
	meta.RawSetString("__index", t)
	meta.RawSetString("__newindex", L.NewFunction(refuseWrite))
	meta.RawSetString("__metatable", lua.LFalse)
	proxy := L.NewTable()
	proxy.Metatable = meta
	return proxy
}

const readOnlyTable = "Attempt to modify a readonly table"

func refuseWrite(L *lua.LState) int {
	L.RaiseError(readOnlyTable)
	return 0
}

// raise is Lua's error: a text gets the place in front of it, the rest stays as
// it is.
func raise(L *lua.LState) int {
	v := L.Get(1)
	if n, ok := v.(lua.LNumber); ok {
		v = lua.LString(luaNumber(float64(n)))
	}
	L.Error(v, L.OptInt(2, 1))
	return 0
}

// isProtected tells whether v's metatable is not for scripts to see or change.
func isProtected(v lua.LValue) bool {
	t, ok := v.(*lua.LTable)
	if !ok {
		return false
	}
	meta, ok := t.Metatable.(*lua.LTable)
	return ok && meta.RawGetString("__metatable") != lua.LNil
}

func (in *interpreter) tameBase(g *lua.LTable) {
	L := in.state
	wrap := func(name string, f func(inner lua.LGFunction) lua.LGFunction) {
		inner := g.RawGetString(name).(*lua.LFunction).GFunction
		g.RawSetString(name, L.NewFunction(f(inner)))
	}
	unlessProtected := func(inner lua.LGFunction) lua.LGFunction {
		return func(L *lua.LState) int {
			if isProtected(L.Get(1)) {
				L.Error(lua.LString(readOnlyTable), 0)
			}
			return inner(L)
		}
	}
	wrap("rawset", unlessProtected)
	wrap("setmetatable", unlessProtected)
	g.RawSetString("error", L.NewFunction(raise))
	// pcall gives the text of an error table, not the table.
	wrap("pcall", func(inner lua.LGFunction) lua.LGFunction {
		return func(L *lua.LState) int {
			n := inner(L)
			if n == 2 && L.Get(-2) == lua.LFalse {
				if t, ok := L.Get(-1).(*lua.LTable); ok {
					if text, ok := t.RawGetString("err").(lua.LString); ok {
						L.Pop(1)
						L.Push(text)
					}
				}
			}
			return n
		}
	})
	wrap("tostring", func(inner lua.LGFunction) lua.LGFunction {
		return func(L *lua.LState) int {
			if n, ok := L.Get(1).(lua.LNumber); ok {
				L.Push(lua.LString(luaNumber(float64(n))))
				return 1
			}
			return inner(L)
		}
	})
	// loadstring and load make functions of text, as long as it is short.
	wrap("loadstring", func(inner lua.LGFunction) lua.LGFunction {
		return func(L *lua.LState) int {
			limit(L, len(L.CheckString(1)), maxScript)
			return inner(L)
		}
	})
	g.RawSetString("load", lua.LNil)
	g.RawSetString("gcinfo", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LNumber(0))
		return 1
	}))
}

// luaNumber writes a number as Lua's own tostring does, "%.14g".
func luaNumber(f float64) string {
	s := strconv.FormatFloat(f, 'g', 14, 64)
	return strings.TrimPrefix(strings.Replace(s, "Inf", "inf", 1), "+")
}

// tameCoroutines remembers that a script made coroutines, which may be left
// behind half way.
func (in *interpreter) tameCoroutines(t *lua.LTable) {
	L := in.state
	for _, name := range []string{"create", "wrap"} {
		inner := t.RawGetString(name).(*lua.LFunction).GFunction
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			in.spent = true
			return inner(L)
		}))
	}
}
